// SPDX-License-Identifier: Apache-2.0

import { Heap, type Clock, type Timer } from "../base/index.ts";

/** Keys that expire within the same second are deleted together. */
const GRANULARITY_MS = 1000;

interface Due {
  readonly key: string;
  readonly revision: number;
  readonly atMs: number;
}

/** Remembers which keys expire when, on one timer; whether they are still the same is the owner's to check. */
export class Expiry {
  readonly #clock: Clock;
  readonly #expire: (key: string, revision: number) => void;
  readonly #heap = new Heap<Due>((a, b) => a.atMs < b.atMs);
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, expire: (key: string, revision: number) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  add(key: string, revision: number, expiresAtMs: number): void {
    const atMs = Math.ceil(expiresAtMs / GRANULARITY_MS) * GRANULARITY_MS;
    this.#heap.push({ key, revision, atMs });
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = 0;
  }

  #arm(): void {
    const next = this.#heap.peek();
    if (!next || next.atMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = next.atMs;
    this.#timer = this.#clock.setTimer(Math.max(0, next.atMs - this.#clock.nowMs()), () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.nowMs();
    for (let due = this.#heap.peek(); due && due.atMs <= nowMs; due = this.#heap.peek()) {
      this.#heap.pop();
      this.#expire(due.key, due.revision);
    }
    this.#arm();
  }
}
