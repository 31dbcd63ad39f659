// SPDX-License-Identifier: Apache-2.0

import type { PodInfo } from "./pod-info.ts";

/** The PodScheduled condition, as the scheduler writes it. */
export interface ScheduledCondition {
  readonly status: "False";
  readonly reason: "Unschedulable" | "SchedulerError";
  readonly message: string;
}

/** What the scheduler does to the cluster: the port through which it acts. */
export interface SchedulerEffects {
  /** Writes the binding; rejects with the API's error when the pod is bound or gone. */
  bind(pod: PodInfo, nodeName: string, options: { signal: AbortSignal }): Promise<void>;
  /** Writes the condition and the nominated node ("" clears it, undefined leaves it). */
  patchStatus(
    pod: PodInfo,
    change: { condition?: ScheduledCondition; nominatedNode?: string },
    options: { signal: AbortSignal },
  ): Promise<void>;
  /** Marks a victim of preemption and deletes it. */
  evict(victim: PodInfo, preemptor: PodInfo, nodeName: string, options: { signal: AbortSignal }): Promise<void>;
  /** Records an event about a pod. */
  event(pod: PodInfo, type: "Normal" | "Warning", reason: string, action: string, message: string): void;
}
