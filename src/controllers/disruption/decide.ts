// SPDX-License-Identifier: Apache-2.0

import type { Condition, Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../api/index.ts";
import { formatTime, parseTime, semanticEqual } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { isPodReady, scaledValue } from "../../rules/index.ts";

/** An evicted pod that is still there after this long will not go. */
export const DELETION_TIMEOUT_MS = 2 * 60_000;

/** How many pods a budget wants healthy, out of how many. */
export interface Expected {
  readonly count: number;
  readonly desiredHealthy: number;
}

/** Whether a budget is told as a share of what the pods' controllers want. */
export function needsScale({ spec }: Cached<PodDisruptionBudget>): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === "string";
}

/** What a budget asks for; `scale` is what the pods' controllers want together. */
export function expectedHealthy(budget: Cached<PodDisruptionBudget>, pods: number, scale: number): Expected {
  const { maxUnavailable, minAvailable } = budget.spec;
  if (maxUnavailable !== undefined) {
    const unavailable = scaledValue(maxUnavailable, scale, true) ?? 0;
    return { count: scale, desiredHealthy: Math.max(0, scale - unavailable) };
  }
  if (typeof minAvailable === "number") return { count: pods, desiredHealthy: minAvailable };
  if (minAvailable === undefined) return { count: 0, desiredHealthy: 0 };
  return { count: scale, desiredHealthy: scaledValue(minAvailable, scale, true) ?? 0 };
}

/** Pods that were evicted and are not gone yet, those that should be, and when the next one should be. */
export interface Disrupted {
  readonly pods: Record<string, string>;
  readonly overdue: readonly Cached<Pod>[];
  readonly recheckInMs: number | undefined;
}

export function disruptedPods(
  budget: Cached<PodDisruptionBudget>,
  pods: readonly Cached<Pod>[],
  nowMs: number,
): Disrupted {
  const kept: Record<string, string> = {};
  const overdue: Cached<Pod>[] = [];
  let recheckInMs: number | undefined;
  for (const pod of pods) {
    const at = budget.status.disruptedPods?.[pod.metadata.name];
    if (at === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const leftMs = (parseTime(at) ?? 0) + DELETION_TIMEOUT_MS - nowMs;
    if (leftMs < 0) overdue.push(pod);
    else {
      kept[pod.metadata.name] = at;
      recheckInMs = Math.min(recheckInMs ?? leftMs, leftMs);
    }
  }
  return { pods: kept, overdue, recheckInMs };
}

const healthyCount = (pods: readonly Cached<Pod>[], disrupted: Readonly<Record<string, string>>): number =>
  pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && !(pod.metadata.name in disrupted) && isPodReady(pod),
  ).length;

function allowedCondition(
  budget: Cached<PodDisruptionBudget>,
  text: { readonly allowed: boolean; readonly reason: string; readonly message: string },
  nowMs: number,
): Condition[] {
  const others = (budget.status.conditions ?? []).filter(({ type }) => type !== "DisruptionAllowed");
  const before = budget.status.conditions?.find(({ type }) => type === "DisruptionAllowed");
  const status = text.allowed ? "True" : "False";
  return [
    ...others,
    {
      type: "DisruptionAllowed",
      status,
      observedGeneration: budget.metadata.generation,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : formatTime(nowMs),
      reason: text.reason,
      message: text.message,
    },
  ];
}

/** The status of a budget; undefined when it says that already. */
export function decideStatus(
  budget: Cached<PodDisruptionBudget>,
  pods: readonly Cached<Pod>[],
  counted: { readonly expected: Expected; readonly disrupted: Disrupted; readonly nowMs: number },
): PodDisruptionBudgetStatus | undefined {
  const { expected, disrupted, nowMs } = counted;
  const currentHealthy = healthyCount(pods, disrupted.pods);
  // A budget without pods allows nothing: the first ones that come must be safe.
  const disruptionsAllowed = expected.count > 0 ? Math.max(0, currentHealthy - expected.desiredHealthy) : 0;
  const allowed = disruptionsAllowed > 0;
  const reason = allowed ? "SufficientPods" : "InsufficientPods";
  const status: PodDisruptionBudgetStatus = {
    currentHealthy,
    desiredHealthy: expected.desiredHealthy,
    expectedPods: expected.count,
    disruptionsAllowed,
    ...(Object.keys(disrupted.pods).length > 0 ? { disruptedPods: disrupted.pods } : {}),
    observedGeneration: budget.metadata.generation,
    conditions: allowedCondition(budget, { allowed, reason, message: "" }, nowMs),
  };
  return semanticEqual(budget.status, status) ? undefined : status;
}

/** The status when the pods cannot be counted: nothing may be disrupted. */
export function failedStatus(
  budget: Cached<PodDisruptionBudget>,
  message: string,
  nowMs: number,
): PodDisruptionBudgetStatus {
  return {
    ...(budget.status as PodDisruptionBudgetStatus),
    disruptionsAllowed: 0,
    observedGeneration: budget.metadata.generation,
    conditions: allowedCondition(budget, { allowed: false, reason: "SyncFailed", message }, nowMs),
  };
}
