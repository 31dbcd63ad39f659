// SPDX-License-Identifier: Apache-2.0

import type { LabelSelector } from "../apimachinery/index.ts";
import type { PodInfo } from "./pod-info.ts";

/** Selectors that are followed at once; the one that nobody asked for longest makes room. */
const MAX_COUNTERS = 256;

/** How many pods of a namespace that a selector matches are on each node; nodes without any are absent. */
export type MatchCounts = ReadonlyMap<number, number>;

interface Counter {
  readonly namespace: string;
  readonly selector: LabelSelector;
  readonly bySlot: Map<number, number>;
}

/** Pods on their way out do not count. */
const counts = (counter: Counter, pod: PodInfo): boolean =>
  !pod.terminating && pod.namespace === counter.namespace && counter.selector.matches(pod.labels);

function add(bySlot: Map<number, number>, slot: number, by: number): void {
  const count = (bySlot.get(slot) ?? 0) + by;
  if (count === 0) bySlot.delete(slot);
  else bySlot.set(slot, count);
}

/** Counts pods by selector and node: once over all pods when a selector is new, then with every pod that comes or goes. */
export class MatchCounters {
  readonly #pods: readonly (readonly PodInfo[])[];
  readonly #counters = new Map<string, Counter>();

  constructor(pods: readonly (readonly PodInfo[])[]) {
    this.#pods = pods;
  }

  /** Counts of now; they change with the table. */
  of(namespace: string, selector: LabelSelector): MatchCounts {
    const key = `${namespace}\n${selector.nothing ? "" : " "}${selector.toString()}`;
    const known = this.#counters.get(key);
    if (known) {
      this.#counters.delete(key);
      this.#counters.set(key, known);
      return known.bySlot;
    }
    const counter: Counter = { namespace, selector, bySlot: new Map() };
    for (const [slot, pods] of this.#pods.entries())
      for (const pod of pods) if (counts(counter, pod)) add(counter.bySlot, slot, 1);
    this.#counters.set(key, counter);
    if (this.#counters.size > MAX_COUNTERS) this.#counters.delete(this.#counters.keys().next().value!);
    return counter.bySlot;
  }

  /** A pod came to a node (1) or left it (-1). */
  count(slot: number, pod: PodInfo, sign: 1 | -1): void {
    for (const counter of this.#counters.values()) if (counts(counter, pod)) add(counter.bySlot, slot, sign);
  }
}
