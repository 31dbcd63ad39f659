// SPDX-License-Identifier: Apache-2.0

import type { Pod, PodCondition } from "../api/index.ts";
import { parseTime, type DeepReadonly } from "../apimachinery/index.ts";

const NONE: readonly DeepReadonly<PodCondition>[] = [];

/** The condition of that type, if the pod has one. */
export function podCondition(pod: DeepReadonly<Pod>, type: string): DeepReadonly<PodCondition> | undefined {
  for (const condition of pod.status?.conditions ?? NONE) if (condition.type === type) return condition;
  return undefined;
}

/** Whether the pod's Ready condition is True. */
export const isPodReady = (pod: DeepReadonly<Pod>): boolean => podCondition(pod, "Ready")?.status === "True";

/** Whether the pod has been ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: DeepReadonly<Pod>, minReadySeconds: number, nowMs: number): boolean {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True") return false;
  if (minReadySeconds === 0) return true;
  const sinceMs = parseTime(ready.lastTransitionTime ?? "");
  return sinceMs !== undefined && sinceMs + minReadySeconds * 1_000 <= nowMs;
}

/** When a ready pod becomes available, or undefined when it is not ready, or is available already. */
export function availableInMs(pod: DeepReadonly<Pod>, minReadySeconds: number, nowMs: number): number | undefined {
  const ready = podCondition(pod, "Ready");
  const sinceMs = ready?.status === "True" ? parseTime(ready.lastTransitionTime ?? "") : undefined;
  if (minReadySeconds === 0 || sinceMs === undefined) return undefined;
  const leftMs = sinceMs + minReadySeconds * 1_000 - nowMs;
  return leftMs > 0 ? leftMs : undefined;
}

/** Whether all containers have ended for good. */
export const isPodTerminal = (pod: DeepReadonly<Pod>): boolean =>
  pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded";

export const isPodTerminating = (pod: DeepReadonly<Pod>): boolean => pod.metadata.deletionTimestamp !== undefined;

/** Whether a controller counts the pod: neither ended nor being deleted. */
export const isPodActive = (pod: DeepReadonly<Pod>): boolean => !isPodTerminal(pod) && !isPodTerminating(pod);
