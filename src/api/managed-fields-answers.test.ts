// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  copyJson,
  type KubeObject,
  type ManagedFieldsEntry,
  ManagedFieldsUpdater,
  objectCodec,
  parseYaml,
  StatusError,
} from "../apimachinery/index.ts";
import { builtInKinds, type Kind, schemaRegistry } from "./index.ts";

/**
 * Replays recorded writes of every sort and compares the managed fields that come out, and the messages of applies that
 * are refused. Each step starts from the recorded object, so that one difference does not breed others.
 */
const ANSWERS = new URL("../../../shared/data/kubernetes-v1.35/answers/", import.meta.url);

/**
 * Shares of steps that must be equal. Patches say little that defaults add to; creates and replacements wait for the
 * defaults of each kind.
 */
const WANTED_SHARES = { PATCH: 0.98, POST: 0.5, PUT: 0.5 };

/** Recordings hide times and other values that differ from run to run. */
const TIME = "2026-01-01T00:00:00.000000Z";

const STATUS_RESETS: readonly (readonly string[])[] = [["spec"]];

interface Step {
  readonly id: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly bodyText?: string;
    readonly contentType?: string;
  };
  readonly response: { readonly status: number; readonly body?: KubeObject & { message?: string } };
}

interface Target {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

const kinds = new Map(builtInKinds().map((kind) => [`${kind.group}/${kind.version}/${kind.resource}`, kind]));
const updaters = new Map<Kind, ManagedFieldsUpdater>();

const apiVersionOf = ({ group, version }: Kind): string => (group ? `${group}/${version}` : version);

function updaterOf(kind: Kind): ManagedFieldsUpdater {
  let updater = updaters.get(kind);
  if (!updater) {
    updater = new ManagedFieldsUpdater({
      registry: schemaRegistry(),
      shape: { type: "ref", name: kind.type },
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
    });
    updaters.set(kind, updater);
  }
  return updater;
}

function targetOf(path: string): Target | undefined {
  const segments = path.split("?")[0]!.split("/").slice(1);
  const isCore = segments[0] === "api";
  const [group, version] = isCore ? ["", segments[1]] : [segments[1], segments[2]];
  let rest = segments.slice(isCore ? 2 : 3);
  let namespace = "";
  if (rest[0] === "namespaces" && rest.length > 2 && !["status", "finalize"].includes(rest[2]!)) {
    namespace = rest[1]!;
    rest = rest.slice(2);
  }
  const kind = kinds.get(`${group}/${version}/${rest[0]}`);
  return kind && { kind, namespace, name: rest[1] ?? "", subresource: rest[2] ?? "" };
}

const decoded = (kind: Kind, value: unknown): KubeObject =>
  objectCodec(schemaRegistry(), kind.type).decodeValue(copyJson(value)).object;

/** A body as the kind's decoder and defaults leave it, which is what managed fields see. */
function prepared({ kind, namespace }: Target, value: unknown): KubeObject {
  const object = decoded(kind, value);
  if (kind.namespaced) object.metadata.namespace ??= namespace;
  object.apiVersion = apiVersionOf(kind);
  object.kind = kind.kind;
  kind.defaults?.(object);
  return object;
}

function bodyOf({ request }: Step): unknown {
  if (request.body !== undefined) return request.body;
  const isYaml = request.contentType === "application/yaml";
  return isYaml ? parseYaml(request.bodyText!).value : JSON.parse(request.bodyText!);
}

function patched(step: Step, live: KubeObject, kind: Kind): unknown {
  const body = bodyOf(step);
  switch (step.request.contentType) {
    case "application/json-patch+json":
      return applyJsonPatch(live, body);
    case "application/merge-patch+json":
      return applyMergePatch(live, body);
    default:
      return applyStrategicMergePatch(live, body, { type: "ref", name: kind.type }, schemaRegistry());
  }
}

type Entries = readonly ManagedFieldsEntry[] | undefined;

/** The managed fields that a step leaves, or the message that it is refused with. */
function outcome(step: Step, target: Target, live: KubeObject | undefined): Entries | string {
  const { kind, subresource } = target;
  const { method, path, contentType } = step.request;
  const query = new URLSearchParams(path.split("?")[1] ?? "");
  const resetFields = subresource === "status" ? (kind.statusResetFields ?? STATUS_RESETS) : kind.resetFields;
  const options = { manager: query.get("fieldManager") ?? "recorder", now: TIME, subresource, resetFields };
  const updater = updaterOf(kind);
  try {
    if (contentType === "application/apply-patch+yaml") {
      const force = query.get("force") === "true";
      return updater.apply(live, bodyOf(step) as KubeObject, { ...options, force }).metadata.managedFields;
    }
    const object = prepared(target, method === "PATCH" ? patched(step, live!, kind) : bodyOf(step));
    updater.update(method === "POST" ? undefined : live, object, options);
    return object.metadata.managedFields;
  } catch (error) {
    return error instanceof StatusError ? error.message : String(error);
  }
}

/** Writes whose outcome managed fields decide: those that succeed, and applies that are refused for what they apply. */
function isMine({ request, response }: Step, { kind, subresource }: Target): boolean {
  if (!["POST", "PUT", "PATCH"].includes(request.method)) return false;
  if (response.status > 201) return /^(?:Apply failed|failed to create typed)/.test(response.body?.message ?? "");
  const isMainOrStatus = subresource === "" || (subresource === "status" && request.method !== "POST");
  return isMainOrStatus && response.body?.kind === kind.kind;
}

/** Entries in one text each, but for times and order, which hangs on these. */
function comparable(result: Entries | string): string {
  if (typeof result === "string") return result;
  return (result ?? [])
    .map((entry) => JSON.stringify({ ...entry, time: entry.time !== undefined }))
    .sort()
    .join("\n");
}

interface Count {
  steps: number;
  readonly differences: string[];
}

type Counts = Readonly<Record<keyof typeof WANTED_SHARES, Count>>;

function play(file: string, counts: Counts): void {
  const live = new Map<string, KubeObject>();
  for (const line of readFileSync(new URL(file, ANSWERS), "utf8").trimEnd().split("\n")) {
    const step = JSON.parse(line.replaceAll("<time>", TIME).replaceAll(`"<port>"`, "30000")) as Step;
    const { request, response } = step;
    const target = targetOf(request.path);
    if (!target || target.kind.virtual) continue;
    const { body } = response;
    const key = `${target.namespace}/${target.name || body?.metadata?.name}`;
    if (isMine(step, target)) {
      const count = counts[request.method as keyof Counts];
      count.steps++;
      const want = comparable(response.status > 201 ? body!.message! : body!.metadata.managedFields);
      const have = comparable(outcome(step, target, live.get(key)));
      if (have !== want) count.differences.push(`${step.id}\n${want}\n${have}`);
    }
    if (response.status > 201 || request.path.includes("dryRun")) continue;
    if (request.method === "DELETE") live.delete(key);
    else if (body?.kind === target.kind.kind) live.set(key, decoded(target.kind, body));
  }
}

const skip = !existsSync(ANSWERS) && "no recorded answers beside the checkout";

test("managed fields come out of recorded writes, applies and conflicts as they did in the original", { skip }, (t) => {
  const count = (): Count => ({ steps: 0, differences: [] });
  const counts: Counts = { PATCH: count(), POST: count(), PUT: count() };
  for (const file of readdirSync(ANSWERS).sort()) if (file.endsWith(".jsonl")) play(file, counts);
  for (const [method, { steps, differences }] of Object.entries(counts)) {
    const equal = steps - differences.length;
    t.diagnostic(`${method}: ${equal} of ${steps} steps are equal`);
    const wanted = WANTED_SHARES[method as keyof Counts];
    assert.ok(steps > 0 && equal >= wanted * steps, `${method}: not equal:\n${differences.join("\n\n")}`);
  }
});
