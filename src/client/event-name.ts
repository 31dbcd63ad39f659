// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../base/index.ts";

/** Names events as upstream does: the object's name and the time in nanoseconds; never the same name twice. */
export class EventNames {
  readonly #clock: Clock;
  #lastNanos = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(objectName: string): string {
    const now = BigInt(Math.floor(this.#clock.nowMs() * 1_000)) * 1_000n;
    this.#lastNanos = now > this.#lastNanos ? now : this.#lastNanos + 1n;
    return `${objectName}.${this.#lastNanos.toString(16)}`;
  }
}
