// SPDX-License-Identifier: Apache-2.0

/** Orders strings by their UTF-8 bytes, as Go does; JavaScript's `<` differs where surrogates stand against U+E000 and up. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const l = left.charCodeAt(i);
    const r = right.charCodeAt(i);
    if (l !== r) return rank(l) - rank(r);
  }
  return left.length - right.length;
}

/** Surrogates begin code points above U+FFFF: they come after every other code unit. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
