// SPDX-License-Identifier: Apache-2.0

/** Writes DER (X.690), as much of it as certificates need. Everything is a Uint8Array that holds one whole element. */

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

/** One element of any tag. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const content of contents) length += content.length;
  const head = [tag, ...lengthBytes(length)];
  const out = new Uint8Array(head.length + length);
  out.set(head);
  let at = head.length;
  for (const content of contents) {
    out.set(content, at);
    at += content.length;
  }
  return out;
}

export const sequence = (...items: readonly Uint8Array[]): Uint8Array => element(TAG.sequence, ...items);
export const set = (...items: readonly Uint8Array[]): Uint8Array => element(TAG.set, ...items);
export const octetString = (content: Uint8Array): Uint8Array => element(TAG.octetString, content);
export const boolean = (value: boolean): Uint8Array => element(TAG.boolean, Uint8Array.of(value ? 0xff : 0));
export const utf8String = (text: string): Uint8Array => element(TAG.utf8String, new TextEncoder().encode(text));
export const printableString = (text: string): Uint8Array =>
  element(TAG.printableString, new TextEncoder().encode(text));

/** A bit string of whole bytes, or with unused bits at its end. */
export const bitString = (content: Uint8Array, unusedBits = 0): Uint8Array =>
  element(TAG.bitString, Uint8Array.of(unusedBits), content);

/** A non-negative integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  return (trimmed[0] ?? 0) & 0x80
    ? element(TAG.integer, Uint8Array.of(0), trimmed)
    : element(TAG.integer, trimmed.length > 0 ? trimmed : Uint8Array.of(0));
}

/** An object identifier from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const group = [part & 0x7f];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128))
      group.unshift((left & 0x7f) | 0x80);
    bytes.push(...group);
  }
  return element(TAG.oid, Uint8Array.from(bytes));
}

/** A moment, as RFC 5280 wants it: UTCTime until 2049, GeneralizedTime after. */
export function time(date: Date): Uint8Array {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const inUtcTime = date.getUTCFullYear() < 2050;
  return element(
    inUtcTime ? TAG.utcTime : TAG.generalizedTime,
    new TextEncoder().encode(inUtcTime ? digits.slice(2) : digits),
  );
}

/** [number] EXPLICIT. */
export const explicit = (number: number, content: Uint8Array): Uint8Array => element(0xa0 | number, content);
/** [number] IMPLICIT, primitive. */
export const implicit = (number: number, content: Uint8Array): Uint8Array => element(0x80 | number, content);
