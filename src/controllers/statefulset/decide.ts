// SPDX-License-Identifier: Apache-2.0

import type { Pod, StatefulSet, StatefulSetStatus } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { isPodAvailable, isPodReady, isPodTerminating, scaledValue } from "../../rules/index.ts";
import { omitZero } from "../shared/omit-zero.ts";
import { hasIdentity, isInRange, ordinalOf, replicaCount, REVISION_LABEL, startOrdinal } from "./identity.ts";

/** What a sync of a stateful set looks at. */
export interface SetState {
  readonly set: Cached<StatefulSet>;
  /** Its own pods. */
  readonly pods: readonly Cached<Pod>[];
  /** Names of the revisions that pods are of, and shall be of. */
  readonly currentRevision: string;
  readonly updateRevision: string;
  readonly collisionCount: number;
  readonly nowMs: number;
}

/** One thing to do, in this order. */
export type SetStep =
  | { readonly type: "create"; readonly ordinal: number; readonly revision: "current" | "update" }
  | { readonly type: "delete"; readonly pod: Cached<Pod>; readonly why: "ended" | "scaled" | "updated" }
  /** Claims that are missing, labels that are wrong. */
  | { readonly type: "mend"; readonly pod: Cached<Pod>; readonly ordinal: number };

export interface SetPlan {
  readonly steps: readonly SetStep[];
  readonly status: StatefulSetStatus;
}

const inOrder = ({ set }: SetState): boolean => set.spec.podManagementPolicy !== "Parallel";

const isCreated = ({ status }: Cached<Pod>): boolean => Boolean(status.phase);
const isRunningAndReady = (pod: Cached<Pod>): boolean => pod.status.phase === "Running" && isPodReady(pod);
const hasEnded = ({ status }: Cached<Pod>): boolean => status.phase === "Failed" || status.phase === "Succeeded";
const revisionOf = (pod: Cached<Pod>): string | undefined => pod.metadata.labels?.[REVISION_LABEL];

const isAvailable = ({ set, nowMs }: SetState, pod: Cached<Pod>): boolean =>
  isRunningAndReady(pod) && isPodAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs);

const isHealthy = (pod: Cached<Pod>): boolean => isRunningAndReady(pod) && !isPodTerminating(pod);

interface Members {
  /** By ordinal, from the first on; undefined where there is no pod. */
  readonly wanted: readonly (Cached<Pod> | undefined)[];
  /** Pods beyond the wanted ones, highest first. */
  readonly condemned: readonly Cached<Pod>[];
}

function membersOf({ set, pods }: SetState): Members {
  const wanted: (Cached<Pod> | undefined)[] = Array.from({ length: replicaCount(set) });
  const condemned: { readonly pod: Cached<Pod>; readonly ordinal: number }[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (isInRange(set, ordinal)) wanted[ordinal - startOrdinal(set)] = pod;
    else condemned.push({ pod, ordinal });
  }
  condemned.sort((a, b) => b.ordinal - a.ordinal);
  return { wanted, condemned: condemned.map(({ pod }) => pod) };
}

/** Whether a pod that is made for an ordinal still has to be of the current revision. */
function needsCurrentRevision({ set }: SetState, ordinal: number): boolean {
  const { type = "RollingUpdate", rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type !== "RollingUpdate") return false;
  const boundary = rollingUpdate ? (rollingUpdate.partition ?? 0) : (set.status.currentReplicas ?? 0);
  return ordinal < startOrdinal(set) + boundary;
}

/** Decides what to do next: one thing at a time when order matters. */
export function decide(state: SetState): SetPlan {
  const counts = countPods(state);
  const steps: SetStep[] = [];
  if (state.set.metadata.deletionTimestamp === undefined) planSteps(state, steps);
  return { steps, status: statusOf(state, counts, steps) };
}

function planSteps(state: SetState, steps: SetStep[]): void {
  const members = membersOf(state);
  if (!growAndMend(state, members, steps)) return;
  if (!shrink(state, members, steps)) return;
  if (state.set.spec.updateStrategy?.type !== "OnDelete") update(state, members, steps);
}

/** Makes missing pods and mends those that are there; false when the rest has to wait. */
function growAndMend(state: SetState, { wanted }: Members, steps: SetStep[]): boolean {
  const ordered = inOrder(state);
  let goOn = true;
  for (const [i, pod] of wanted.entries()) {
    const ordinal = startOrdinal(state.set) + i;
    if (!growOrMend(state, pod, ordinal, steps)) {
      if (ordered) return false;
      goOn = false;
    }
  }
  return goOn;
}

/** One ordinal; false when those after it have to wait for it. */
function growOrMend(state: SetState, pod: Cached<Pod> | undefined, ordinal: number, steps: SetStep[]): boolean {
  const ordered = inOrder(state);
  if (!pod) {
    steps.push({ type: "create", ordinal, revision: needsCurrentRevision(state, ordinal) ? "current" : "update" });
    return !ordered;
  }
  if (hasEnded(pod)) {
    if (!isPodTerminating(pod)) steps.push({ type: "delete", pod, why: "ended" });
    return false;
  }
  if (isCreated(pod) && pod.status.phase === "Pending") steps.push({ type: "mend", pod, ordinal });
  if (ordered && (isPodTerminating(pod) || !isAvailable(state, pod))) return false;
  if (!hasIdentity(state.set, pod, ordinal)) steps.push({ type: "mend", pod, ordinal });
  return true;
}

/** Takes away pods beyond the wanted ones; false when the rest has to wait. */
function shrink(state: SetState, { wanted, condemned }: Members, steps: SetStep[]): boolean {
  const ordered = inOrder(state);
  const firstUnhealthy = [...wanted, ...[...condemned].reverse()].find((pod) => pod && !isHealthy(pod));
  for (const pod of condemned) {
    if (isPodTerminating(pod)) {
      if (ordered) return false;
      continue;
    }
    if (ordered && !isAvailable(state, pod) && pod !== firstUnhealthy) return false;
    steps.push({ type: "delete", pod, why: "scaled" });
    if (ordered) return false;
  }
  return true;
}

/** Takes away pods of another revision, from the highest down, as many at a time as may be unavailable. */
function update(state: SetState, { wanted }: Members, steps: SetStep[]): void {
  const { partition = 0, maxUnavailable } = state.set.spec.updateStrategy?.rollingUpdate ?? {};
  const allowed = maxUnavailable === undefined ? 1 : (scaledValue(maxUnavailable, replicaCount(state.set), true) ?? 1);
  const candidates = wanted.slice(partition).reverse();
  if (allowed <= 1) updateNext(state, candidates, steps);
  else updateSeveral(state, { candidates, room: allowed - unavailableCount(state, wanted) }, steps);
}

const isOutdated = (state: SetState, pod: Cached<Pod> | undefined): pod is Cached<Pod> =>
  pod !== undefined && !isPodTerminating(pod) && revisionOf(pod) !== state.updateRevision;

/** One pod at a time: the next goes when all above it are well again. */
function updateNext(state: SetState, candidates: readonly (Cached<Pod> | undefined)[], steps: SetStep[]): void {
  for (const pod of candidates) {
    if (isOutdated(state, pod)) {
      steps.push({ type: "delete", pod, why: "updated" });
      return;
    }
    if (!pod || !isHealthy(pod)) return;
  }
}

const unavailableCount = (state: SetState, wanted: readonly (Cached<Pod> | undefined)[]): number =>
  wanted.filter((pod) => !pod || isPodTerminating(pod) || !isAvailable(state, pod)).length;

function updateSeveral(
  state: SetState,
  { candidates, room }: { readonly candidates: readonly (Cached<Pod> | undefined)[]; readonly room: number },
  steps: SetStep[],
): void {
  const outdated = candidates.filter((pod) => isOutdated(state, pod));
  for (const pod of outdated.slice(0, Math.max(0, room))) steps.push({ type: "delete", pod, why: "updated" });
}

interface Counts {
  replicas: number;
  ready: number;
  available: number;
  current: number;
  updated: number;
}

function countPods(state: SetState): Counts {
  const counts: Counts = { replicas: 0, ready: 0, available: 0, current: 0, updated: 0 };
  for (const pod of state.pods) {
    if (!isCreated(pod)) continue;
    counts.replicas += 1;
    if (isRunningAndReady(pod)) counts.ready += 1;
    if (isAvailable(state, pod)) counts.available += 1;
    if (isPodTerminating(pod)) continue;
    if (revisionOf(pod) === state.currentRevision) counts.current += 1;
    if (revisionOf(pod) === state.updateRevision) counts.updated += 1;
  }
  return counts;
}

/** The status after the steps: a pod that is made or taken away counts so at once. */
function statusOf(state: SetState, counted: Counts, steps: readonly SetStep[]): StatefulSetStatus {
  const counts = { ...counted };
  for (const step of steps) {
    if (step.type === "create") {
      counts.replicas += 1;
      if (step.revision === "current" || state.currentRevision === state.updateRevision) counts.current += 1;
      if (step.revision === "update" || state.currentRevision === state.updateRevision) counts.updated += 1;
    } else if (step.type === "delete") {
      if (revisionOf(step.pod) === state.currentRevision) counts.current -= 1;
      if (revisionOf(step.pod) === state.updateRevision) counts.updated -= 1;
    }
  }
  const rolled =
    (state.set.spec.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate" &&
    counts.updated === counts.replicas &&
    counts.ready === counts.replicas;
  return {
    observedGeneration: state.set.metadata.generation,
    replicas: counts.replicas,
    readyReplicas: omitZero(counts.ready),
    currentReplicas: omitZero(rolled ? counts.updated : counts.current),
    updatedReplicas: omitZero(counts.updated),
    currentRevision: rolled ? state.updateRevision : state.currentRevision,
    updateRevision: state.updateRevision,
    collisionCount: state.collisionCount,
    // Written also when it is zero.
    availableReplicas: counts.available,
  };
}
