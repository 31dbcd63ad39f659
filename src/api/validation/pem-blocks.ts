// SPDX-License-Identifier: Apache-2.0

import { base64ToBytes } from "../../apimachinery/index.ts";

/** One block of PEM text. */
export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
}

/** The blocks of PEM text, given as base64. */
export function pemBlocks(base64: string): PemBlock[] {
  const text = new TextDecoder().decode(base64ToBytes(base64));
  const blocks: PemBlock[] = [];
  for (const [, type = "", body = ""] of text.matchAll(/^-----BEGIN ([^\n]*)-----\r?\n([\s\S]*?)^-----END \1-----/gm)) {
    const lines = body.split(/\r?\n/);
    const hasHeaders = lines.some((line) => line.includes(":"));
    const content = lines.filter((line) => !line.includes(":")).join("");
    blocks.push({ type, hasHeaders, bytes: base64ToBytes(content) });
  }
  return blocks;
}

/** Whether bytes are one ASN.1 sequence and nothing else. */
export function isAsn1Sequence(bytes: Uint8Array): boolean {
  if (bytes.length < 2 || bytes[0] !== 0x30) return false;
  const first = bytes[1]!;
  if (first < 0x80) return bytes.length === 2 + first;
  const count = first & 0x7f;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + (bytes[2 + i] ?? 0);
  return bytes.length === 2 + count + length;
}
