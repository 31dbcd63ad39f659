// SPDX-License-Identifier: Apache-2.0

import { assert } from "../base/index.ts";

/** A range of IPv4 addresses in CIDR form. */
export interface Ipv4Range {
  /** The first address as a number. */
  readonly first: number;
  readonly bits: number;
}

/** The number of an address such as `10.0.0.1`, or undefined when it is none. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** The text of an address. */
export const formatIpv4 = (value: number): string =>
  `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;

/** The range of a CIDR such as `10.0.0.0/16` (host bits are cleared) or of one address; undefined when it is none. */
export function parseRange(text: string): Ipv4Range | undefined {
  const [address = "", length = "32", rest] = text.split("/");
  const value = parseIpv4(address);
  if (value === undefined || rest !== undefined || !/^\d{1,2}$/.test(length) || Number(length) > 32) return undefined;
  const bits = Number(length);
  return { first: value - (value % 2 ** (32 - bits)), bits };
}

/** The range of a CIDR that was validated before. */
export function rangeOf(text: string): Ipv4Range {
  const range = parseRange(text);
  assert(range, `${text} is not an IPv4 range`);
  return range;
}

/** The CIDR text of a range. */
export const formatRange = (range: Ipv4Range): string => `${formatIpv4(range.first)}/${range.bits}`;

/** The number of addresses. */
export const rangeSize = (range: Ipv4Range): number => 2 ** (32 - range.bits);

/** The address at a distance from the first. */
export function addressAt(range: Ipv4Range, offset: number): string {
  assert(offset >= 0 && offset < rangeSize(range), `Address ${offset} is outside ${formatRange(range)}`);
  return formatIpv4(range.first + offset);
}

/** Whether two ranges share an address. */
export function overlaps(a: Ipv4Range, b: Ipv4Range): boolean {
  return a.first < b.first + rangeSize(b) && b.first < a.first + rangeSize(a);
}

/** The range with the given index among those of `bits` that a bigger range is cut into. */
export function subrange(range: Ipv4Range, bits: number, index: number): Ipv4Range {
  const size = 2 ** (32 - bits);
  assert(bits >= range.bits && (index + 1) * size <= rangeSize(range), `${formatRange(range)} has no part ${index}`);
  return { first: range.first + index * size, bits };
}

/** Ranges without those that lie in another one; what is no range is left out. */
export function withoutCovered(texts: readonly string[]): Ipv4Range[] {
  const ranges = texts.map(parseRange).filter((range) => range !== undefined);
  return ranges.filter(
    (range, i) =>
      !ranges.some((other, j) => {
        const isBigger = other.bits < range.bits || (other.bits === range.bits && j < i);
        return isBigger && overlaps(other, range);
      }),
  );
}
