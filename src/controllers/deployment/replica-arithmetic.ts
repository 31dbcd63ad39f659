// SPDX-License-Identifier: Apache-2.0

import type { Deployment } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import { scaledValue } from "../../rules/index.ts";
import { integerOf, MAX_REPLICAS } from "./annotations.ts";
import type { ReplicaSetDraft } from "./replica-set-draft.ts";

export const desiredReplicas = (deployment: DeepReadonly<Deployment>): number => deployment.spec.replicas ?? 1;

const isRollingUpdate = (deployment: DeepReadonly<Deployment>): boolean =>
  (deployment.spec.strategy?.type ?? "RollingUpdate") === "RollingUpdate";

/** How many pods there may be too many, and too few, while rolling; not both none. */
function fenceposts(deployment: DeepReadonly<Deployment>): { surge: number; unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec.strategy?.rollingUpdate ?? {};
  const desired = desiredReplicas(deployment);
  const surge = scaledValue(maxSurge, desired, true) ?? 0;
  const unavailable = scaledValue(maxUnavailable, desired, false) ?? 0;
  // Percentages of few replicas can both be rounded to nothing, and the rollout would never move.
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

export const maxSurge = (deployment: DeepReadonly<Deployment>): number =>
  isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;

export function maxUnavailable(deployment: DeepReadonly<Deployment>): number {
  const desired = desiredReplicas(deployment);
  return isRollingUpdate(deployment) && desired > 0 ? Math.min(fenceposts(deployment).unavailable, desired) : 0;
}

export const sumOf = (
  drafts: readonly ReplicaSetDraft[],
  amount: (draft: ReplicaSetDraft) => number | undefined,
): number => drafts.reduce((sum, draft) => sum + (amount(draft) ?? 0), 0);

/** How many replicas the new replica set may have now. */
export function newReplicaSetSize(
  deployment: DeepReadonly<Deployment>,
  all: readonly ReplicaSetDraft[],
  current: number,
): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const room = desired + maxSurge(deployment) - sumOf(all, (draft) => draft.replicas);
  return room <= 0 ? current : current + Math.min(room, desired - current);
}

/** Rounds half away from zero, as Go's math.Round does. */
const roundHalfAway = (value: number): number => Math.sign(value) * Math.round(Math.abs(value));

/** How much a replica set would grow or shrink if it kept its share. */
function fraction(draft: ReplicaSetDraft, deployment: DeepReadonly<Deployment>): number {
  const desired = desiredReplicas(deployment);
  if (desired === 0) return -draft.replicas;
  const before = integerOf(draft.annotations[MAX_REPLICAS]) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return roundHalfAway((draft.replicas * (desired + maxSurge(deployment))) / before) - draft.replicas;
}

/** A replica set's part of what is to be added (or taken away), of which some is given out already. */
export function proportion(
  draft: ReplicaSetDraft,
  deployment: DeepReadonly<Deployment>,
  toAdd: number,
  added: number,
): number {
  if (draft.replicas === 0 || toAdd === 0 || toAdd === added) return 0;
  const share = fraction(draft, deployment);
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
}
