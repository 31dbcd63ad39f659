// SPDX-License-Identifier: Apache-2.0

import type { Job, JobStatus, Pod } from "../../api/index.ts";
import { formatTime } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { isPodReady } from "../../rules/index.ts";
import { omitZero } from "../shared/omit-zero.ts";
import { backoffLeftMs, type BackoffRecord } from "./job-backoff.ts";
import {
  COMPLETIONS_REACHED,
  deadlineInMs,
  isComplete,
  isSuspended,
  judge,
  JobConditions,
  type Verdict,
} from "./conditions.ts";
import { formatIndexes } from "./indexes.ts";
import { indexOf, type NewJobPod } from "./job-pods.ts";
import { isFailed, isSucceeded, replacesEndedOnly, type IndexFailures, type JobPodsState } from "./job-pods-state.ts";
import { isIndexed } from "./job-state.ts";
import { pickPodsToEnd } from "./pods-to-end.ts";

/** Pods made or deleted in one go. */
const PODS_PER_SYNC_MAX = 500;

/** What one sync of a job does. */
export interface JobPlan {
  readonly create: readonly NewJobPod[];
  readonly delete: readonly Cached<Pod>[];
  /** Pods that are counted and may go. */
  readonly release: readonly Cached<Pod>[];
  /** Written before pods are released: it names those that are counted nowhere else. */
  readonly status: JobStatus;
  readonly verdict: Verdict | undefined;
  readonly events: readonly { readonly reason: string; readonly message: string }[];
  readonly checkInMs: number | undefined;
}

export interface JobDecisionOptions {
  /** Whether the cache shows all pods that were made and deleted. */
  readonly mayManage: boolean;
  readonly backoff: BackoffRecord;
}

interface Counters {
  readonly succeeded: number;
  readonly failed: number;
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
}

/** Moves pods that are free already from the uncounted to the counters. */
function settledCounters(state: JobPodsState): Counters {
  const { job, pods } = state.view;
  const held = new Set(pods.filter((pod) => state.isHeld(pod)).map(({ metadata }) => metadata.uid));
  const { succeeded = [], failed = [] } = job.status.uncountedTerminatedPods ?? {};
  const isHeld = (uid: string): boolean => held.has(uid);
  return {
    succeeded: (job.status.succeeded ?? 0) + succeeded.filter((uid) => !isHeld(uid)).length,
    failed: (job.status.failed ?? 0) + failed.filter((uid) => !isHeld(uid)).length,
    uncounted: { succeeded: succeeded.filter(isHeld), failed: failed.filter(isHeld) },
  };
}

/** Decides what one sync of a job does. */
export function decide(state: JobPodsState, options: JobDecisionOptions): JobPlan {
  const { job, nowMs } = state.view;
  const counters = settledCounters(state);
  const succeeded = isIndexed(job)
    ? state.succeededIndexes.size
    : counters.succeeded + counters.uncounted.succeeded.length + state.newSucceeded.length;
  const failed = counters.failed + counters.uncounted.failed.length + state.countedFailures.length;
  const conditions = new JobConditions(job, nowMs);
  const verdict = judge(state, failed) ?? completion(state, succeeded);
  const work = verdict ? { ...NOTHING, delete: state.active } : manage(state, { ...options, succeeded });
  if (verdict) conditions.announce(verdict);
  const mayManage = options.mayManage && job.metadata.deletionTimestamp === undefined;
  const events = !verdict && mayManage ? suspension(job, conditions) : [];
  return {
    create: work.create,
    delete: work.delete,
    release: releasable(state, verdict !== undefined),
    status: statusOf(state, {
      counters,
      conditions,
      active: state.active.length - work.delete.length + work.create.length,
      deleted: work.delete,
      resumed: events.some(({ reason }) => reason === "Resumed"),
    }),
    verdict,
    events,
    checkInMs: earliest(work.checkInMs, verdict ? undefined : deadlineInMs(job, nowMs)),
  };
}

const completion = (state: JobPodsState, succeeded: number): Verdict | undefined =>
  isComplete(state.view.job, succeeded, state.active.length) ? COMPLETIONS_REACHED : undefined;

function suspension(job: Cached<Job>, conditions: JobConditions): JobPlan["events"] {
  if (!conditions.suspend(isSuspended(job))) return [];
  return isSuspended(job)
    ? [{ reason: "Suspended", message: "Job suspended" }]
    : [{ reason: "Resumed", message: "Job resumed" }];
}

interface Work {
  readonly create: readonly NewJobPod[];
  readonly delete: readonly Cached<Pod>[];
  readonly checkInMs: number | undefined;
}

const NOTHING: Work = { create: [], delete: [], checkInMs: undefined };

function manage(state: JobPodsState, options: JobDecisionOptions & { readonly succeeded: number }): Work {
  const { job } = state.view;
  if (!options.mayManage || job.metadata.deletionTimestamp !== undefined) return NOTHING;
  if (isSuspended(job)) return { ...NOTHING, delete: state.active.slice(0, PODS_PER_SYNC_MAX) };
  const wanted = wantedActive(job, state.active.length, options.succeeded);
  const surplus = pickPodsToEnd(state, Math.max(0, state.active.length - wanted));
  // Either pods go or pods come in one sync: which indexes are free is known only when the others have gone.
  if (surplus.length > 0) return { ...NOTHING, delete: surplus.slice(0, PODS_PER_SYNC_MAX) };
  const leaving = replacesEndedOnly(job) ? state.terminating : 0;
  const missing = Math.min(wanted - leaving - state.active.length, PODS_PER_SYNC_MAX);
  return missing > 0 ? grow(state, missing, options.backoff) : NOTHING;
}

function wantedActive(job: Cached<Job>, active: number, succeeded: number): number {
  const { completions, parallelism = 1 } = job.spec;
  if (completions === undefined) return succeeded > 0 ? active : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

function grow(state: JobPodsState, missing: number, backoff: BackoffRecord): Work {
  const { job, nowMs } = state.view;
  if (job.spec.backoffLimitPerIndex !== undefined) return growByIndex(state, missing);
  const leftMs = backoffLeftMs(backoff, nowMs);
  if (leftMs > 0) return { ...NOTHING, checkInMs: leftMs };
  if (!isIndexed(job)) return { ...NOTHING, create: Array.from({ length: missing }, () => ({})) };
  return {
    ...NOTHING,
    create: freeIndexes(state)
      .slice(0, missing)
      .map((index) => ({ index })),
  };
}

/** Indexes that nobody works on and that are not over. */
function freeIndexes(state: JobPodsState): number[] {
  const { job, pods } = state.view;
  const taken = new Set<number>([...state.succeededIndexes, ...state.failedIndexes]);
  const leaving = replacesEndedOnly(job)
    ? pods.filter((pod) => !isSucceeded(pod) && !isFailed(job, pod))
    : state.active;
  for (const pod of leaving) {
    const index = indexOf(pod);
    if (index !== undefined) taken.add(index);
  }
  const free: number[] = [];
  for (let index = 0; index < (job.spec.completions ?? 0); index++) if (!taken.has(index)) free.push(index);
  return free;
}

/** Each index waits for its own failures alone. */
function growByIndex(state: JobPodsState, missing: number): Work {
  const { nowMs } = state.view;
  const create: NewJobPod[] = [];
  let checkInMs: number | undefined;
  for (const index of freeIndexes(state)) {
    if (create.length === missing) break;
    const failures = state.indexFailures.get(index);
    const leftMs = failures ? backoffLeftMs(recordOf(failures), nowMs) : 0;
    if (leftMs > 0) checkInMs = earliest(checkInMs, leftMs);
    else create.push({ index, failures: failures?.counted ?? 0, ignoredFailures: failures?.ignored ?? 0 });
  }
  return { ...NOTHING, create, checkInMs };
}

const recordOf = ({ counted, ignored, lastMs }: IndexFailures): BackoffRecord => ({
  failures: counted + ignored,
  lastFailureMs: lastMs,
});

const earliest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);

/** Held pods that need not be held any longer. */
function releasable(state: JobPodsState, over: boolean): Cached<Pod>[] {
  const { job, pods } = state.view;
  const leaving = over || job.metadata.deletionTimestamp !== undefined;
  return pods.filter((pod) => {
    if (!state.isHeld(pod)) return false;
    if (isSucceeded(pod)) return true;
    if (isFailed(job, pod)) return leaving || !keepsCount(state, pod);
    return leaving && pod.metadata.deletionTimestamp !== undefined;
  });
}

/** The last failed pod of an index remembers how often it failed, until another pod of the index does. */
function keepsCount(state: JobPodsState, pod: Cached<Pod>): boolean {
  const { job, pods } = state.view;
  const index = indexOf(pod);
  if (job.spec.backoffLimitPerIndex === undefined || index === undefined) return false;
  if (state.succeededIndexes.has(index) || state.failedIndexes.has(index)) return false;
  const created = pod.metadata.creationTimestamp;
  return !pods.some(
    (other) =>
      other !== pod && indexOf(other) === index && other.metadata.creationTimestamp >= created && !isFailed(job, other),
  );
}

interface StatusParts {
  readonly counters: Counters;
  readonly conditions: JobConditions;
  readonly active: number;
  readonly deleted: readonly Cached<Pod>[];
  readonly resumed: boolean;
}

function statusOf(state: JobPodsState, parts: StatusParts): JobStatus {
  const { job, nowMs } = state.view;
  const { counters, conditions } = parts;
  const indexed = isIndexed(job);
  const uids = (pods: readonly Cached<Pod>[]): string[] => pods.map(({ metadata }) => metadata.uid);
  const succeeded = indexed ? [] : [...counters.uncounted.succeeded, ...uids(state.newSucceeded)];
  const failed = [...counters.uncounted.failed, ...uids(state.countedFailures)];
  const ready = state.active.filter((pod) => isPodReady(pod) && !parts.deleted.includes(pod)).length;
  const started = job.status.startTime ?? (isSuspended(job) ? undefined : formatTime(nowMs));
  return {
    ...(job.status as JobStatus),
    conditions: conditions.list.length > 0 ? conditions.list : undefined,
    startTime: parts.resumed ? formatTime(nowMs) : started,
    active: omitZero(parts.active),
    ready,
    terminating: state.terminating + parts.deleted.length,
    succeeded: omitZero(indexed ? state.succeededIndexes.size : counters.succeeded),
    failed: omitZero(counters.failed),
    ...(indexed ? { completedIndexes: formatIndexes(state.succeededIndexes) || undefined } : {}),
    ...(job.spec.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(state.failedIndexes) }),
    uncountedTerminatedPods: {
      ...(succeeded.length > 0 ? { succeeded } : {}),
      ...(failed.length > 0 ? { failed } : {}),
    },
  };
}

/** The status once these pods are free: they are counted, and the job may be over. */
export function statusAfterRelease(
  status: JobStatus,
  freed: ReadonlySet<string>,
  end: { readonly job: Cached<Job>; readonly verdict: Verdict | undefined; readonly nowMs: number },
): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const left = (uids: readonly string[]): string[] => uids.filter((uid) => !freed.has(uid));
  const uncounted = { succeeded: left(succeeded), failed: left(failed) };
  const next: JobStatus = {
    ...status,
    succeeded: omitZero((status.succeeded ?? 0) + succeeded.length - uncounted.succeeded.length),
    failed: omitZero((status.failed ?? 0) + failed.length - uncounted.failed.length),
    uncountedTerminatedPods: {
      ...(uncounted.succeeded.length > 0 ? { succeeded: uncounted.succeeded } : {}),
      ...(uncounted.failed.length > 0 ? { failed: uncounted.failed } : {}),
    },
  };
  const counted = uncounted.succeeded.length + uncounted.failed.length === 0;
  const ended = counted && (status.active ?? 0) === 0 && (status.terminating ?? 0) === 0;
  return end.verdict && ended ? finished(next, end.job, end.verdict, end.nowMs) : next;
}

function finished(status: JobStatus, job: Cached<Job>, verdict: Verdict, nowMs: number): JobStatus {
  const conditions = new JobConditions({ ...job, status }, nowMs);
  conditions.finish(verdict);
  return {
    ...status,
    conditions: conditions.list,
    ...(verdict.outcome === "success" ? { completionTime: formatTime(nowMs) } : {}),
  };
}
