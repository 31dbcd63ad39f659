// SPDX-License-Identifier: Apache-2.0

import type { Pod } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { podsToDelete } from "../replicaset/deletion-order.ts";
import { indexOf } from "./job-pods.ts";
import type { JobPodsState } from "./job-pods-state.ts";
import { isIndexed } from "./job-state.ts";

/** The active pods that go: those of indexes that need none, or have two; then as many more as must go at least. */
export function pickPodsToEnd(state: JobPodsState, atLeast: number): Cached<Pod>[] {
  const { nowMs } = state.view;
  const { needless, others } = needlessPods(state);
  const more = Math.max(0, atLeast - needless.length);
  return [...needless, ...(more > 0 ? podsToDelete(others, more, { related: others, nowMs }) : [])];
}

function needlessPods(state: JobPodsState): {
  readonly needless: readonly Cached<Pod>[];
  readonly others: readonly Cached<Pod>[];
} {
  const { job, nowMs } = state.view;
  if (!isIndexed(job)) return { needless: [], others: state.active };
  const byIndex = new Map<number, Cached<Pod>[]>();
  const needless: Cached<Pod>[] = [];
  const others: Cached<Pod>[] = [];
  for (const pod of state.active) {
    const index = indexOf(pod);
    const over = index === undefined || index >= (job.spec.completions ?? 0) || state.succeededIndexes.has(index);
    if (over || state.failedIndexes.has(index)) needless.push(pod);
    else byIndex.set(index, [...(byIndex.get(index) ?? []), pod]);
  }
  for (const pods of byIndex.values()) {
    const surplus = podsToDelete(pods, pods.length - 1, { related: pods, nowMs });
    needless.push(...surplus);
    others.push(...pods.filter((pod) => !surplus.includes(pod)));
  }
  return { needless, others };
}
