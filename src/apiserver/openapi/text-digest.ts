// SPDX-License-Identifier: Apache-2.0

const PRIMES = [0x01000193, 0x5bd1e995] as const;
const SEEDS = [0x811c9dc5, 0x9747b28c] as const;

/** Tells one large text from another, a hundred times as fast as SHA-256 in JavaScript; not against people who mean ill. */
export function textDigest(text: string): string {
  let [a, b]: [number, number] = [...SEEDS];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, PRIMES[0]);
    b = Math.imul((b ^ code) + (b >>> 15), PRIMES[1]);
  }
  return `${text.length}-${(a >>> 0).toString(16)}-${(b >>> 0).toString(16)}`;
}
