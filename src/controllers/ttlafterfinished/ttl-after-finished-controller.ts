// SPDX-License-Identifier: Apache-2.0

import type { Job } from "../../api/index.ts";
import { parseTime, type DeepReadonly } from "../../apimachinery/index.ts";
import {
  DONE,
  JOBS,
  keyOf,
  requeueAfter,
  splitKey,
  WorkQueue,
  type Cached,
  type Client,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import type { Clock } from "../../base/index.ts";
import { controllerOfParts, type Controller, type ControllerContext } from "../controller.ts";
import { finishedCondition } from "../job/job-state.ts";
import { orUndefined } from "../shared/or-undefined.ts";

const NAME = "ttl-after-finished-controller";
const WORKERS = 5;

/** When a finished job expires; undefined for one that runs, stays, or goes already. */
export function expiresAtMs(job: DeepReadonly<Job>): number | undefined {
  const ttlSeconds = job.spec?.ttlSecondsAfterFinished;
  const finished = finishedCondition(job);
  if (ttlSeconds === undefined || !finished || job.metadata.deletionTimestamp !== undefined) return undefined;
  const finishedMs = parseTime(finished.lastTransitionTime ?? "");
  return finishedMs === undefined ? undefined : finishedMs + ttlSeconds * 1_000;
}

class TtlReconciler implements Reconciler {
  readonly #client: Client;
  readonly #jobs: Informer<Job>;
  readonly #clock: Clock;

  constructor(client: Client, jobs: Informer<Job>, clock: Clock) {
    this.#client = client;
    this.#jobs = jobs;
    this.#clock = clock;
  }

  async reconcile(key: string, options: { readonly signal: AbortSignal }): Promise<Outcome> {
    const cached = this.#jobs.lister.getByKey(key);
    const leftMs = cached && this.#leftMs(cached);
    if (leftMs === undefined) return DONE;
    if (leftMs > 0) return requeueAfter(leftMs);
    const { namespace, name } = splitKey(key);
    const jobs = this.#client.resource(JOBS).namespace(namespace);
    // The time to live may have been prolonged, and the cache be behind.
    const fresh = await orUndefined(jobs.get(name, options));
    const freshLeftMs = fresh && this.#leftMs(fresh);
    if (!fresh || freshLeftMs === undefined) return DONE;
    if (freshLeftMs > 0) return requeueAfter(freshLeftMs);
    const preconditions = { uid: fresh.metadata.uid };
    await orUndefined(jobs.delete(name, { ...options, propagationPolicy: "Foreground", preconditions }));
    return DONE;
  }

  #leftMs(job: DeepReadonly<Job>): number | undefined {
    const atMs = expiresAtMs(job);
    return atMs === undefined ? undefined : atMs - this.#clock.nowMs();
  }
}

/** Deletes finished jobs when their time to live has passed. */
export function createTtlAfterFinishedController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const jobs = context.informers.informer(JOBS);
  const wake = (job: Cached<Job>): void => {
    if (expiresAtMs(job) !== undefined) queue.add(keyOf(job));
  };
  jobs.addHandler({ added: wake, updated: wake });
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    reconciler: new TtlReconciler(context.clientFor(NAME), jobs, context.clock),
    caches: [jobs],
    workers: WORKERS,
  });
}
