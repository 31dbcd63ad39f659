// SPDX-License-Identifier: Apache-2.0

import type { Job, Pod } from "../../api/index.ts";
import { isNotFound } from "../../apimachinery/index.ts";
import {
  DONE,
  keyOf,
  runReconciler,
  WorkQueue,
  type Cached,
  type Client,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { controllerOf } from "../../rules/index.ts";
import type { ControllerContext } from "../controller.ts";
import { finishedCondition } from "./job-state.ts";
import { isTracked } from "./job-pods.ts";
import { releasePod } from "./release-pod.ts";

interface Parts {
  readonly client: Client;
  readonly jobs: Informer<Job>;
  readonly pods: Informer<Pod>;
}

/** Whether a pod is held for a job that will not count it any more. */
function isOrphan({ jobs }: Parts, pod: Cached<Pod>): boolean {
  if (!isTracked(pod)) return false;
  const reference = controllerOf(pod);
  if (reference?.kind !== "Job") return true;
  const job = jobs.lister.get(pod.metadata.namespace ?? "", reference.name);
  return job?.metadata.uid !== reference.uid || finishedCondition(job) !== undefined;
}

/** Lets pods go that are held for jobs that are gone or over. */
class OrphanReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: { readonly signal: AbortSignal }): Promise<Outcome> {
    const pod = this.#parts.pods.lister.getByKey(key);
    if (!pod || !isOrphan(this.#parts, pod)) return DONE;
    try {
      await releasePod(this.#parts.client, pod, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return DONE;
  }
}

/** The loop that does it; it begins to listen at once. */
export function createOrphanReleaser(context: ControllerContext, parts: Parts): (signal: AbortSignal) => Promise<void> {
  const { jobs, pods } = parts;
  const name = "job-controller orphans";
  const queue = new WorkQueue({ clock: context.clock });
  const wake = (pod: Cached<Pod>): void => {
    // Before the caches are whole nobody can tell; the reconciler looks again.
    if (isTracked(pod) && (!jobs.hasSynced || isOrphan(parts, pod))) queue.add(keyOf(pod));
  };
  const wakePodsOf = (job: Cached<Job>): void => {
    for (const pod of pods.lister.byOwner(job.metadata.uid)) wake(pod);
  };
  pods.addHandler({ added: wake, updated: wake });
  jobs.addHandler({
    deleted: wakePodsOf,
    updated: (job, old) => {
      if (finishedCondition(job) && !finishedCondition(old)) wakePodsOf(job);
    },
  });
  const log = context.log.child({ controller: name });
  const reconciler = new OrphanReconciler(parts);
  return (signal) => runReconciler({ name, queue, reconciler, workers: 1, log, signal });
}
