// SPDX-License-Identifier: Apache-2.0

import { randomInt, type Random } from "../../../base/index.ts";
import type { Store } from "../../../store/index.ts";
import { AllocationError } from "./allocation-error.ts";

const KEY = "/registry/ranges/servicenodeports";
const MAX_CONFLICTS = 100;
const TAKEN = "provided port is already allocated";
/** As for addresses: so many ports at the start are left to those who choose theirs. */
const STATIC_MIN = 16;
const STATIC_MAX = 128;
const STATIC_SHARE = 32;

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const staticPart = (size: number): number =>
  size < STATIC_MIN ? 0 : Math.min(STATIC_MAX, Math.max(STATIC_MIN, Math.floor(size / STATIC_SHARE)));

/** The ports that are taken, one bit each, as of one revision of the stored record. */
interface Taken {
  readonly bits: Uint8Array;
  readonly revision: number;
}

const has = (bits: Uint8Array, index: number): boolean => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;

/**
 * Gives out node ports. All that are taken stand in one record of the store, changed by compare-and-swap, so that several
 * API servers never give out the same port; what this server knows of it saves a read in the common case.
 */
export class NodePortAllocator {
  readonly range: PortRange;
  readonly #store: Store;
  readonly #random: Random;
  readonly #size: number;
  #known: Taken | undefined;

  constructor(options: { readonly store: Store; readonly random: Random; readonly range: PortRange }) {
    this.range = options.range;
    this.#store = options.store;
    this.#random = options.random;
    this.#size = options.range.last - options.range.first + 1;
  }

  /** Whether a port could be taken, if one is wanted, by a write that pretends to have taken others. */
  async tryOut(port: number | undefined, others: readonly number[]): Promise<void> {
    if (port === undefined) return;
    const index = port - this.range.first;
    const isTaken = index >= 0 && index < this.#size && has((await this.#read()).bits, index);
    if (isTaken || others.includes(port)) throw new AllocationError(TAKEN);
  }

  /** Takes the given port. */
  async allocate(port: number): Promise<void> {
    const index = port - this.range.first;
    if (index < 0 || index >= this.#size) {
      throw new AllocationError(
        `provided port is not in the valid range. The range of valid ports is ${this.range.first}-${this.range.last}`,
      );
    }
    await this.#change((bits) => {
      if (has(bits, index)) throw new AllocationError(TAKEN);
      bits[index >> 3]! |= 1 << (index & 7);
    });
  }

  /** Takes any free port, from a random one on. */
  async allocateNext(): Promise<number> {
    let index = 0;
    await this.#change((bits) => {
      index = this.#free(bits);
      bits[index >> 3]! |= 1 << (index & 7);
    });
    return this.range.first + index;
  }

  /** Gives ports back. */
  async release(ports: readonly number[]): Promise<void> {
    const indexes = ports.map((port) => port - this.range.first).filter((index) => index >= 0 && index < this.#size);
    if (indexes.length === 0) return;
    await this.#change((bits) => {
      for (const index of indexes) bits[index >> 3]! &= ~(1 << (index & 7));
    });
  }

  /** Every port that is taken. */
  async taken(): Promise<number[]> {
    const { bits } = await this.#read(true);
    const ports: number[] = [];
    for (let i = 0; i < this.#size; i++) if (has(bits, i)) ports.push(this.range.first + i);
    return ports;
  }

  #free(bits: Uint8Array): number {
    const split = staticPart(this.#size);
    const upper = this.#freeIn(bits, split, this.#size - split);
    const found = upper ?? this.#freeIn(bits, 0, split);
    if (found === undefined) throw new AllocationError("range is full");
    return found;
  }

  #freeIn(bits: Uint8Array, from: number, count: number): number | undefined {
    const start = randomInt(this.#random, Math.max(count, 1));
    for (let i = 0; i < count; i++) {
      const index = from + ((start + i) % count);
      if (!has(bits, index)) return index;
    }
    return undefined;
  }

  async #change(change: (bits: Uint8Array) => void): Promise<void> {
    for (let i = 0; i < MAX_CONFLICTS; i++) {
      const { bits, revision } = await this.#read(i > 0);
      const changed = bits.slice();
      change(changed);
      const result = await this.#store.commit({
        type: "put",
        key: KEY,
        expected: revision,
        encode: (next) => this.#encode(changed, next),
      });
      if (result.type === "committed") {
        this.#known = { bits: changed, revision: result.revision };
        return;
      }
      this.#known = undefined;
    }
    throw new AllocationError("node ports are changed too often by others");
  }

  async #read(fresh = false): Promise<Taken> {
    if (this.#known && !fresh) return this.#known;
    const value = await this.#store.get(KEY, { signal: new AbortController().signal });
    this.#known = value
      ? { bits: this.#decode(value.bytes), revision: value.revision }
      : { bits: new Uint8Array(Math.ceil(this.#size / 8)), revision: 0 };
    return this.#known;
  }

  #encode(bits: Uint8Array, revision: number): Uint8Array {
    return new TextEncoder().encode(
      JSON.stringify({
        kind: "RangeAllocation",
        apiVersion: "v1",
        metadata: { resourceVersion: String(revision) },
        range: `${this.range.first}-${this.range.last}`,
        data: bits.toBase64(),
      }),
    );
  }

  /** A record of another range keeps the ports that both have. */
  #decode(bytes: Uint8Array): Uint8Array {
    const { range, data } = JSON.parse(new TextDecoder().decode(bytes)) as { range: string; data: string };
    const stored = Uint8Array.fromBase64(data);
    const first = Number(range.split("-")[0]);
    if (range === `${this.range.first}-${this.range.last}`) return stored;
    const bits = new Uint8Array(Math.ceil(this.#size / 8));
    for (let i = 0; i < stored.length * 8; i++) {
      const index = first + i - this.range.first;
      if (has(stored, i) && index >= 0 && index < this.#size) bits[index >> 3]! |= 1 << (index & 7);
    }
    return bits;
  }
}
