// SPDX-License-Identifier: Apache-2.0

import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from "../../api/index.ts";
import { type DeepReadonly, formatTime, semanticEqual } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { isPodAvailable, isPodReady } from "../../rules/index.ts";
import { omitZero } from "../shared/omit-zero.ts";

/** Pods made or deleted in one go; the rest follows when these are seen. */
export const BURST_REPLICAS = 500;

/** How the number of pods is off. */
export type ReplicaDecision =
  | { readonly type: "enough" }
  | { readonly type: "create"; readonly count: number }
  | { readonly type: "delete"; readonly count: number };

/** What a replica set counts. */
export interface ReplicaSetPods {
  /** Its pods that neither ended nor are being deleted. */
  readonly active: readonly Cached<Pod>[];
  readonly terminating: readonly Cached<Pod>[];
}

const desired = (replicaSet: DeepReadonly<ReplicaSet>): number => replicaSet.spec?.replicas ?? 1;

/** Decides how many pods to make or delete. */
export function decideReplicas(replicaSet: DeepReadonly<ReplicaSet>, activePods: number): ReplicaDecision {
  const difference = activePods - desired(replicaSet);
  if (difference < 0) return { type: "create", count: Math.min(-difference, BURST_REPLICAS) };
  if (difference > 0) return { type: "delete", count: Math.min(difference, BURST_REPLICAS) };
  return { type: "enough" };
}

const isFailure = (condition: DeepReadonly<ReplicaSetCondition>): boolean => condition.type === "ReplicaFailure";

function failureConditions(
  replicaSet: DeepReadonly<ReplicaSet>,
  failure: { readonly message: string; readonly activePods: number; readonly nowMs: number } | undefined,
): ReplicaSetCondition[] {
  const conditions = [...(replicaSet.status?.conditions ?? [])] as ReplicaSetCondition[];
  if (!failure) return conditions.filter((condition) => !isFailure(condition));
  if (conditions.some(isFailure)) return conditions;
  const reason = failure.activePods < desired(replicaSet) ? "FailedCreate" : "FailedDelete";
  conditions.push({
    type: "ReplicaFailure",
    status: "True",
    lastTransitionTime: formatTime(failure.nowMs),
    reason,
    message: failure.message,
  });
  return conditions;
}

function fullyLabeled(replicaSet: DeepReadonly<ReplicaSet>, pod: Cached<Pod>): boolean {
  const labels = replicaSet.spec?.template?.metadata?.labels ?? {};
  for (const key in labels) if (pod.metadata.labels?.[key] !== labels[key]) return false;
  return true;
}

/** The status that the pods amount to. */
export function decideStatus(
  replicaSet: DeepReadonly<ReplicaSet>,
  pods: ReplicaSetPods,
  options: {
    readonly failure?: string | undefined;
    readonly nowMs: number;
    /** Off for kinds whose status has no such count. */
    readonly countsTerminating?: boolean;
  },
): ReplicaSetStatus {
  const { failure: message, nowMs, countsTerminating = true } = options;
  const minReadySeconds = replicaSet.spec?.minReadySeconds ?? 0;
  const failure = message === undefined ? undefined : { message, activePods: pods.active.length, nowMs };
  const conditions = failureConditions(replicaSet, failure);
  const count = (matches: (pod: Cached<Pod>) => boolean): number => pods.active.filter(matches).length;
  return {
    replicas: pods.active.length,
    fullyLabeledReplicas: omitZero(count((pod) => fullyLabeled(replicaSet, pod))),
    readyReplicas: omitZero(count(isPodReady)),
    availableReplicas: omitZero(count((pod) => isPodAvailable(pod, minReadySeconds, nowMs))),
    ...(countsTerminating ? { terminatingReplicas: pods.terminating.length } : {}),
    observedGeneration: replicaSet.metadata.generation,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

/** Whether writing the status would say something new. */
export const statusDiffers = (replicaSet: DeepReadonly<ReplicaSet>, status: ReplicaSetStatus): boolean =>
  !semanticEqual(replicaSet.status, status);
