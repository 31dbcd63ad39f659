// SPDX-License-Identifier: Apache-2.0

import type { Job, Pod } from "../../api/index.ts";
import { parseTime } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { isPodActive, isPodTerminal, isPodTerminating } from "../../rules/index.ts";
import type { Ending } from "./job-backoff.ts";
import { judgeFailure } from "./failure-policy.ts";
import { parseIndexes } from "./indexes.ts";
import { failuresBefore, ignoredBefore, indexOf, isTracked } from "./job-pods.ts";
import { isIndexed } from "./job-state.ts";

/** What a sync of a job looks at. */
export interface JobView {
  readonly job: Cached<Job>;
  /** Its own pods. */
  readonly pods: readonly Cached<Pod>[];
  /** Pods that were let go by an earlier sync and that the cache still shows as held. */
  readonly released: ReadonlySet<string>;
  readonly nowMs: number;
}

/** Whether deleted pods are replaced only when they have ended. */
export const replacesEndedOnly = ({ spec }: Cached<Job>): boolean =>
  spec.podReplacementPolicy === "Failed" || spec.podFailurePolicy !== undefined;

/** Whether a pod counts as failed: a deleted one may never get to say so. */
export function isFailed(job: Cached<Job>, pod: Cached<Pod>): boolean {
  if (pod.status.phase === "Failed") return true;
  return !replacesEndedOnly(job) && isPodTerminating(pod) && pod.status.phase !== "Succeeded";
}

export const isSucceeded = ({ status }: Cached<Pod>): boolean => status.phase === "Succeeded";

/** What the failures of an index amount to. */
export interface IndexFailures {
  readonly counted: number;
  readonly ignored: number;
  readonly lastMs: number;
  readonly final: boolean;
}

const endedMs = (pod: Cached<Pod>, nowMs: number): number => {
  let latest: number | undefined;
  for (const { state } of pod.status.containerStatuses ?? []) {
    const at = parseTime(state?.terminated?.finishedAt ?? "");
    if (at !== undefined) latest = Math.max(latest ?? 0, at);
  }
  return latest ?? parseTime(pod.metadata.deletionTimestamp ?? "") ?? nowMs;
};

/** Everything that one sync derives from a job's pods. */
export class JobPodsState {
  readonly view: JobView;
  readonly active: readonly Cached<Pod>[];
  readonly terminating: number;
  /** Held pods that ended and are not counted anywhere yet. */
  readonly newSucceeded: readonly Cached<Pod>[];
  readonly newFailed: readonly Cached<Pod>[];
  readonly succeededIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
  readonly indexFailures: ReadonlyMap<number, IndexFailures>;

  constructor(view: JobView) {
    this.view = view;
    const { job, pods } = view;
    this.active = pods.filter(isPodActive);
    this.terminating = pods.filter((pod) => isPodTerminating(pod) && !isPodTerminal(pod)).length;
    const { succeeded = [], failed = [] } = job.status.uncountedTerminatedPods ?? {};
    const counted = new Set([...succeeded, ...failed]);
    const fresh = pods.filter((pod) => this.isHeld(pod) && !counted.has(pod.metadata.uid));
    this.newSucceeded = fresh.filter((pod) => isSucceeded(pod) && this.#hasPlace(pod));
    this.newFailed = fresh.filter((pod) => isFailed(job, pod));
    this.succeededIndexes = this.#succeeded();
    this.indexFailures = this.#failures();
    this.failedIndexes = this.#failed();
  }

  /** Whether the tracking finalizer is on the pod still. */
  isHeld(pod: Cached<Pod>): boolean {
    return isTracked(pod) && !this.view.released.has(pod.metadata.uid);
  }

  /** Failures that count against the job's limit. */
  get countedFailures(): readonly Cached<Pod>[] {
    return this.newFailed.filter((pod) => judgeFailure(this.view.job, pod).action !== "Ignore");
  }

  /** Why the policy ends the whole job, in words. */
  get fatalFailure(): string | undefined {
    const { job, pods } = this.view;
    if (!job.spec.podFailurePolicy) return undefined;
    for (const pod of pods) {
      if (!isFailed(job, pod)) continue;
      const verdict = judgeFailure(job, pod);
      if (verdict.action === "FailJob") return verdict.message;
    }
    return undefined;
  }

  /** The pods that ended since the last sync, for the back-off. */
  get endings(): Ending[] {
    const at = (pod: Cached<Pod>): number => endedMs(pod, this.view.nowMs);
    return [
      ...this.newSucceeded.map((pod) => ({ atMs: at(pod), failed: false })),
      ...this.countedFailures.map((pod) => ({ atMs: at(pod), failed: true })),
    ];
  }

  /** Whether a pod is of an index that the job has. */
  #hasPlace(pod: Cached<Pod>): boolean {
    const { job } = this.view;
    if (!isIndexed(job)) return true;
    const index = indexOf(pod);
    return index !== undefined && index < (job.spec.completions ?? 0);
  }

  #succeeded(): ReadonlySet<number> {
    const { job } = this.view;
    if (!isIndexed(job)) return new Set();
    const indexes = parseIndexes(job.status.completedIndexes, job.spec.completions ?? 0);
    for (const pod of this.newSucceeded) indexes.add(indexOf(pod)!);
    return indexes;
  }

  #failures(): ReadonlyMap<number, IndexFailures> {
    const failures = new Map<number, IndexFailures>();
    const { job, pods, nowMs } = this.view;
    if (job.spec.backoffLimitPerIndex === undefined) return failures;
    for (const pod of pods) {
      const index = indexOf(pod);
      if (index === undefined || !isFailed(job, pod)) continue;
      const { action } = judgeFailure(job, pod);
      const ignored = action === "Ignore";
      const found: IndexFailures = {
        counted: failuresBefore(pod) + (ignored ? 0 : 1),
        ignored: ignoredBefore(pod) + (ignored ? 1 : 0),
        lastMs: endedMs(pod, nowMs),
        final: action === "FailIndex",
      };
      const before = failures.get(index);
      if (!before || found.counted + found.ignored > before.counted + before.ignored) failures.set(index, found);
    }
    return failures;
  }

  #failed(): ReadonlySet<number> {
    const { job } = this.view;
    const limit = job.spec.backoffLimitPerIndex;
    if (limit === undefined) return new Set();
    const indexes = parseIndexes(job.status.failedIndexes, job.spec.completions ?? 0);
    for (const [index, { counted, final }] of this.indexFailures) {
      if ((final || counted > limit) && !this.succeededIndexes.has(index)) indexes.add(index);
    }
    return indexes;
  }
}
