// SPDX-License-Identifier: Apache-2.0

import { assert, type Clock, type Timer } from "../base/index.ts";

/** More keys than this at once is a bug or an attack; the part fails and starts again from its caches. */
export const WORK_QUEUE_KEYS_MAX = 1_000_000;

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** The first wait of a key that failed; doubles each time. */
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
  /** How many failed keys a second come back, after a burst. */
  readonly retriesPerSecond?: number;
  readonly retryBurst?: number;
}

/** Keys that wait for the next token; the bucket may be overdrawn, which makes the next ones wait longer. */
class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledMs = nowMs;
  }

  /** Takes a token; returns how long to wait for it. */
  takeMs(nowMs: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#filledMs) * this.#perMs);
    this.#filledMs = nowMs;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs;
  }
}

interface Delayed {
  readonly dueMs: number;
  readonly timer: Timer;
}

/**
 * Keys to work on. A key waits once however often it is added; while it is worked on, adding it again makes it wait
 * for after, so that no two workers ever have the same key.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #bucket: TokenBucket;
  /** Invariant: every key here is in #dirty and not in #processing. */
  #ready: string[] = [];
  #head = 0;
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #waiters = new Set<(key: string) => void>();

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#baseDelayMs = options.baseDelayMs ?? 5;
    this.#maxDelayMs = options.maxDelayMs ?? 1_000_000;
    this.#bucket = new TokenBucket(
      options.retriesPerSecond ?? 10,
      options.retryBurst ?? 100,
      options.clock.monotonicMs(),
    );
  }

  /** Keys that a worker could take now. */
  get length(): number {
    return this.#ready.length - this.#head;
  }

  /** Whether nothing waits, is delayed or is worked on. */
  get idle(): boolean {
    return this.length === 0 && this.#processing.size === 0 && this.#delayed.size === 0;
  }

  add(key: string): void {
    if (this.#dirty.has(key)) return;
    assert(this.#dirty.size < WORK_QUEUE_KEYS_MAX, "Work queue is full");
    this.#dirty.add(key);
    if (!this.#processing.has(key)) this.#offer(key);
  }

  /** Adds the key when the time has come; the earliest of several times counts. */
  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#clock.monotonicMs() + delayMs;
    const waiting = this.#delayed.get(key);
    if (waiting && waiting.dueMs <= dueMs) return;
    waiting?.timer.cancel();
    assert(this.#delayed.size < WORK_QUEUE_KEYS_MAX, "Work queue has too many delayed keys");
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, timer });
  }

  /** Adds a key that failed, after a wait that doubles with each failure until forget(). */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const backoffMs = Math.min(this.#baseDelayMs * 2 ** failures, this.#maxDelayMs);
    this.addAfter(key, Math.max(backoffMs, this.#bucket.takeMs(this.#clock.monotonicMs())));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key failed since it was forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Resolves with the next key, which is the caller's until done(). */
  next(options: { readonly signal: AbortSignal }): Promise<string> {
    const { signal } = options;
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.length > 0) return Promise.resolve(this.#take());
    return new Promise((resolve, reject) => {
      const waiter = (key: string) => {
        signal.removeEventListener("abort", onAbort);
        resolve(key);
      };
      const onAbort = () => {
        this.#waiters.delete(waiter);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** Gives the key back; it waits again if it was added meanwhile. */
  done(key: string): void {
    assert(this.#processing.delete(key), "done() for a key that nobody has");
    if (this.#dirty.has(key)) this.#offer(key);
  }

  /** Cancels what is delayed. */
  close(): void {
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
  }

  #offer(key: string): void {
    this.#ready.push(key);
    const [waiter] = this.#waiters;
    if (!waiter) return;
    this.#waiters.delete(waiter);
    waiter(this.#take());
  }

  #take(): string {
    const key = this.#ready[this.#head]!;
    this.#head += 1;
    if (this.#head > 1_024 && this.#head * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#head);
      this.#head = 0;
    }
    this.#dirty.delete(key);
    this.#processing.add(key);
    return key;
  }
}
