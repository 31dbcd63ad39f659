// SPDX-License-Identifier: Apache-2.0

const INITIAL_MS = 1_000;
const MAX_MS = 15 * 60_000;
/** Keys that are remembered; forgetting one lets its pod be replaced sooner. */
const KEYS_MAX = 10_000;

interface Entry {
  readonly waitMs: number;
  readonly sinceMs: number;
}

/** Keeps daemons that fail at once from being replaced in a tight loop: the wait doubles with each failure. */
export class FailedPodBackoff {
  readonly #entries = new Map<string, Entry>();

  /** A failed pod is replaced now. */
  failed(key: string, nowMs: number): void {
    const before = this.#entries.get(key);
    // Twice the longest wait without a failure: it starts over.
    const again = before && nowMs - before.sinceMs <= 2 * MAX_MS;
    this.#entries.delete(key);
    this.#entries.set(key, { waitMs: again ? Math.min(before.waitMs * 2, MAX_MS) : INITIAL_MS, sinceMs: nowMs });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > KEYS_MAX && oldest !== undefined) this.#entries.delete(oldest);
  }

  waits(key: string, nowMs: number): boolean {
    return this.leftMs(key, nowMs) > 0;
  }

  leftMs(key: string, nowMs: number): number {
    const entry = this.#entries.get(key);
    return entry ? Math.max(0, entry.sinceMs + entry.waitMs - nowMs) : 0;
  }
}
