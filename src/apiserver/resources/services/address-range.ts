// SPDX-License-Identifier: Apache-2.0

import { randomInt, type Random } from "../../../base/index.ts";

export type IpFamily = "IPv4" | "IPv6";

export const familyOf = (addressOrCidr: string): IpFamily => (addressOrCidr.includes(":") ? "IPv6" : "IPv4");
export const otherFamily = (family: IpFamily): IpFamily => (family === "IPv4" ? "IPv6" : "IPv4");

function ipv4Number(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function ipv6Number(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<string>(missing).fill("0"), ...tail];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/** An address as a number; undefined when the text is none. */
export const addressNumber = (text: string): bigint | undefined =>
  familyOf(text) === "IPv4" ? ipv4Number(text) : ipv6Number(text);

function ipv6Text(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`;
}

/** An address in its canonical text (RFC 5952). */
export const addressText = (value: bigint, family: IpFamily): string =>
  family === "IPv6" ? ipv6Text(value) : [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join(".");

/** Of the addresses of a range, so many at its start are left to those who choose theirs: 16 to 256, by its size. */
const STATIC_MIN = 16n;
const STATIC_MAX = 256n;
const STATIC_SHARE = 16n;

function staticPart(size: bigint): bigint {
  if (size <= STATIC_MIN) return 0n;
  const part = size / STATIC_SHARE;
  return part < STATIC_MIN ? STATIC_MIN : part > STATIC_MAX ? STATIC_MAX : part;
}

/** The addresses of a CIDR that Services can have, without network and (IPv4) broadcast address. */
export class AddressRange {
  readonly family: IpFamily;
  readonly base: bigint;
  readonly first: bigint;
  readonly last: bigint;
  /** From here on addresses are given out; below are those that are asked for by name. */
  readonly dynamicStart: bigint;
  /** The CIDR with its host bits cleared, for messages. */
  readonly text: string;

  constructor(cidr: string) {
    const [address = "", length = ""] = cidr.split("/");
    this.family = familyOf(address);
    const bits = (this.family === "IPv4" ? 32n : 128n) - BigInt(length);
    this.base = ((addressNumber(address) ?? 0n) >> bits) << bits;
    const size = 1n << bits;
    this.first = this.base + 1n;
    this.last = this.base + size - (this.family === "IPv4" ? 2n : 1n);
    this.dynamicStart = this.first + staticPart(size);
    this.text = `${addressText(this.base, this.family)}/${length}`;
  }

  get firstText(): string {
    return addressText(this.first, this.family);
  }

  contains(value: bigint): boolean {
    return value >= this.first && value <= this.last;
  }

  /** Every address once, from a random one on: first those given out freely, then the others. */
  *candidates(random: Random): Iterable<string> {
    yield* this.#ring(this.dynamicStart, this.last, random);
    yield* this.#ring(this.first, this.dynamicStart - 1n, random);
  }

  *#ring(from: bigint, to: bigint, random: Random): Iterable<string> {
    const size = to - from + 1n;
    if (size <= 0n) return;
    const start = BigInt(randomInt(random, Number(size > 0xffff_ffffn ? 0xffff_ffffn : size)));
    for (let i = 0n; i < size; i++) yield addressText(from + ((start + i) % size), this.family);
  }
}
