// SPDX-License-Identifier: Apache-2.0

/** Up to this size a key is worked on as often as it changes. */
const SMALL = 100;
const INTERVAL_MAX_MS = 1_000;

/**
 * Keeps large keys from being worked on for each of many small changes: what costs much is done less often, and then for
 * all changes at once.
 */
export class Pace {
  readonly #msPerItem: number;
  readonly #nextMs = new Map<string, number>();

  constructor(options: { readonly msPerItem: number }) {
    this.#msPerItem = options.msPerItem;
  }

  /** How long to wait before the key is worked on; zero when it may be now. */
  leftMs(key: string, nowMs: number): number {
    return Math.max(0, (this.#nextMs.get(key) ?? 0) - nowMs);
  }

  /** The key is worked on now, and is that large. */
  works(key: string, size: number, nowMs: number): void {
    if (size <= SMALL) this.#nextMs.delete(key);
    else this.#nextMs.set(key, nowMs + Math.min(INTERVAL_MAX_MS, size * this.#msPerItem));
  }

  forget(key: string): void {
    this.#nextMs.delete(key);
  }
}
