// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import {
  applyMergePatch,
  copyJson,
  type FieldError,
  invalidObject,
  type KubeObject,
  objectCodec,
} from "../apimachinery/index.ts";
import { builtInKinds, createErrors, type Kind, schemaRegistry, updateErrors } from "./index.ts";

/**
 * Replays recorded creates and changes against the kinds alone: decoding, defaults, strategy and validation, without a
 * server. What admission, the registry and controllers add is left out of the comparison.
 */
const ANSWERS = new URL("../../../shared/data/kubernetes-v1.35/answers/", import.meta.url);
/** Steps that need what kinds alone do not have: an engine for CEL, and empty lists that canonical form leaves out. */
const BEYOND_KINDS: ReadonlySet<string> = new Set([
  "validatingwebhookconfigurations.admissionregistration.k8s.io/create/match",
  "validatingadmissionpolicies.admissionregistration.k8s.io/change-0",
  "customresourcedefinitions.apiextensions.k8s.io/create/cel-cost",
  "deviceclasses.resource.k8s.io/create/cel",
  "resourceclaims.resource.k8s.io/change-0",
]);

interface Step {
  readonly id: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly contentType?: string;
  };
  readonly response: { readonly status: number; readonly body?: Record<string, unknown>; readonly warnings?: string[] };
}

const CONTEXT = {
  userName: "kubernetes-admin",
  userGroups: ["system:masters", "system:authenticated"],
  userExtra: {
    "authentication.kubernetes.io/credential-id": [
      "X509SHA256=c00fbd6ab27cb35813122f4567ac02290874603f5bb7838d3f4d9c9cc31a220f",
    ],
  },
  now: "2026-01-01T00:00:00Z",
  dryRun: false,
  warn: () => {},
};

const byResource = new Map<string, Kind>();
for (const kind of builtInKinds()) byResource.set(`${kind.group}/${kind.version}/${kind.resource}`, kind);

interface Target {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

function targetOf(path: string): Target | undefined {
  const segments = path.split("?")[0]!.split("/").slice(1);
  const [group, version] = segments[0] === "api" ? ["", segments[1]!] : [segments[1]!, segments[2]!];
  let rest = segments.slice(segments[0] === "api" ? 2 : 3);
  let namespace = "";
  if (rest[0] === "namespaces" && rest.length > 2 && rest[2] !== "status" && rest[2] !== "finalize") {
    namespace = rest[1]!;
    rest = rest.slice(2);
  }
  const kind = byResource.get(`${group}/${version}/${rest[0]}`);
  return kind && { kind, namespace, name: rest[1] ?? "", subresource: rest[2] ?? "" };
}

const codecOf = (kind: Kind): ReturnType<typeof objectCodec> => objectCodec(schemaRegistry(), kind.type);

interface Outcome {
  readonly object?: KubeObject;
  readonly message?: string;
  readonly causes?: unknown;
  readonly warnings: readonly string[];
}

function outcome(kind: Kind, object: KubeObject, old: KubeObject | undefined, errors: readonly FieldError[]): Outcome {
  const warnings = [
    ...(kind.deprecationWarning ? [kind.deprecationWarning] : []),
    ...(kind.warnings?.(object, old) ?? []),
  ];
  if (errors.length === 0) return { object, warnings };
  const { status } = invalidObject(
    { group: kind.errorGroup ?? kind.group, kind: kind.kind },
    object.metadata.name ?? "",
    errors,
  );
  return { message: status.message, causes: status.details?.causes, warnings };
}

/** What allocation does to the addresses before anything else looks at them. */
function normalizeClusterIps(object: KubeObject, old: KubeObject | undefined): void {
  const spec = object["spec"] as { clusterIP?: string; clusterIPs?: string[] };
  const before = old?.["spec"] as typeof spec | undefined;
  if (spec.clusterIP && spec.clusterIP !== before?.clusterIP && spec.clusterIPs?.[0] === before?.clusterIPs?.[0])
    spec.clusterIPs = [spec.clusterIP];
}

function create(target: Target, body: unknown): Outcome {
  const { kind } = target;
  const { object } = codecOf(kind).decodeValue(copyJson(body));
  if (kind.namespaced) object.metadata.namespace ??= target.namespace;
  if (!object.metadata.name && object.metadata.generateName)
    object.metadata.name = `${object.metadata.generateName}abcde`;
  object.metadata.uid = "uid";
  object.metadata.creationTimestamp = CONTEXT.now;
  kind.defaults?.(object);
  if (kind.kind === "Pod") (object["spec"] as { serviceAccountName?: string }).serviceAccountName ||= "default";
  if (kind.kind === "Service") normalizeClusterIps(object, undefined);
  kind.prepareForCreate?.(object, CONTEXT);
  return outcome(kind, object, undefined, createErrors(kind, object));
}

function update(target: Target, old: KubeObject, changed: unknown): Outcome {
  const { kind } = target;
  const { object } = codecOf(kind).decodeValue(copyJson(changed));
  kind.defaults?.(object);
  if (kind.kind === "Service") normalizeClusterIps(object, old);
  kind.prepareForUpdate?.(object, old, CONTEXT);
  return outcome(kind, object, old, updateErrors(kind, object, old));
}

const PLACEHOLDER = /<(?:uid|time|rv|ip|port|suffix|token)>/;
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function same(want: unknown, have: unknown): boolean {
  if (typeof want === "string" && PLACEHOLDER.test(want)) {
    if (want === "<ip>" || want === "<port>") return true;
    const pattern = want.split(new RegExp(PLACEHOLDER, "g")).map(escaped).join('[^"]*?');
    return typeof have === "string" && new RegExp(`^${pattern}$`, "s").test(have);
  }
  if (Array.isArray(want))
    return Array.isArray(have) && want.length === have.length && want.every((w, i) => same(w, have[i]));
  if (want !== null && typeof want === "object") {
    if (have === null || typeof have !== "object" || Array.isArray(have)) return false;
    const [w, h] = [want as Record<string, unknown>, have as Record<string, unknown>];
    return [...new Set([...Object.keys(w), ...Object.keys(h)])].every((key) => same(w[key], h[key]));
  }
  return want === have;
}

/** Fields that the registry, hooks or admission plug-ins set, by resource. */
const SET_ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  "/pods": [
    "spec.tolerations",
    "spec.volumes",
    "spec.serviceAccount",
    "spec.serviceAccountName",
    "spec.priority",
    "spec.preemptionPolicy",
    "mounts",
  ],
  "/nodes": ["spec.taints"],
  "/services": ["spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.ipFamilyPolicy", "nodePorts"],
  "/persistentvolumeclaims": ["metadata.finalizers"],
  "/persistentvolumes": ["metadata.finalizers"],
  "networking.k8s.io/servicecidrs": ["metadata.finalizers"],
  "storage.k8s.io/volumeattributesclasses": ["metadata.finalizers"],
  "apiextensions.k8s.io/customresourcedefinitions": ["status.conditions"],
};

function remove(object: Record<string, unknown>, path: string): void {
  const [head = "", ...rest] = path.split(".");
  if (rest.length === 0) delete object[head];
  else if (object[head]) remove(object[head] as Record<string, unknown>, rest.join("."));
}

function comparable(kind: Kind, object: Record<string, unknown>): Record<string, unknown> {
  const copy = copyJson(object) as unknown as KubeObject;
  for (const name of ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "name"] as const)
    delete copy.metadata[name];
  delete copy.kind;
  delete copy.apiVersion;
  for (const path of SET_ELSEWHERE[`${kind.group}/${kind.resource}`] ?? []) {
    if (path === "mounts") {
      const spec = copy["spec"] as { containers?: object[]; initContainers?: object[] };
      for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
        delete (container as { volumeMounts?: unknown }).volumeMounts;
    } else if (path === "nodePorts") {
      const ports = (copy["spec"] as { ports?: { nodePort?: number }[] }).ports ?? [];
      for (const port of ports) delete port.nodePort;
    } else remove(copy as Record<string, unknown>, path);
  }
  return copy as Record<string, unknown>;
}

const textOf = (warning: string): string => warning.replace(/^299 - "(.*)"$/s, "$1").replaceAll('\\"', '"');

function isEqual(kind: Kind, step: Step, have: Outcome): boolean {
  const { status, body = {} } = step.response;
  if (status === 422) {
    const details = body["details"] as { causes?: unknown } | undefined;
    const causes = JSON.parse(JSON.stringify(have.causes ?? null)) as unknown;
    return same(body["message"], have.message) && same(details?.causes, causes);
  }
  if (!have.object) return false;
  const warnings = (step.response.warnings ?? [])
    .map(textOf)
    .filter((text) => !/^(?:unknown|duplicate) field/.test(text));
  return (
    same(comparable(kind, body), comparable(kind, have.object as Record<string, unknown>)) &&
    same(warnings, have.warnings)
  );
}

const isMine = (step: Step): boolean => {
  const { status, body } = step.response;
  const message = String(body?.["message"] ?? "");
  if (status === 422)
    return !/^(?:Create|Patch|Update|Delete)Options|^ "" is invalid|^the server rejected/.test(message);
  return status === 200 || status === 201;
};

interface Counted {
  total: number;
  equal: number;
}

/** Plays one file; answers how many steps of each resource came out as recorded. */
function play(file: string, counts: Map<string, Counted>, unequal: string[]): void {
  const live = new Map<string, KubeObject>();
  for (const line of readFileSync(new URL(file, ANSWERS), "utf8").trimEnd().split("\n")) {
    const step = JSON.parse(line) as Step;
    const { method, path, body, contentType } = step.request;
    const target = targetOf(path);
    if (!target || target.kind.virtual) continue;
    const key = `${target.kind.resource}/${target.namespace}/${target.name}`;
    const old = live.get(key);
    let have: Outcome | undefined;
    try {
      if (isMine(step) && !target.subresource && body !== undefined) {
        if (method === "POST" && (contentType ?? "application/json") === "application/json")
          have = create(target, body);
        else if (method === "PATCH" && contentType === "application/merge-patch+json" && old)
          have = update(target, old, applyMergePatch(copyJson(old), body));
      }
    } catch (error) {
      have = { message: String(error), warnings: [] };
    }
    if (have) {
      const name = `${target.kind.group}/${target.kind.resource}`;
      const count = counts.get(name) ?? { total: 0, equal: 0 };
      counts.set(name, count);
      count.total++;
      if (isEqual(target.kind, step, have)) count.equal++;
      else if (!BEYOND_KINDS.has(step.id)) unequal.push(explain(target.kind, step, have));
    }
    remember(live, target, step);
  }
}

function remember(live: Map<string, KubeObject>, target: Target, step: Step): void {
  const { status, body } = step.response;
  if (status > 201 || !body || (body["kind"] !== target.kind.kind && body["kind"] !== undefined)) return;
  if (step.request.path.includes("dryRun") || !body["metadata"]) return;
  const text = JSON.stringify(body)
    .replaceAll("<time>", "2026-01-01T00:00:00.000000Z")
    .replaceAll("<suffix>", "abcde")
    .replaceAll('"<port>"', "30123")
    .replaceAll("<ip>", "10.0.0.5")
    .replaceAll("<uid>", "uid");
  const { object } = codecOf(target.kind).decodeJson(text);
  if (!object.metadata.name || target.subresource === "scale") return;
  live.set(`${target.kind.resource}/${target.namespace}/${object.metadata.name}`, object);
}

function explain(kind: Kind, step: Step, have: Outcome): string {
  const { body = {}, status } = step.response;
  if (status === 422 || have.message !== undefined)
    return `${step.id}\n  want ${JSON.stringify(body["message"] ?? status)}\n  have ${JSON.stringify(have.message ?? "accepted")}`;
  const want = comparable(kind, body);
  const got = comparable(kind, have.object as Record<string, unknown>);
  const fields = [...new Set([...Object.keys(want), ...Object.keys(got)])].filter((f) => !same(want[f], got[f]));
  const differing = fields.map(
    (f) => `  ${f}\n    want ${JSON.stringify(want[f])}\n    have ${JSON.stringify(got[f])}`,
  );
  return [
    step.id,
    ...differing,
    `  warnings ${JSON.stringify(step.response.warnings)} ${JSON.stringify(have.warnings)}`,
  ].join("\n");
}

test("kinds default and validate as the original's recorded answers do", {
  skip: !existsSync(ANSWERS) && "no recorded answers beside the checkout",
}, () => {
  const counts = new Map<string, Counted>();
  const unequal: string[] = [];
  for (const file of readdirSync(ANSWERS).sort()) if (file.endsWith(".jsonl")) play(file, counts, unequal);
  let total = 0;
  let equal = 0;
  for (const [name, count] of counts) {
    total += count.total;
    equal += count.equal;
    console.log(`${name.padEnd(75)} ${count.equal}/${count.total}`);
  }
  console.log(`equal ${equal} of ${total}`);
  assert.equal(unequal.length, 0, `differing from the recorded answers:\n${unequal.join("\n")}`);
});
