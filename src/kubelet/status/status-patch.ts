// SPDX-License-Identifier: Apache-2.0

import type { PodCondition, PodStatus, ReadonlyPodStatus } from "../types.ts";

/** Whether two JSON values are equal; absent, undefined and null are the same. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b || (a ?? b ?? undefined) === undefined) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => deepEqual(item, b[i]));
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const key in left) if (!deepEqual(left[key], right[key])) return false;
  for (const key in right)
    if ((right[key] ?? undefined) !== undefined && (left[key] ?? undefined) === undefined) return false;
  return true;
}

type Conditions = readonly Readonly<PodCondition>[];

/** The conditions that changed; those of others stay as they are, since the list is merged by type. */
function changedConditions(old: Conditions, wanted: Conditions): readonly object[] {
  const changed: object[] = [];
  for (const condition of wanted) {
    const before = old.find((o) => o.type === condition.type);
    if (!deepEqual(condition, before)) changed.push(withRemovals(before, condition));
  }
  return changed;
}

/** What a condition had and has no more is taken away by name, since its fields are merged. */
function withRemovals(before: Readonly<PodCondition> | undefined, condition: Readonly<PodCondition>): object {
  if (!before) return condition;
  const reason = before.reason !== undefined && condition.reason === undefined ? { reason: null } : {};
  const message = before.message !== undefined && condition.message === undefined ? { message: null } : {};
  return { ...condition, ...reason, ...message };
}

interface IpEntry {
  readonly ip: string;
}

/** Lists that are merged by address. */
const MERGED_BY_IP = ["podIPs", "hostIPs"] as const;

/** What is gone of a list that is merged by address is deleted by name. */
function changedIps(old: readonly IpEntry[], wanted: readonly IpEntry[]): readonly unknown[] {
  const gone = old.filter((o) => !wanted.some((w) => w.ip === o.ip)).map((o) => ({ ip: o.ip, $patch: "delete" }));
  return [...gone, ...wanted];
}

const MERGED_ELSEWHERE = new Set<string>([
  "conditions",
  ...MERGED_BY_IP,
  "nominatedNodeName",
  "resourceClaimStatuses",
  "extendedResourceClaimStatus",
  "resize",
  "allocatedResources",
  "resources",
]);

/** The strategic merge patch from one status to another, or undefined when the kubelet has nothing to say. */
export function statusPatch(uid: string, old: ReadonlyPodStatus | undefined, wanted: ReadonlyPodStatus): unknown {
  const before = (old ?? {}) as Record<string, unknown>;
  const after = wanted as Record<string, unknown>;
  const status: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (MERGED_ELSEWHERE.has(key) || deepEqual(before[key], after[key])) continue;
    status[key] = after[key] ?? null;
  }
  const conditions = changedConditions((old?.conditions ?? []) as Conditions, (wanted.conditions ?? []) as Conditions);
  if (conditions.length > 0) {
    status.conditions = conditions;
    status["$setElementOrder/conditions"] = conditionOrder(old, wanted);
  }
  for (const list of MERGED_BY_IP)
    if (!deepEqual(old?.[list], wanted[list])) status[list] = changedIps(old?.[list] ?? [], wanted[list] ?? []);
  if (Object.keys(status).length === 0) return undefined;
  return { metadata: { uid }, status };
}

/** The kubelet's own conditions come first as upstream orders them, then those of others. */
function conditionOrder(old: ReadonlyPodStatus | undefined, wanted: ReadonlyPodStatus): readonly { type: string }[] {
  const own = (wanted.conditions ?? []).map((c) => c.type);
  const others = (old?.conditions ?? []).map((c) => c.type).filter((type) => !own.includes(type));
  return [...others, ...own].map((type) => ({ type }));
}

/** The wanted status with the conditions of others that are known: what the API server will hold after the patch. */
export function mergedStatus(old: ReadonlyPodStatus | undefined, wanted: PodStatus): PodStatus {
  const own = new Set((wanted.conditions ?? []).map((c) => c.type));
  const others = (old?.conditions ?? []).filter((c) => !own.has(c.type));
  return others.length === 0 ? wanted : { ...wanted, conditions: [...others, ...(wanted.conditions ?? [])] };
}
