// SPDX-License-Identifier: Apache-2.0

import type { Kind, StrategyContext } from "../../api/index.ts";
import {
  formatTime,
  type DeepReadonly,
  type FieldError,
  type KubeObject,
  type ManagedFieldsUpdater,
  type ObjectCodec,
  invalidObject,
  withEmpties,
} from "../../apimachinery/index.ts";
import type { Clock, Random } from "../../base/index.ts";
import type { AdmissionAttributes, AdmissionOperation } from "../admission-plugin.ts";
import type { ResourceHooks } from "../resource-hooks.ts";
import type { WriteOptions } from "../resource-store.ts";
import type { Admission } from "./admission.ts";
import type { KindStorage } from "./kind-storage.ts";
import { apiVersionOf } from "./stored-object.ts";

/** What creating, updating and deleting objects of one kind share. */
export interface WriteParts {
  readonly kind: Kind;
  readonly storage: KindStorage;
  readonly clock: Clock;
  readonly random: Random;
  readonly admission: Admission;
  readonly hooks: ResourceHooks | undefined;
  readonly managedFields: ManagedFieldsUpdater;
  readonly codec: ObjectCodec;
}

const MAX_MANAGER_LENGTH = 128;
const NO_OPTIONS: Readonly<Record<string, unknown>> = {};

/** Now, as meta/v1 Time. */
export function nowText(clock: Clock): string {
  const second = Math.floor(clock.nowMs() / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = formatTime(second * 1000);
  }
  return lastText;
}

/** Thousands of writes share a second: its text is made once. */
let lastSecond = Number.NaN;
let lastText = "";

export const strategyContext = (parts: WriteParts, options: WriteOptions): StrategyContext => ({
  userName: options.user.name,
  userGroups: options.user.groups,
  userUid: options.user.uid,
  userExtra: options.user.extra,
  now: nowText(parts.clock),
  dryRun: options.dryRun ?? false,
  warn: (text) => addWarning(options.warnings, text),
});

/** Managers by User-Agent: there are few of both. */
const managers = new Map<string, string>();
const MAX_MANAGERS = 1024;

/** fieldManager, else what the User-Agent says before its first slash. */
export function managerOf(options: WriteOptions): string {
  if (options.fieldManager) return options.fieldManager;
  const agent = options.userAgent ?? "";
  let manager = managers.get(agent);
  if (manager === undefined) {
    manager = managerOfAgent(agent);
    if (managers.size >= MAX_MANAGERS) managers.clear();
    managers.set(agent, manager);
  }
  return manager;
}

function managerOfAgent(agent: string): string {
  let text = "";
  for (const character of agent.split("/", 1)[0]!.slice(0, MAX_MANAGER_LENGTH)) {
    if (isPrintable(character)) text += character;
  }
  return text || "unknown";
}

const isPrintable = (character: string): boolean => /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character);

/** Managed fields of a writer that does not apply. */
export function updateManagedFields(
  parts: WriteParts,
  live: DeepReadonly<KubeObject> | undefined,
  object: KubeObject,
  options: WriteOptions,
): void {
  withEmpties(object, () =>
    parts.managedFields.update(live, object, {
      manager: managerOf(options),
      now: nowText(parts.clock),
      subresource: options.subresource || undefined,
      resetFields: resetFieldsOf(parts.kind, options.subresource),
    }),
  );
}

const STATUS_RESETS: readonly (readonly string[])[] = [["spec"]];

/** What a write to the main resource, or to /status, does not own because it cannot set it. */
export const resetFieldsOf = (
  kind: Kind,
  subresource: string | undefined,
): readonly (readonly string[])[] | undefined =>
  !subresource
    ? kind.resetFields
    : subresource === "status"
      ? (kind.statusResetFields ?? STATUS_RESETS)
      : kind.subresources?.[subresource]?.resetFields;

/** One write as admission sees it. */
class WriteAttributes implements AdmissionAttributes {
  readonly operation: AdmissionOperation;
  readonly kind: Kind;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  readonly user: WriteOptions["user"];
  readonly warnings: string[];
  readonly #write: WriteOptions;

  constructor(
    operation: AdmissionOperation,
    kind: Kind,
    target: { readonly namespace: string; readonly name: string },
    objects: { readonly object: KubeObject | undefined; readonly old: DeepReadonly<KubeObject> | undefined },
    write: WriteOptions,
  ) {
    this.operation = operation;
    this.kind = kind;
    this.resource = kind.resource;
    this.subresource = write.subresource ?? "";
    this.namespace = target.namespace;
    this.name = target.name;
    this.object = objects.object;
    this.oldObject = objects.old as KubeObject | undefined;
    this.options = write.requestOptions ?? NO_OPTIONS;
    this.dryRun = write.dryRun ?? false;
    this.user = write.user;
    this.warnings = write.warnings;
    this.#write = write;
  }

  /** Made by the request only when somebody looks at it. */
  get signal(): AbortSignal {
    return this.#write.signal;
  }
}

export const admissionAttributes = (
  parts: WriteParts,
  operation: AdmissionOperation,
  target: { readonly namespace: string; readonly name: string },
  objects: { readonly object: KubeObject | undefined; readonly old: DeepReadonly<KubeObject> | undefined },
  options: WriteOptions,
): AdmissionAttributes => new WriteAttributes(operation, parts.kind, target, objects, options);

/** Throws 422 with everything that is wrong. */
export function throwIfInvalid(kind: Kind, object: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw invalidObject({ group: kind.errorGroup ?? kind.group, kind: kind.kind }, object.metadata.name ?? "", errors);
}

/** Adds warnings of the kind to the answer. */
export function addWarnings(
  parts: WriteParts,
  object: KubeObject,
  old: DeepReadonly<KubeObject> | undefined,
  options: WriteOptions,
): void {
  const { kind } = parts;
  const texts =
    options.subresource === "status"
      ? kind.status?.warnings?.(object, old as KubeObject)
      : kind.warnings?.(object, old as KubeObject | undefined);
  if (texts) for (const text of texts) addWarning(options.warnings, text);
}

/** Warnings of one request that are kept: an answer has no room for so many, however short they are. */
export const MAX_WARNINGS = 4096;

/** Notes a warning, once. */
export function addWarning(warnings: string[], text: string): void {
  if (warnings.length < MAX_WARNINGS && !warnings.includes(text)) warnings.push(text);
}

/** Every object says what it is, whatever the writer left out. */
export function stampKind(kind: Kind, object: KubeObject): void {
  object.kind = kind.kind;
  object.apiVersion = apiVersionOf(kind);
}
