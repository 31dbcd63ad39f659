// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from "node:crypto";
import type { Random } from "../../base/index.ts";

/** Bytes fetched from the operating system at once: a call for each UID would cost a microsecond. */
const POOL_BYTES = 4096;

/** The machine's randomness, good enough for keys and UIDs. */
export class RealRandom implements Random {
  #pool = new Uint8Array(0);
  #used = 0;

  next(): number {
    const b = this.bytes(7);
    let value = b[0]! & 0x1f;
    for (let i = 1; i < 7; i++) value = value * 256 + b[i]!;
    return value / 2 ** 53;
  }

  bytes(length: number): Uint8Array {
    if (length > POOL_BYTES) return new Uint8Array(randomBytes(length));
    if (this.#used + length > this.#pool.length) {
      this.#pool = new Uint8Array(randomBytes(POOL_BYTES));
      this.#used = 0;
    }
    const out = this.#pool.slice(this.#used, this.#used + length);
    this.#used += length;
    return out;
  }
}
