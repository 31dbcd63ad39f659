// SPDX-License-Identifier: Apache-2.0

import type { Job, JobCondition } from "../../api/index.ts";
import { formatTime, parseTime, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { metSuccessRule } from "./success-policy.ts";
import type { JobPodsState } from "./job-pods-state.ts";
import { isIndexed, trueCondition } from "./job-state.ts";

/** Why a job is over; its pods may still have to end. */
export interface Verdict {
  readonly outcome: "success" | "failure";
  readonly reason: string;
  readonly message: string;
}

const failure = (reason: string, message: string): Verdict => ({ outcome: "failure", reason, message });

/** What an earlier sync found. */
function spoken(job: Cached<Job>): Verdict | undefined {
  const failed = trueCondition(job, "FailureTarget");
  const met = trueCondition(job, "SuccessCriteriaMet");
  const found = failed ?? met;
  if (!found) return undefined;
  return { outcome: failed ? "failure" : "success", reason: found.reason ?? "", message: found.message ?? "" };
}

/** Restarts of containers in place count, too, where pods are restarted instead of replaced. */
function restartsTooOften({ job }: { readonly job: Cached<Job> }, state: JobPodsState): boolean {
  if (job.spec.template.spec?.restartPolicy !== "OnFailure") return false;
  const limit = job.spec.backoffLimit ?? 6;
  let restarts = 0;
  for (const { status } of state.view.pods) {
    if (status.phase !== "Running" && status.phase !== "Pending") continue;
    for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
      restarts += restartCount;
    }
  }
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

export const isSuspended = ({ spec }: Cached<Job>): boolean => spec.suspend === true;

/** When a running job is over its deadline; undefined when it has none, or does not run. */
export function deadlineInMs(job: Cached<Job>, nowMs: number): number | undefined {
  const seconds = job.spec.activeDeadlineSeconds;
  const startedMs = parseTime(job.status.startTime ?? "");
  if (seconds === undefined || startedMs === undefined || isSuspended(job)) return undefined;
  return startedMs + seconds * 1_000 - nowMs;
}

function indexVerdict(job: Cached<Job>, state: JobPodsState): Verdict | undefined {
  if (!isIndexed(job)) return undefined;
  const { succeededIndexes, failedIndexes } = state;
  const { maxFailedIndexes, completions = 0 } = job.spec;
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    return failure("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  }
  if (failedIndexes.size > 0 && succeededIndexes.size + failedIndexes.size >= completions) {
    return failure("FailedIndexes", "Job has failed indexes");
  }
  const met = metSuccessRule(job, succeededIndexes);
  return met === undefined ? undefined : { outcome: "success", reason: "SuccessPolicy", message: met };
}

/** Whether and why the job is over, short of its completions. */
export function judge(state: JobPodsState, failed: number): Verdict | undefined {
  const { job, nowMs } = state.view;
  const before = spoken(job);
  if (before) return before;
  const fatal = state.fatalFailure;
  if (fatal !== undefined) return failure("PodFailurePolicy", fatal);
  const limit = job.spec.backoffLimit ?? 6;
  if (failed > limit || restartsTooOften({ job }, state)) {
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  const leftMs = deadlineInMs(job, nowMs);
  if (leftMs !== undefined && leftMs <= 0) {
    return failure("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  return indexVerdict(job, state);
}

/** Whether the job has what it wants. */
export function isComplete(job: Cached<Job>, succeeded: number, active: number): boolean {
  const { completions } = job.spec;
  // Without a number the first success is a sign to the others, which are waited for.
  return completions === undefined ? succeeded > 0 && active === 0 : succeeded >= completions;
}

export const COMPLETIONS_REACHED: Verdict = {
  outcome: "success",
  reason: "CompletionsReached",
  message: "Reached expected number of succeeded pods",
};

const INTERIM = { success: "SuccessCriteriaMet", failure: "FailureTarget" } as const;
const FINAL = { success: "Complete", failure: "Failed" } as const;

/** The conditions of a job while they are worked out. */
export class JobConditions {
  readonly #list: JobCondition[];
  readonly #now: string;

  constructor(job: Cached<Job>, nowMs: number) {
    this.#list = (job.status.conditions ?? []).map((condition: DeepReadonly<JobCondition>) => ({ ...condition }));
    this.#now = formatTime(nowMs);
  }

  get list(): JobCondition[] {
    return this.#list;
  }

  /** Says that the job is as good as over. */
  announce(verdict: Verdict): void {
    this.#ensure(INTERIM[verdict.outcome], "True", verdict);
  }

  /** Says that the job is over: nothing of it runs any more. */
  finish(verdict: Verdict): void {
    this.#ensure(FINAL[verdict.outcome], "True", verdict);
  }

  /** Says whether the job is suspended; true when that is new. */
  suspend(suspended: boolean): boolean {
    const reason = suspended ? "JobSuspended" : "JobResumed";
    const message = suspended ? "Job suspended" : "Job resumed";
    const known = this.#list.some(({ type }) => type === "Suspended");
    if (!known && !suspended) return false;
    return this.#ensure("Suspended", suspended ? "True" : "False", { reason, message });
  }

  #ensure(type: string, status: string, text: { readonly reason: string; readonly message: string }): boolean {
    const found = this.#list.find((condition) => condition.type === type);
    if (found?.status === status) return false;
    const fresh = {
      type,
      status,
      lastProbeTime: this.#now,
      lastTransitionTime: this.#now,
      reason: text.reason,
      message: text.message,
    };
    if (found) Object.assign(found, fresh);
    else this.#list.push(fresh);
    return true;
  }
}
