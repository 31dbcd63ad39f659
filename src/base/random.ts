// SPDX-License-Identifier: Apache-2.0

/** Randomness as a port: the real one lives in platform/, the seeded one in simulation/. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
}

/** An integer in [0, bound). */
export const randomInt = (random: Random, bound: number): number => Math.floor(random.next() * bound);

const DIGITS = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const DASH = 0x2d;

/** A version 4 UUID, as object UIDs are. */
export function randomUid(random: Random): string {
  const b = random.bytes(16);
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  // One flat string at once: pieces that are added up one by one cost four times as much.
  const codes: number[] = [];
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) codes.push(DASH);
    codes.push(DIGITS[b[i]! >> 4]!, DIGITS[b[i]! & 15]!);
  }
  return String.fromCharCode(...codes);
}

/** The alphabet of generated names: no vowels and no look-alikes, so that no words arise (k8s.io/apimachinery rand). */
const NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** A suffix such as `generateName` appends. */
export function randomSuffix(random: Random, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += NAME_ALPHABET[randomInt(random, NAME_ALPHABET.length)]!;
  return text;
}
