// SPDX-License-Identifier: Apache-2.0

import type { PodInfo } from "./pod-info.ts";
import type { QueuedPod } from "./scheduling-queue.ts";

const NONE: readonly PodInfo[] = [];

/** Which waiting pods are promised which nodes, by preemption: they count there for pods that are no more important. */
export class Nominations {
  readonly #byNode = new Map<string, Set<QueuedPod>>();

  get empty(): boolean {
    return this.#byNode.size === 0;
  }

  /** Promises a node, or takes the promise back (""). */
  set(queued: QueuedPod, node: string): void {
    if (queued.nominatedNode === node) return;
    const before = this.#byNode.get(queued.nominatedNode);
    if (before?.delete(queued) && before.size === 0) this.#byNode.delete(queued.nominatedNode);
    queued.nominatedNode = node;
    if (node === "") return;
    const pods = this.#byNode.get(node);
    if (pods) pods.add(queued);
    else this.#byNode.set(node, new Set([queued]));
  }

  /** Pods promised a node that count for `pod`: those of at least its priority. */
  countingOn(node: string, pod: PodInfo): readonly PodInfo[] {
    const promised = this.#byNode.get(node);
    if (!promised) return NONE;
    const out: PodInfo[] = [];
    for (const queued of promised)
      if (queued.pod.priority >= pod.priority && queued.pod.uid !== pod.uid) out.push(queued.pod);
    return out;
  }

  /** Waiting pods promised a node that are less important than `pod`. */
  weakerOn(node: string, pod: PodInfo): readonly QueuedPod[] {
    return [...(this.#byNode.get(node) ?? [])].filter((queued) => queued.pod.priority < pod.priority);
  }
}
