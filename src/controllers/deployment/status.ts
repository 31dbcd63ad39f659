// SPDX-License-Identifier: Apache-2.0

import type { Deployment, DeploymentCondition, DeploymentStatus } from "../../api/index.ts";
import { parseTime, type DeepReadonly } from "../../apimachinery/index.ts";
import { omitZero } from "../shared/omit-zero.ts";
import { DeploymentConditions } from "./conditions.ts";
import { desiredReplicas, maxUnavailable, sumOf } from "./replica-arithmetic.ts";
import type { ReplicaSetDraft } from "./replica-set-draft.ts";

/** A deployment with this deadline, or without any, is never late. */
const NO_DEADLINE = 2_147_483_647;

/** What a deployment's status counts. */
export interface Counts {
  readonly replicas: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  /** Undefined while some replica set's own controller does not count them. */
  readonly terminating: number | undefined;
}

export function hasDeadline(deployment: DeepReadonly<Deployment>): boolean {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== NO_DEADLINE;
}

function terminatingOf(all: readonly ReplicaSetDraft[]): number | undefined {
  let sum = 0;
  for (const { status } of all) {
    if (status.terminatingReplicas !== undefined) sum += status.terminatingReplicas;
    else if (status.observedGeneration) return undefined;
  }
  return sum;
}

export const countsOf = (all: readonly ReplicaSetDraft[], current: ReplicaSetDraft | undefined): Counts => ({
  replicas: sumOf(all, (draft) => draft.status.replicas),
  updated: current?.status.replicas ?? 0,
  ready: sumOf(all, (draft) => draft.status.readyReplicas),
  available: sumOf(all, (draft) => draft.status.availableReplicas),
  terminating: terminatingOf(all),
});

/** Says whether enough pods are available. */
export function setAvailability(
  conditions: DeploymentConditions,
  deployment: DeepReadonly<Deployment>,
  counts: Counts,
): void {
  const enough = counts.available >= desiredReplicas(deployment) - maxUnavailable(deployment);
  conditions.set({
    type: "Available",
    status: enough ? "True" : "False",
    reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
  });
}

export const isComplete = (deployment: DeepReadonly<Deployment>, counts: Counts): boolean => {
  const desired = desiredReplicas(deployment);
  return counts.updated === desired && counts.replicas === desired && counts.available === desired;
};

/** Whether anything went forward since the status was last written. */
function isProgressing(deployment: DeepReadonly<Deployment>, counts: Counts): boolean {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = deployment.status ?? {};
  return (
    counts.updated > updatedReplicas ||
    counts.replicas - counts.updated < replicas - updatedReplicas ||
    counts.ready > readyReplicas ||
    counts.available > availableReplicas
  );
}

function deadlineLeftMs(deployment: DeepReadonly<Deployment>, condition: DeploymentCondition, nowMs: number): number {
  const sinceMs = parseTime(condition.lastUpdateTime ?? "") ?? nowMs;
  return sinceMs + (deployment.spec.progressDeadlineSeconds ?? 0) * 1_000 - nowMs;
}

function isTimedOut(
  deployment: DeepReadonly<Deployment>,
  condition: DeploymentCondition | undefined,
  nowMs: number,
): boolean {
  if (!condition || condition.reason === "NewReplicaSetAvailable") return false;
  if (condition.reason === "ProgressDeadlineExceeded") return true;
  return deadlineLeftMs(deployment, condition, nowMs) < 0;
}

interface ProgressState {
  readonly deployment: DeepReadonly<Deployment>;
  readonly counts: Counts;
  readonly current: ReplicaSetDraft | undefined;
  readonly nowMs: number;
}

/** Says how the rollout goes: done, moving, or late. */
export function setProgress(conditions: DeploymentConditions, state: ProgressState): void {
  const { deployment, counts, current, nowMs } = state;
  if (!hasDeadline(deployment)) {
    conditions.remove("Progressing");
    return;
  }
  const before = conditions.get("Progressing");
  if (counts.replicas === counts.updated && before?.reason === "NewReplicaSetAvailable") return;
  const who = current ? `ReplicaSet "${current.name}"` : `Deployment "${deployment.metadata.name}"`;
  const say = (status: string, reason: string, what: string) =>
    ({ type: "Progressing", status, reason, message: `${who} ${what}` }) as const;
  if (isComplete(deployment, counts)) {
    conditions.set(say("True", "NewReplicaSetAvailable", "has successfully progressed."));
  } else if (isProgressing(deployment, counts)) {
    conditions.refresh(say("True", "ReplicaSetUpdated", "is progressing."));
  } else if (isTimedOut(deployment, before, nowMs)) {
    conditions.set(say("False", "ProgressDeadlineExceeded", "has timed out progressing."));
  }
}

/** Repeats what keeps replica sets from making pods; the new one's trouble first. */
export function setReplicaFailure(
  conditions: DeploymentConditions,
  all: readonly ReplicaSetDraft[],
  current: ReplicaSetDraft | undefined,
): void {
  const failureOf = (draft: ReplicaSetDraft) => draft.status.conditions?.find((c) => c.type === "ReplicaFailure");
  const failure = (current && failureOf(current)) ?? all.map(failureOf).find((found) => found !== undefined);
  if (!failure) {
    conditions.remove("ReplicaFailure");
    return;
  }
  const { type, status, reason, message, lastTransitionTime } = failure;
  conditions.copy({ type, status, lastUpdateTime: lastTransitionTime, lastTransitionTime, reason, message });
}

/** When to look again whether the rollout is late, though nothing happens. */
export function progressCheckInMs(
  deployment: DeepReadonly<Deployment>,
  conditions: DeploymentConditions,
  state: { readonly counts: Counts; readonly nowMs: number },
): number | undefined {
  const condition = conditions.get("Progressing");
  if (!hasDeadline(deployment) || !condition || isComplete(deployment, state.counts)) return undefined;
  if (condition.reason === "ProgressDeadlineExceeded") return undefined;
  return Math.max(0, deadlineLeftMs(deployment, condition, state.nowMs)) + 1_000;
}

/** The status as it is written: counters of zero are left out. */
export function statusOf(
  deployment: DeepReadonly<Deployment>,
  counts: Counts,
  conditions: DeploymentConditions,
): DeploymentStatus {
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: omitZero(counts.replicas),
    updatedReplicas: omitZero(counts.updated),
    readyReplicas: omitZero(counts.ready),
    availableReplicas: omitZero(counts.available),
    unavailableReplicas: omitZero(Math.max(0, counts.replicas - counts.available)),
    ...(counts.terminating === undefined ? {} : { terminatingReplicas: counts.terminating }),
    collisionCount: deployment.status?.collisionCount,
    conditions: [...conditions.list],
  };
}
