// SPDX-License-Identifier: Apache-2.0

import { Heap } from "../base/index.ts";
import type { QueuedPod } from "./scheduling-queue.ts";

/** Pods whose backoff ends within one such window are taken in the order of the queue, as upstream does since 1.33. */
const WINDOW_MS = 1_000;

/** A pod's stay in the heap: it counts while the pod still backs off until the same time. */
interface Stay {
  readonly queued: QueuedPod;
  readonly untilMs: number;
}

/** Pods that back off, by the window in which that ends. */
export class BackoffHeap {
  readonly #heap: Heap<Stay>;

  constructor(less: (a: QueuedPod, b: QueuedPod) => boolean) {
    this.#heap = new Heap((a, b) => (a.untilMs === b.untilMs ? less(a.queued, b.queued) : a.untilMs < b.untilMs));
  }

  /** The beginning of the window in which a time lies. */
  static windowOf(timeMs: number): number {
    return Math.floor(timeMs / WINDOW_MS) * WINDOW_MS;
  }

  push(queued: QueuedPod): void {
    this.#heap.push({ queued, untilMs: queued.backoffUntilMs });
  }

  /** When the next backoff ends; infinite when there is none. */
  get dueMs(): number {
    for (let top = this.#heap.peek(); top; top = this.#heap.peek()) {
      if (isStay(top)) return top.untilMs;
      this.#heap.pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  pop(): QueuedPod | undefined {
    for (let top = this.#heap.pop(); top; top = this.#heap.pop()) if (isStay(top)) return top.queued;
    return undefined;
  }
}

const isStay = ({ queued, untilMs }: Stay): boolean => queued.place === "backoff" && queued.backoffUntilMs === untilMs;
