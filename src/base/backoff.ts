// SPDX-License-Identifier: Apache-2.0

import type { Random } from "./random.ts";

/** How long to wait before trying again: doubling from `baseMs` to `maxMs`, plus up to `jitter` of itself. */
export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly factor?: number;
  readonly jitter?: number;
}

/** A growing delay; reset() after success. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #nextMs: number;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#nextMs = options.baseMs;
  }

  /** The delay to wait now; the next one is longer. */
  nextMs(): number {
    const { maxMs, factor = 2, jitter = 0 } = this.#options;
    const current = Math.min(this.#nextMs, maxMs);
    this.#nextMs = Math.min(current * factor, maxMs);
    return current * (1 + jitter * this.#random.next());
  }

  reset(): void {
    this.#nextMs = this.#options.baseMs;
  }
}
