// SPDX-License-Identifier: Apache-2.0

import type { Job, JobStatus, Pod } from "../../api/index.ts";
import { hasReason, isNotFound, semanticEqual } from "../../apimachinery/index.ts";
import {
  DONE,
  JOBS,
  keyOf,
  objectReferenceTo,
  PODS,
  requeueAfter,
  WorkQueue,
  type Cached,
  type Client,
  type EventRecorder,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { controllerReference, Expectations, selectorOf } from "../../rules/index.ts";
import { controllerOfParts, recorderFor, type Controller, type ControllerContext } from "../controller.ts";
import { claimObjects } from "../shared/claim.ts";
import { orUndefined } from "../shared/or-undefined.ts";
import { PodControl, type PodOwner } from "../shared/pod-control.ts";
import { slowStart } from "../shared/slow-start.ts";
import { namespaceIsTerminating } from "../shared/status-cause.ts";
import { decide, statusAfterRelease, type JobPlan } from "./decide.ts";
import { NO_FAILURES, recordEndings, type BackoffRecord } from "./job-backoff.ts";
import { isTracked, jobPod, type NewJobPod } from "./job-pods.ts";
import { JobPodsState } from "./job-pods-state.ts";
import { finishedCondition } from "./job-state.ts";
import { createOrphanReleaser } from "./release-orphans.ts";
import { releasePod } from "./release-pod.ts";
import { watchJobPods } from "./watch-job-pods.ts";

const NAME = "job-controller";
const WORKERS = 5;
const MANAGED_BY = "kubernetes.io/job-controller";
const IDENTITY = { apiVersion: "batch/v1", kind: "Job" } as const;

interface Parts {
  readonly context: ControllerContext;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly jobs: Informer<Job>;
  readonly pods: Informer<Pod>;
  readonly podControl: PodControl;
  readonly expectations: Expectations;
}

type Options = { readonly signal: AbortSignal };

class JobReconciler implements Reconciler {
  readonly #parts: Parts;
  readonly #backoff = new Map<string, BackoffRecord>();
  /** By job: pods that were let go and that the cache may still show as held. */
  readonly #released = new Map<string, Set<string>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: Options): Promise<Outcome> {
    const job = this.#parts.jobs.lister.getByKey(key);
    if (!job || finishedCondition(job)) {
      this.#forget(key);
      return DONE;
    }
    if (job.spec.managedBy !== undefined && job.spec.managedBy !== MANAGED_BY) return DONE;
    const { expectations, context } = this.#parts;
    const mayManage = expectations.satisfied(key, context.clock.monotonicMs());
    const state = await this.#state(key, job, options);
    const backoff = recordEndings(this.#backoff.get(key) ?? NO_FAILURES, state.endings);
    const plan = decide(state, { mayManage, backoff });
    await this.#act(key, job, plan, options);
    // Only now: what was not written is looked at, and counted, again.
    this.#backoff.set(key, backoff);
    return plan.checkInMs === undefined ? DONE : requeueAfter(Math.max(0, plan.checkInMs));
  }

  #forget(key: string): void {
    this.#parts.expectations.forget(key);
    this.#backoff.delete(key);
    this.#released.delete(key);
  }

  async #state(key: string, job: Cached<Job>, options: Options): Promise<JobPodsState> {
    const pods = await this.#claimPods(job, options);
    const released = this.#released.get(key) ?? new Set<string>();
    const held = new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid));
    for (const uid of released) if (!held.has(uid)) released.delete(uid);
    return new JobPodsState({ job, pods, released, nowMs: this.#parts.context.clock.nowMs() });
  }

  #claimPods(job: Cached<Job>, options: Options): Promise<Cached<Pod>[]> {
    const { client, pods } = this.#parts;
    const { namespace = "", name, uid } = job.metadata;
    const selector = selectorOf(job.spec.selector);
    const claimant = {
      ...IDENTITY,
      metadata: job.metadata,
      matches: (labels: Readonly<Record<string, string>>) => selector.matches(labels),
      refresh: (signal: AbortSignal) => orUndefined(client.resource(JOBS).namespace(namespace).get(name, { signal })),
    };
    const candidates = [...pods.lister.byOwner(uid), ...pods.lister.orphans(namespace)];
    return claimObjects(claimant, candidates, { client: client.resource(PODS), ...options });
  }

  async #act(key: string, job: Cached<Job>, plan: JobPlan, options: Options): Promise<void> {
    const { context } = this.#parts;
    const owner = ownerOf(job);
    await this.#delete(key, owner, plan.delete, options);
    const failure = await this.#create(key, job, plan.create, options);
    let current = await this.#writeStatus(job, plan.status, options);
    const freed = await this.#release(key, plan.release, options);
    const end = { job, verdict: plan.verdict, nowMs: context.clock.nowMs() };
    const after = statusAfterRelease(plan.status, freed, end);
    if (!semanticEqual(after, plan.status)) current = await this.#writeStatus(current, after, options);
    for (const { reason, message } of plan.events) this.#say(job, "Normal", reason, message);
    if (finishedCondition(current)) this.#tellEnd(current, plan);
    if (failure !== undefined) throw failure;
  }

  async #create(key: string, job: Cached<Job>, fresh: readonly NewJobPod[], options: Options): Promise<unknown> {
    if (fresh.length === 0) return undefined;
    const { expectations, podControl, context } = this.#parts;
    const owner = ownerOf(job);
    expectations.expectCreations(key, fresh.length, context.clock.monotonicMs());
    const left = [...fresh];
    const action = (): Promise<void> => podControl.create(owner, jobPod(job, owner, left.shift()!), options);
    const { succeeded, error } = await slowStart(fresh.length, action, { initialBatch: 1 });
    for (let missing = succeeded; missing < fresh.length; missing++) expectations.creationObserved(key);
    return namespaceIsTerminating(error) ? undefined : error;
  }

  async #delete(key: string, owner: PodOwner, pods: readonly Cached<Pod>[], options: Options): Promise<void> {
    if (pods.length === 0) return;
    const { expectations, podControl, client, context } = this.#parts;
    expectations.expectDeletions(key, pods.map(keyOf), context.clock.monotonicMs());
    const results = await Promise.allSettled(
      pods.map(async (pod) => {
        if (isTracked(pod)) await releasePod(client, pod, options);
        await podControl.delete(owner, pod, options);
      }),
    );
    let failure: unknown;
    for (const [i, result] of results.entries()) {
      if (result.status === "fulfilled") continue;
      expectations.deletionObserved(key, keyOf(pods[i]!));
      if (!isNotFound(result.reason)) failure ??= result.reason;
    }
    if (failure !== undefined) throw failure;
  }

  /** Lets pods go; returns those that are free now. */
  async #release(key: string, pods: readonly Cached<Pod>[], options: Options): Promise<ReadonlySet<string>> {
    const released = this.#released.get(key) ?? new Set<string>();
    this.#released.set(key, released);
    const freed = new Set<string>();
    let failure: unknown;
    const results = await Promise.allSettled(pods.map((pod) => releasePod(this.#parts.client, pod, options)));
    for (const [i, result] of results.entries()) {
      const { uid } = pods[i]!.metadata;
      if (result.status === "fulfilled" || isNotFound(result.reason)) {
        freed.add(uid);
        released.add(uid);
      } else failure ??= result.reason;
    }
    if (failure !== undefined && freed.size === 0) throw failure;
    return freed;
  }

  async #writeStatus(job: Cached<Job>, status: JobStatus, options: Options): Promise<Cached<Job>> {
    if (semanticEqual(job.status, status)) return job;
    const resource = this.#parts.client.resource(JOBS).namespace(job.metadata.namespace ?? "");
    try {
      return (await resource.updateStatus({ ...(job as Job), status }, options)) as Cached<Job>;
    } catch (error) {
      if (isNotFound(error)) return job;
      if (hasReason(error, "Invalid")) this.#parts.context.log.error("Job status was refused", { error });
      throw error;
    }
  }

  #tellEnd(job: Cached<Job>, { verdict }: JobPlan): void {
    if (!verdict) return;
    if (verdict.outcome === "failure") {
      this.#say(job, "Warning", verdict.reason, verdict.message);
      return;
    }
    const { completions } = job.spec;
    if (completions !== undefined && (job.status.succeeded ?? 0) > completions) {
      this.#say(
        job,
        "Warning",
        "TooManySucceededPods",
        "Too many succeeded pods running after completion count reached",
      );
    }
    this.#say(job, "Normal", "Completed", "Job completed");
  }

  #say(job: Cached<Job>, type: "Normal" | "Warning", reason: string, message: string): void {
    this.#parts.recorder.event(objectReferenceTo(JOBS, job), { type, reason, message });
  }
}

const ownerOf = (job: Cached<Job>): PodOwner => ({
  namespace: job.metadata.namespace ?? "",
  name: job.metadata.name,
  reference: controllerReference(job, IDENTITY),
  about: objectReferenceTo(JOBS, job),
});

/** Runs pods until enough of them have succeeded. */
export function createJobController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock, baseDelayMs: 1_000 });
  const jobs = context.informers.informer(JOBS);
  const pods = context.informers.informer(PODS);
  const client = context.clientFor(NAME);
  const recorder = recorderFor(context, NAME);
  const expectations = new Expectations();
  const wake = (job: Cached<Job>): void => queue.add(keyOf(job));
  jobs.addHandler({ added: wake, updated: wake, deleted: wake });
  watchJobPods({ jobs: jobs.lister, pods, queue, expectations });
  const podControl = new PodControl(client, recorder);
  const orphans = createOrphanReleaser(context, { client, jobs, pods });
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    recorder,
    reconciler: new JobReconciler({ context, client, recorder, jobs, pods, podControl, expectations }),
    caches: [jobs, pods],
    workers: WORKERS,
    loops: { orphans },
  });
}
