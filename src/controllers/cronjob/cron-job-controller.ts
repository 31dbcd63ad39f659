// SPDX-License-Identifier: Apache-2.0

import type { CronJob, CronJobStatus, Job, ObjectReference } from "../../api/index.ts";
import { formatTime, isAlreadyExists, semanticEqual } from "../../apimachinery/index.ts";
import {
  CRON_JOBS,
  DONE,
  JOBS,
  keyOf,
  objectKey,
  objectReferenceTo,
  requeueAfter,
  WorkQueue,
  type Cached,
  type Client,
  type EventRecorder,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { controllerOf } from "../../rules/index.ts";
import { controllerOfParts, recorderFor, type Controller, type ControllerContext } from "../controller.ts";
import { finishedCondition } from "../job/job-state.ts";
import { orUndefined } from "../shared/or-undefined.ts";
import { messageOf, namespaceIsTerminating } from "../shared/status-cause.ts";
import { decide, forgettableJobs, newJob, type ActiveJob, type CronDecision } from "./decide.ts";

const NAME = "cronjob-controller";
const WORKERS = 5;

interface Parts {
  readonly context: ControllerContext;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly cronJobs: Informer<CronJob>;
  readonly jobs: Informer<Job>;
}

type Options = { readonly signal: AbortSignal };

class CronJobReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: Options): Promise<Outcome> {
    const { cronJobs, jobs, context } = this.#parts;
    const cronJob = cronJobs.lister.getByKey(key);
    if (!cronJob) return DONE;
    const own = [...jobs.lister.byOwner(cronJob.metadata.uid)];
    const status: CronJobStatus = { ...(cronJob.status as CronJobStatus) };
    status.active = await this.#stillActive(cronJob, own, status, options);
    const decision = decide(cronJob, status.active as readonly ActiveJob[], context.clock.nowMs());
    for (const event of decision.events) this.#say(cronJob, event.type, event.reason, event.message);
    if (decision.type === "start") await this.#start(cronJob, decision, status, options);
    await this.#forget(cronJob, own, options);
    await this.#writeStatus(cronJob, status, options);
    return decision.checkInMs === undefined ? DONE : requeueAfter(decision.checkInMs);
  }

  /** The jobs that run still; tells of those that ended, and remembers the last success. */
  async #stillActive(
    cronJob: Cached<CronJob>,
    own: readonly Cached<Job>[],
    status: CronJobStatus,
    options: Options,
  ): Promise<ObjectReference[]> {
    const known = new Map(
      (cronJob.status.active ?? []).map((reference) => [reference.uid, reference as ObjectReference]),
    );
    const byUid = new Map(own.map((job) => [job.metadata.uid, job]));
    for (const job of own) this.#noticeJob(cronJob, job, known, status);
    for (const [uid, reference] of known) {
      if (uid === undefined || byUid.has(uid)) continue;
      const resource = this.#parts.client.resource(JOBS).namespace(cronJob.metadata.namespace ?? "");
      // The cache may be behind: it is asked for before it is given up.
      if (await orUndefined(resource.get(reference.name ?? "", options))) continue;
      this.#say(cronJob, "Normal", "MissingJob", `Active job went missing: ${reference.name}`);
      known.delete(uid);
    }
    return [...known.values()];
  }

  #noticeJob(
    cronJob: Cached<CronJob>,
    job: Cached<Job>,
    known: Map<string | undefined, ObjectReference>,
    status: CronJobStatus,
  ): void {
    const { name, uid } = job.metadata;
    const finished = finishedCondition(job);
    const active = known.has(uid);
    if (!active && !finished) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      this.#say(cronJob, "Warning", "UnexpectedJob", message);
      return;
    }
    if (active && finished) {
      known.delete(uid);
      const message = `Saw completed job: ${name}, condition: ${finished.type}`;
      this.#say(cronJob, "Normal", "SawCompletedJob", message);
    }
    const { completionTime } = job.status;
    if (finished?.type === "Complete" && completionTime && completionTime > (status.lastSuccessfulTime ?? "")) {
      status.lastSuccessfulTime = completionTime;
    }
  }

  async #start(
    cronJob: Cached<CronJob>,
    decision: Extract<CronDecision, { type: "start" }>,
    status: CronJobStatus,
    options: Options,
  ): Promise<void> {
    const resource = this.#parts.client.resource(JOBS).namespace(cronJob.metadata.namespace ?? "");
    for (const { name = "", uid } of decision.replace) {
      await orUndefined(resource.delete(name, { ...options, propagationPolicy: "Background" }));
      this.#say(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${name}`);
      status.active = status.active?.filter((reference) => reference.uid !== uid);
    }
    const fresh = newJob(cronJob, decision.scheduledMs);
    try {
      const job = await resource.create(fresh, options);
      this.#say(cronJob, "Normal", "SuccessfulCreate", `Created job ${job.metadata.name}`);
      const { apiVersion, kind, name, namespace, uid, resourceVersion } = objectReferenceTo(JOBS, job);
      status.active = [...(status.active ?? []), { apiVersion, kind, name, namespace, uid, resourceVersion }];
    } catch (error) {
      if (namespaceIsTerminating(error)) return;
      if (!isAlreadyExists(error)) {
        this.#say(cronJob, "Warning", "FailedCreate", `Error creating job: ${messageOf(error)}`);
        throw error;
      }
    }
    status.lastScheduleTime = formatTime(decision.scheduledMs);
  }

  async #forget(cronJob: Cached<CronJob>, own: readonly Cached<Job>[], options: Options): Promise<void> {
    const resource = this.#parts.client.resource(JOBS).namespace(cronJob.metadata.namespace ?? "");
    for (const { metadata } of forgettableJobs(cronJob, own)) {
      await orUndefined(resource.delete(metadata.name, { ...options, propagationPolicy: "Background" }));
      this.#say(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${metadata.name}`);
    }
  }

  async #writeStatus(cronJob: Cached<CronJob>, status: CronJobStatus, options: Options): Promise<void> {
    const next = { ...status, active: status.active?.length ? status.active : undefined };
    if (semanticEqual(cronJob.status, next)) return;
    const resource = this.#parts.client.resource(CRON_JOBS).namespace(cronJob.metadata.namespace ?? "");
    await orUndefined(resource.updateStatus({ ...(cronJob as CronJob), status: next }, options));
  }

  #say(cronJob: Cached<CronJob>, type: "Normal" | "Warning", reason: string, message: string): void {
    this.#parts.recorder.event(objectReferenceTo(CRON_JOBS, cronJob), { type, reason, message });
  }
}

/** Makes jobs at the times of a schedule. */
export function createCronJobController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const cronJobs = context.informers.informer(CRON_JOBS);
  const jobs = context.informers.informer(JOBS);
  const wake = (cronJob: Cached<CronJob>): void => queue.add(keyOf(cronJob));
  const wakeOwner = (job: Cached<Job>): void => {
    const reference = controllerOf(job);
    if (reference?.kind === "CronJob") queue.add(objectKey(job.metadata.namespace, reference.name));
  };
  cronJobs.addHandler({ added: wake, updated: wake, deleted: wake });
  jobs.addHandler({ added: wakeOwner, updated: wakeOwner, deleted: wakeOwner });
  const client = context.clientFor(NAME);
  const recorder = recorderFor(context, NAME);
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    recorder,
    reconciler: new CronJobReconciler({ context, client, recorder, cronJobs, jobs }),
    caches: [cronJobs, jobs],
    workers: WORKERS,
  });
}
