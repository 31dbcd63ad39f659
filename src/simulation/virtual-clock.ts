// SPDX-License-Identifier: Apache-2.0

import { type Clock, Heap, sleepWith, type Timer } from "../base/index.ts";

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

export interface VirtualClockOptions {
  /** Wall-clock time at the start, in milliseconds since 1970. */
  readonly startMs?: number;
  /** Resolves after everything that is ready to run has run (a turn of the event loop). */
  readonly macrotask: () => Promise<void>;
}

/** 2026-01-01T00:00:00Z: simulations start at a date of their own, so that histories are equal byte for byte. */
const DEFAULT_START_MS = 1_767_225_600_000;

/**
 * Time that moves only when told to. Timers fire in order of their due time, and then of their creation; between two
 * due times everything that became ready runs to its end, so the same seed gives the same history.
 */
export class VirtualClock implements Clock {
  readonly #startMs: number;
  readonly #macrotask: () => Promise<void>;
  readonly #pending = new Heap<Pending>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order));
  #elapsedMs = 0;
  #order = 0;

  constructor(options: VirtualClockOptions) {
    this.#startMs = options.startMs ?? DEFAULT_START_MS;
    this.#macrotask = options.macrotask;
  }

  nowMs(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending: Pending = { dueMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#pending.push(pending);
    return {
      cancel: () => {
        pending.callback = undefined;
      },
    };
  }

  sleep(delayMs: number, options: { readonly signal: AbortSignal }): Promise<void> {
    return sleepWith(this, delayMs, options.signal);
  }

  /** Lets everything run that needs no time to pass. */
  async settle(): Promise<void> {
    do await this.#macrotask();
    while (this.#fireDue(this.#elapsedMs));
  }

  /** Moves time forward, firing every timer on the way. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await this.settle();
    for (;;) {
      const next = this.#nextDue();
      if (next === undefined || next > endMs) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, next);
      this.#fireDue(next);
      await this.settle();
    }
    this.#elapsedMs = endMs;
  }

  /** Moves time forward until `condition` holds; throws after `limitMs` of virtual time. */
  async advanceUntil(condition: () => boolean | Promise<boolean>, options: { limitMs: number }): Promise<void> {
    const endMs = this.#elapsedMs + options.limitMs;
    await this.settle();
    while (!(await condition())) {
      const next = this.#nextDue();
      if (next === undefined || next > endMs)
        throw new Error(`Condition does not hold after ${options.limitMs} ms of virtual time`);
      this.#elapsedMs = Math.max(this.#elapsedMs, next);
      this.#fireDue(next);
      await this.settle();
    }
  }

  #nextDue(): number | undefined {
    for (let top = this.#pending.peek(); top; top = this.#pending.peek()) {
      if (top.callback) return top.dueMs;
      this.#pending.pop();
    }
    return undefined;
  }

  /** Fires what is due at `dueMs`; whether anything fired. Timers that these set for the same time wait for the next round. */
  #fireDue(dueMs: number): boolean {
    const batch: Pending[] = [];
    for (let next = this.#nextDue(); next !== undefined && next <= dueMs; next = this.#nextDue())
      batch.push(this.#pending.pop()!);
    for (const pending of batch) {
      const callback = pending.callback;
      pending.callback = undefined;
      callback?.();
    }
    return batch.length > 0;
  }
}
