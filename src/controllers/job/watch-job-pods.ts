// SPDX-License-Identifier: Apache-2.0

import type { Job, Pod } from "../../api/index.ts";
import type { Cached, Informer, Lister, WorkQueue } from "../../client/index.ts";
import { selectorOf, type Expectations } from "../../rules/index.ts";
import { watchPods } from "../replicaset/watch-pods.ts";

/** Wakes jobs whose pods change. */
export function watchJobPods(options: {
  readonly jobs: Lister<Job>;
  readonly pods: Informer<Pod>;
  readonly queue: WorkQueue;
  readonly expectations: Expectations;
}): void {
  const { jobs, pods, queue, expectations } = options;
  const selects = (job: Cached<Job>, labels: Readonly<Record<string, string>>): boolean =>
    selectorOf(job.spec.selector).matches(labels);
  watchPods({ pods, owners: jobs, kind: "Job", selects, queue, expectations });
}
