// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";

interface Entry {
  delayMs: number;
  lastUpdateMs: number;
}

/** Growing delays by key that are forgotten after a quiet time of twice the longest delay. */
export class KeyedBackoff {
  readonly #clock: Clock;
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, options: { readonly baseMs: number; readonly maxMs: number }) {
    this.#clock = clock;
    this.#baseMs = options.baseMs;
    this.#maxMs = options.maxMs;
  }

  /** The delay in force; 0 when there is none. */
  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** Milliseconds until the delay that began at `eventMs` is over; 0 when it is. */
  remainingSinceMs(key: string, eventMs: number): number {
    const entry = this.#entries.get(key);
    if (!entry || this.#expired(eventMs, entry)) return 0;
    return Math.max(0, entry.delayMs - (this.#clock.nowMs() - eventMs));
  }

  /** The same for a delay that began when it was last made longer. */
  remainingMs(key: string): number {
    const entry = this.#entries.get(key);
    if (!entry || this.#expired(this.#clock.nowMs(), entry)) return 0;
    return Math.max(0, entry.delayMs - (this.#clock.nowMs() - entry.lastUpdateMs));
  }

  /** Begins a delay, or doubles it. */
  next(key: string, eventMs: number): void {
    const entry = this.#entries.get(key);
    const nowMs = this.#clock.nowMs();
    if (!entry || this.#expired(eventMs, entry)) {
      this.#entries.set(key, { delayMs: this.#baseMs, lastUpdateMs: nowMs });
      return;
    }
    entry.delayMs = Math.min(entry.delayMs * 2, this.#maxMs);
    entry.lastUpdateMs = nowMs;
  }

  /** Forgets the keys that begin so: a pod's, when it is gone. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }

  #expired(eventMs: number, entry: Entry): boolean {
    return eventMs - entry.lastUpdateMs > this.#maxMs * 2;
  }
}
