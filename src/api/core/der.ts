// SPDX-License-Identifier: Apache-2.0

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OBJECT_IDENTIFIER = 0x06;
export const SEQUENCE = 0x30;

/** One value of a DER encoding. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

const LONG_FORM = 0x80;
const MAX_LENGTH_BYTES = 4;

/** The values that stand one after another; undefined where the bytes are no DER. */
export function derValues(bytes: Uint8Array): DerValue[] | undefined {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at]!;
    let length = bytes[at + 1];
    if (length === undefined) return undefined;
    let start = at + 2;
    if (length >= LONG_FORM) {
      const count = length - LONG_FORM;
      if (count === 0 || count > MAX_LENGTH_BYTES || start + count > bytes.length) return undefined;
      length = 0;
      for (const byte of bytes.subarray(start, start + count)) length = length * 256 + byte;
      start += count;
    }
    if (start + length > bytes.length) return undefined;
    values.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return values;
}

/** What is in the one value that the bytes are, if it has that tag. */
export function derContents(bytes: Uint8Array | undefined, tag: number): DerValue[] | undefined {
  const values = bytes && derValues(bytes);
  const [only] = values ?? [];
  return values?.length === 1 && only!.tag === tag ? derValues(only!.content) : undefined;
}
