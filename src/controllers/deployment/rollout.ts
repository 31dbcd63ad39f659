// SPDX-License-Identifier: Apache-2.0

import type { Deployment, DeploymentCondition, DeploymentStatus } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { integerOf, DESIRED_REPLICAS, newReplicaSetAnnotations, REVISION, revisionOf } from "./annotations.ts";
import { DeploymentConditions } from "./conditions.ts";
import {
  desiredReplicas,
  maxSurge,
  maxUnavailable,
  newReplicaSetSize,
  proportion,
  sumOf,
} from "./replica-arithmetic.ts";
import { ReplicaSetDraft, sameTemplate } from "./replica-set-draft.ts";
import {
  countsOf,
  hasDeadline,
  setAvailability,
  setProgress,
  setReplicaFailure,
  statusOf,
  type Counts,
} from "./status.ts";

const byCreation = (a: ReplicaSetDraft, b: ReplicaSetDraft): number =>
  a.createdAt === b.createdAt ? (a.name < b.name ? -1 : 1) : a.createdAt < b.createdAt ? -1 : 1;

/** One sync of a deployment on drafts of its replica sets: each step changes the drafts, nothing else. */
export class Rollout {
  readonly deployment: Cached<Deployment>;
  readonly conditions: DeploymentConditions;
  readonly old: readonly ReplicaSetDraft[];
  revision: string | undefined;
  #current: ReplicaSetDraft | undefined;
  readonly #nowMs: number;

  constructor(deployment: Cached<Deployment>, drafts: readonly ReplicaSetDraft[], nowMs: number) {
    this.deployment = deployment;
    this.conditions = new DeploymentConditions(
      (deployment.status.conditions ?? []) as readonly DeploymentCondition[],
      nowMs,
    );
    this.#nowMs = nowMs;
    this.revision = deployment.metadata.annotations?.[REVISION];
    const ordered = [...drafts].sort(byCreation);
    this.#current = ordered.find((d) => sameTemplate(d.original?.spec.template, deployment.spec.template));
    this.old = ordered.filter((draft) => draft !== this.#current);
  }

  /** The replica set of the template as it is now. */
  get current(): ReplicaSetDraft | undefined {
    return this.#current;
  }

  get all(): readonly ReplicaSetDraft[] {
    return this.#current ? [...this.old, this.#current] : this.old;
  }

  get counts(): Counts {
    return countsOf(this.all, this.#current);
  }

  get #desired(): number {
    return desiredReplicas(this.deployment);
  }

  /** Gives the current replica set the newest revision. */
  syncRevision(): void {
    const current = this.#current;
    if (!current) return;
    const newest = this.old.reduce((max, draft) => Math.max(max, revisionOf(draft.annotations)), 0) + 1;
    const { annotations = {} } = this.deployment.metadata;
    const fresh = current.original === undefined;
    const before = { ...current.annotations };
    current.annotations = newReplicaSetAnnotations(annotations, before, newest);
    current.minReadySeconds = this.deployment.spec.minReadySeconds ?? 0;
    if (current.annotations[REVISION] !== undefined) this.revision = current.annotations[REVISION];
    if (!hasDeadline(this.deployment)) return;
    if (fresh) this.#sayNew("NewReplicaSetCreated", `Created new replica set "${current.name}"`);
    else if (!this.conditions.get("Progressing")) {
      this.#sayNew("FoundNewReplicaSet", `Found new replica set "${current.name}"`);
    }
  }

  #sayNew(reason: string, message: string): void {
    this.conditions.set({ type: "Progressing", status: "True", reason, message });
  }

  /** Drafts the replica set of the current template when there is none. */
  ensureCurrent(): void {
    if (!this.#current) {
      const fresh = ReplicaSetDraft.fresh(this.deployment);
      this.#current = fresh;
      this.#scale(fresh, newReplicaSetSize(this.deployment, this.all, 0));
    }
    this.syncRevision();
  }

  /** The scale of the deployment changed: the replica sets follow in proportion. */
  scaleProportionally(): void {
    const only = this.#activeOrLatest();
    if (only) {
      if (only.replicas !== this.#desired) this.#scale(only, this.#desired);
    } else if (this.#isSaturated()) {
      for (const draft of this.old) if (draft.isActive) this.#scale(draft, 0);
    } else if ((this.deployment.spec.strategy?.type ?? "RollingUpdate") === "RollingUpdate") {
      this.#spread();
    }
  }

  /** Whether some replica set was last scaled for another size of the deployment. */
  get isScaling(): boolean {
    return this.all.some((draft) => {
      const wanted = draft.isActive ? integerOf(draft.annotations[DESIRED_REPLICAS]) : undefined;
      return wanted !== undefined && wanted !== this.#desired;
    });
  }

  #activeOrLatest(): ReplicaSetDraft | undefined {
    const active = this.all.filter((draft) => draft.isActive);
    if (active.length > 1) return undefined;
    return active[0] ?? this.#current ?? this.old.at(-1);
  }

  #isSaturated(): boolean {
    const current = this.#current;
    return (
      current !== undefined &&
      current.replicas === this.#desired &&
      integerOf(current.annotations[DESIRED_REPLICAS]) === this.#desired &&
      (current.status.availableReplicas ?? 0) === this.#desired
    );
  }

  #spread(): void {
    const active = this.all.filter((draft) => draft.isActive);
    const allowed = this.#desired > 0 ? this.#desired + maxSurge(this.deployment) : 0;
    const toAdd = allowed - sumOf(active, (draft) => draft.replicas);
    // The largest takes what rounding leaves; of equal ones the newer grows and the older shrinks.
    const newer = toAdd > 0 ? -1 : 1;
    active.sort((a, b) => (a.replicas === b.replicas ? newer * byCreation(a, b) : b.replicas - a.replicas));
    const sizes = new Map<ReplicaSetDraft, number>();
    let added = 0;
    for (const draft of active) {
      const share = proportion(draft, this.deployment, toAdd, added);
      sizes.set(draft, draft.replicas + share);
      added += share;
    }
    const [largest] = active;
    if (largest && toAdd !== 0) sizes.set(largest, Math.max(0, sizes.get(largest)! + toAdd - added));
    for (const [draft, size] of sizes) this.#scale(draft, size);
  }

  /** One step of a rolling update; true when it changed anything. */
  roll(): boolean {
    return this.#growCurrent() || this.#shrinkOld();
  }

  #growCurrent(): boolean {
    const current = this.#current;
    if (!current || current.replicas === this.#desired) return false;
    if (current.replicas > this.#desired) return this.#scale(current, this.#desired);
    return this.#scaleTo(current, newReplicaSetSize(this.deployment, this.all, current.replicas));
  }

  #shrinkOld(): boolean {
    const active = this.old.filter((draft) => draft.isActive);
    if (active.length === 0) return false;
    const minAvailable = this.#desired - maxUnavailable(this.deployment);
    const unavailableNew = (this.#current?.replicas ?? 0) - (this.#current?.status.availableReplicas ?? 0);
    const spare = sumOf(this.all, (draft) => draft.replicas) - minAvailable - unavailableNew;
    if (spare <= 0) return false;
    const cleaned = this.#takeFrom(active, spare, (d) => d.replicas - (d.status.availableReplicas ?? 0));
    const available = sumOf(this.all, (draft) => draft.status.availableReplicas);
    const taken = this.#takeFrom(active, available - minAvailable, (draft) => draft.replicas);
    return cleaned + taken > 0;
  }

  /** Takes up to `limit` replicas from the drafts, oldest first, of each no more than it may give. */
  #takeFrom(drafts: readonly ReplicaSetDraft[], limit: number, mayGive: (draft: ReplicaSetDraft) => number): number {
    let taken = 0;
    for (const draft of drafts) {
      const count = Math.min(limit - taken, draft.replicas === 0 ? 0 : mayGive(draft));
      if (count <= 0) continue;
      this.#scale(draft, draft.replicas - count);
      taken += count;
    }
    return taken;
  }

  /** Recreate: ends all old pods; true when that changed anything. */
  endOld(): boolean {
    let changed = false;
    for (const draft of this.old) if (draft.isActive) changed = this.#scale(draft, 0) || changed;
    return changed;
  }

  /** Recreate: starts all new pods at once. */
  startCurrent(): void {
    if (this.#current) this.#scaleTo(this.#current, this.#desired);
  }

  #scaleTo(draft: ReplicaSetDraft, replicas: number): boolean {
    return draft.replicas !== replicas && this.#scale(draft, replicas);
  }

  #scale(draft: ReplicaSetDraft, replicas: number): boolean {
    return draft.scale(replicas, { desired: this.#desired, max: this.#desired + maxSurge(this.deployment) });
  }

  /** Old replica sets beyond the history limit that nobody needs. */
  get forgettable(): readonly ReplicaSetDraft[] {
    const limit = this.deployment.spec.revisionHistoryLimit;
    if (limit === undefined || limit === 2_147_483_647) return [];
    const kept = this.old.filter((draft) => draft.original?.metadata.deletionTimestamp === undefined);
    const excess = kept.length - limit;
    if (excess <= 0) return [];
    const byRevision = (a: ReplicaSetDraft, b: ReplicaSetDraft): number =>
      revisionOf(a.annotations) - revisionOf(b.annotations) || byCreation(a, b);
    return kept.sort(byRevision).slice(0, excess).filter(isIdle);
  }

  /** The status in the middle of a rollout: availability, progress, failures. */
  rolloutStatus(): DeploymentStatus {
    const { deployment, counts } = this;
    setAvailability(this.conditions, deployment, counts);
    setProgress(this.conditions, { deployment, counts, current: this.#current, nowMs: this.#nowMs });
    setReplicaFailure(this.conditions, this.all, this.#current);
    return statusOf(deployment, counts, this.conditions);
  }

  /** The status where nothing rolls: paused, scaled, or deleted. */
  plainStatus(): DeploymentStatus {
    setAvailability(this.conditions, this.deployment, this.counts);
    return statusOf(this.deployment, this.counts, this.conditions);
  }
}

/** Whether a replica set has no pods, wants none, and its controller has seen that. */
function isIdle(draft: ReplicaSetDraft): boolean {
  const { original, status, replicas } = draft;
  const seen = (original?.metadata.generation ?? 0) <= (status.observedGeneration ?? 0);
  return (status.replicas ?? 0) === 0 && replicas === 0 && seen;
}
