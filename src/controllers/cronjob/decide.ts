// SPDX-License-Identifier: Apache-2.0

import {
  CronSyntaxError,
  isTimeZone,
  parseCronSchedule,
  type CronJob,
  type CronSchedule,
  type Job,
} from "../../api/index.ts";
import { formatTime, parseTime } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { controllerReference } from "../../rules/index.ts";
import { finishedCondition } from "../job/job-state.ts";
import { firedMoreThan, lastTimeMs, nextTimeMs } from "./schedule-times.ts";

/** A cron job is looked at this long after its time, so that the time has passed for sure. */
const NEXT_DELTA_MS = 100;
const MISSED_TIMES_MAX = 100;
const SCHEDULED_TIMESTAMP = "batch.kubernetes.io/cronjob-scheduled-timestamp";

export type ActiveJob = NonNullable<Cached<CronJob>["status"]["active"]>[number];

export interface CronEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** What a cron job's schedule asks for now. */
export type CronDecision =
  | { readonly type: "idle"; readonly events: readonly CronEvent[]; readonly checkInMs: number | undefined }
  | {
      readonly type: "start";
      readonly events: readonly CronEvent[];
      readonly checkInMs: number | undefined;
      readonly scheduledMs: number;
      /** Jobs that the new one replaces. */
      readonly replace: readonly ActiveJob[];
    };

interface Timing {
  readonly schedule: CronSchedule;
  readonly timeZone: string;
  readonly nowMs: number;
}

const idle = (checkInMs?: number, ...events: CronEvent[]): CronDecision => ({ type: "idle", events, checkInMs });
const warning = (reason: string, message: string): CronEvent => ({ type: "Warning", reason, message });

/** Decides whether a job is due. */
export function decide(cronJob: Cached<CronJob>, active: readonly ActiveJob[], nowMs: number): CronDecision {
  const { spec, metadata } = cronJob;
  if (metadata.deletionTimestamp !== undefined) return idle();
  if (spec.timeZone !== undefined && !isTimeZone(spec.timeZone)) {
    const message = `invalid timeZone: "${spec.timeZone}": unknown time zone ${spec.timeZone}`;
    return idle(undefined, warning("UnknownTimeZone", message));
  }
  if (spec.suspend) return idle();
  const schedule = readSchedule(spec.schedule);
  if (schedule instanceof CronSyntaxError) {
    const message = `unparseable schedule: "${spec.schedule}" : ${schedule.message}`;
    return idle(undefined, warning("UnparseableSchedule", message));
  }
  return decideDue(cronJob, active, { schedule, timeZone: zoneOf(cronJob, schedule), nowMs });
}

function readSchedule(text: string): CronSchedule | CronSyntaxError {
  try {
    return parseCronSchedule(text);
  } catch (error) {
    if (error instanceof CronSyntaxError) return error;
    throw error;
  }
}

function zoneOf({ spec }: Cached<CronJob>, schedule: CronSchedule): string {
  const zone = spec.timeZone ?? schedule.timeZone;
  return zone === undefined || zone === "" || zone === "Local" ? "UTC" : zone;
}

function decideDue(cronJob: Cached<CronJob>, active: readonly ActiveJob[], timing: Timing): CronDecision {
  const { schedule, timeZone, nowMs } = timing;
  const next = nextTimeMs(schedule, nowMs, timeZone);
  const checkInMs = next === undefined ? undefined : next - nowMs + NEXT_DELTA_MS;
  const sinceMs = earliestMs(cronJob, nowMs);
  const scheduledMs = lastTimeMs(schedule, { sinceMs, nowMs }, timeZone);
  if (scheduledMs === undefined) return idle(checkInMs);
  const events: CronEvent[] = [];
  if (firedMoreThan(schedule, { sinceMs, nowMs, limit: MISSED_TIMES_MAX }, timeZone)) {
    events.push(
      warning(
        "TooManyMissedTimes",
        "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
      ),
    );
  }
  const deadlineSeconds = cronJob.spec.startingDeadlineSeconds;
  if (deadlineSeconds !== undefined && scheduledMs + deadlineSeconds * 1_000 < nowMs) {
    return idle(
      checkInMs,
      ...events,
      warning("MissSchedule", `Missed scheduled time to start a job: ${formatTime(scheduledMs)}`),
    );
  }
  return decideConcurrent(cronJob, active, { scheduledMs, checkInMs, events });
}

/** Since when times count: the last one, but not longer ago than the deadline. */
function earliestMs({ status, metadata, spec }: Cached<CronJob>, nowMs: number): number {
  const sinceMs = parseTime(status.lastScheduleTime ?? "") ?? parseTime(metadata.creationTimestamp) ?? nowMs;
  const { startingDeadlineSeconds } = spec;
  return startingDeadlineSeconds === undefined ? sinceMs : Math.max(sinceMs, nowMs - startingDeadlineSeconds * 1_000);
}

function decideConcurrent(
  cronJob: Cached<CronJob>,
  active: readonly ActiveJob[],
  due: { readonly scheduledMs: number; readonly checkInMs: number | undefined; readonly events: readonly CronEvent[] },
): CronDecision {
  const { scheduledMs, checkInMs, events } = due;
  const name = jobName(cronJob, scheduledMs);
  const started = active.some((job) => job.name === name);
  if (started || parseTime(cronJob.status.lastScheduleTime ?? "") === scheduledMs) return idle(checkInMs, ...events);
  if (cronJob.spec.concurrencyPolicy === "Forbid" && active.length > 0) {
    const message = "Not starting job because prior execution is running and concurrency policy is Forbid";
    return idle(checkInMs, ...events, { type: "Normal", reason: "JobAlreadyActive", message });
  }
  const replace = cronJob.spec.concurrencyPolicy === "Replace" ? active : [];
  return { type: "start", events, checkInMs, scheduledMs, replace };
}

/** The name says for which minute the job is: two controllers make it once. */
export const jobName = ({ metadata }: Cached<CronJob>, scheduledMs: number): string =>
  `${metadata.name}-${Math.floor(scheduledMs / 60_000)}`;

/** The job of one time. */
export function newJob(cronJob: Cached<CronJob>, scheduledMs: number): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    metadata: {
      name: jobName(cronJob, scheduledMs),
      namespace: cronJob.metadata.namespace,
      ...(metadata?.labels ? { labels: { ...metadata.labels } } : {}),
      annotations: { ...metadata?.annotations, [SCHEDULED_TIMESTAMP]: formatTime(scheduledMs) },
      creationTimestamp: formatTime(scheduledMs),
      ownerReferences: [controllerReference(cronJob, { apiVersion: "batch/v1", kind: "CronJob" })],
    },
    spec: spec as Job["spec"],
  };
}

/** The ended jobs over the history limits, oldest first. */
export function forgettableJobs(cronJob: Cached<CronJob>, jobs: readonly Cached<Job>[]): Cached<Job>[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec;
  const ended = (type: string): Cached<Job>[] =>
    jobs.filter((job) => finishedCondition(job)?.type === type).sort(byStart);
  const over = (all: readonly Cached<Job>[], limit: number | undefined): Cached<Job>[] =>
    limit === undefined ? [] : all.slice(0, Math.max(0, all.length - limit));
  return [...over(ended("Complete"), successfulJobsHistoryLimit), ...over(ended("Failed"), failedJobsHistoryLimit)];
}

function byStart(a: Cached<Job>, b: Cached<Job>): number {
  const [x = "", y = ""] = [a.status.startTime, b.status.startTime];
  if (x !== y) return x < y ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
