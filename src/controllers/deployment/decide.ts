// SPDX-License-Identifier: Apache-2.0

import type { Deployment, DeploymentStatus, ReplicaSet } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { ReplicaSetDraft, type ReplicaSetWrite } from "./replica-set-draft.ts";
import { Rollout } from "./rollout.ts";
import { hasDeadline, isComplete, progressCheckInMs } from "./status.ts";

/** What a sync of a deployment looks at. */
export interface DeploymentState {
  readonly deployment: Cached<Deployment>;
  /** Its own replica sets. */
  readonly replicaSets: readonly Cached<ReplicaSet>[];
  /** The uids of those replica sets that have pods which have not ended. */
  readonly running: ReadonlySet<string>;
  readonly nowMs: number;
}

/** What a sync does: writes of replica sets, then the deployment's status with its revision. */
export interface DeploymentPlan {
  readonly writes: readonly ReplicaSetWrite[];
  readonly status: DeploymentStatus;
  readonly revision: string | undefined;
  /** Look again after this time even if nothing happens: the rollout may be late then. */
  readonly checkInMs: number | undefined;
}

/** Decides everything that one sync of a deployment does. */
export function decide(state: DeploymentState): DeploymentPlan {
  const { deployment, replicaSets, nowMs } = state;
  const rollout = new Rollout(deployment, replicaSets.map(ReplicaSetDraft.of), nowMs);
  if (deployment.metadata.deletionTimestamp !== undefined) {
    rollout.syncRevision();
    return plan(rollout, rollout.plainStatus(), nowMs);
  }
  sayWhetherPaused(rollout);
  if (deployment.spec.paused) return scale(rollout, nowMs);
  if (rollout.isScaling) return scale(rollout, nowMs);
  return deployment.spec.strategy?.type === "Recreate" ? recreate(rollout, state) : roll(rollout, nowMs);
}

function sayWhetherPaused({ deployment, conditions }: Rollout): void {
  if (!hasDeadline(deployment)) return;
  const current = conditions.get("Progressing");
  if (current?.reason === "ProgressDeadlineExceeded") return;
  const saidPaused = current?.reason === "DeploymentPaused";
  if (deployment.spec.paused && !saidPaused) say("DeploymentPaused", "Deployment is paused");
  if (!deployment.spec.paused && saidPaused) say("DeploymentResumed", "Deployment is resumed");

  function say(reason: string, message: string): void {
    conditions.set({ type: "Progressing", status: "Unknown", reason, message });
  }
}

function scale(rollout: Rollout, nowMs: number): DeploymentPlan {
  rollout.syncRevision();
  rollout.scaleProportionally();
  const forgotten = rollout.deployment.spec.paused ? forget(rollout) : [];
  return plan(rollout, rollout.plainStatus(), nowMs, forgotten);
}

function roll(rollout: Rollout, nowMs: number): DeploymentPlan {
  rollout.ensureCurrent();
  const moved = rollout.roll();
  return finish(rollout, nowMs, moved);
}

function recreate(rollout: Rollout, { running, nowMs }: DeploymentState): DeploymentPlan {
  rollout.syncRevision();
  if (rollout.endOld()) return plan(rollout, rollout.rolloutStatus(), nowMs);
  const current = rollout.current?.original?.metadata.uid;
  const oldRun =
    rollout.old.some((draft) => (draft.status.replicas ?? 0) > 0) || [...running].some((uid) => uid !== current);
  if (oldRun) return plan(rollout, rollout.rolloutStatus(), nowMs);
  if (!rollout.current) rollout.ensureCurrent();
  rollout.startCurrent();
  return finish(rollout, nowMs, false);
}

/** A rollout that is over lets go of old revisions. */
function finish(rollout: Rollout, nowMs: number, moved: boolean): DeploymentPlan {
  const { deployment } = rollout;
  const observed = (deployment.status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
  const over = !moved && observed && saysComplete(rollout);
  return plan(rollout, rollout.rolloutStatus(), nowMs, over ? forget(rollout) : []);
}

/** Whether the status that was written last says that the rollout is over. */
function saysComplete({ deployment }: Rollout): boolean {
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, terminatingReplicas } = deployment.status;
  return isComplete(deployment, {
    replicas,
    updated: updatedReplicas,
    available: availableReplicas,
    ready: 0,
    terminating: terminatingReplicas,
  });
}

const forget = (rollout: Rollout): ReplicaSetWrite[] =>
  rollout.forgettable.map(({ name }) => ({ type: "delete", name }));

function plan(
  rollout: Rollout,
  status: DeploymentStatus,
  nowMs: number,
  forgotten: readonly ReplicaSetWrite[] = [],
): DeploymentPlan {
  const gone = new Set(forgotten.map((write) => (write.type === "delete" ? write.name : "")));
  const writes = rollout.all
    .filter((draft) => !gone.has(draft.name))
    .map((draft) => draft.write())
    .filter((write) => write !== undefined);
  const { deployment, conditions, counts } = rollout;
  return {
    writes: [...writes, ...forgotten],
    status,
    revision: rollout.revision,
    checkInMs: progressCheckInMs(deployment, conditions, { counts, nowMs }),
  };
}
