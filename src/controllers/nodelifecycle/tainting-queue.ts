// SPDX-License-Identifier: Apache-2.0

/** Nodes of one zone that wait to be tainted, no faster than the zone's rate: one at once, and then one every so often. */
export class TaintingQueue {
  readonly #waiting = new Set<string>();
  #perSecond: number;
  #tokens = 1;
  #filledMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#filledMs = nowMs;
  }

  add(node: string): void {
    this.#waiting.add(node);
  }

  /** The node is fine, gone, or needs to be looked at anew. */
  remove(node: string): void {
    this.#waiting.delete(node);
  }

  setRate(perSecond: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#perSecond = perSecond;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** When the next node may be taken; undefined when none waits or the zone is stopped. */
  nextInMs(nowMs: number): number | undefined {
    if (this.#waiting.size === 0 || this.#perSecond === 0) return undefined;
    this.#fill(nowMs);
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / this.#perSecond) * 1_000;
  }

  /** The next node, if one may be tainted now. */
  take(nowMs: number): string | undefined {
    if (this.nextInMs(nowMs) !== 0) return undefined;
    const [node] = this.#waiting;
    this.#tokens -= 1;
    this.#waiting.delete(node!);
    return node;
  }

  #fill(nowMs: number): void {
    this.#tokens = Math.min(1, this.#tokens + ((nowMs - this.#filledMs) / 1_000) * this.#perSecond);
    this.#filledMs = nowMs;
  }
}
