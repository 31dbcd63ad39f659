// SPDX-License-Identifier: Apache-2.0

import { base64ToBytes } from "../../apimachinery/index.ts";

/** One block of PEM text. */
export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
}

const BEGIN = "-----BEGIN ";
const END = "\n-----END ";
const DASHES = "-----";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Where the next line that begins a block starts; -1 when there is none. */
function beginOf(text: string, from: number): number {
  if (from === 0 && text.startsWith(BEGIN)) return 0;
  const found = text.indexOf(`\n${BEGIN}`, from);
  return found < 0 ? -1 : found + 1;
}

/** The block with that content; undefined where it is no base64. */
function blockOf(type: string, content: string): PemBlock | undefined {
  const lines = content.split("\n");
  const firstData = lines.findIndex((line) => !line.includes(":"));
  const base64 =
    firstData < 0
      ? ""
      : lines
          .slice(firstData)
          .join("")
          .replaceAll(/[ \t\r]/g, "");
  return BASE64.test(base64) ? { type, hasHeaders: firstData !== 0, bytes: base64ToBytes(base64) } : undefined;
}

/** The blocks of PEM text; what is none is passed over, as in Go. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  /** Where the next end of a block stands; looked for once, however many beginnings come before it. */
  let end = -1;
  let lineEnd = 0;
  for (let begin = beginOf(text, 0); begin >= 0; begin = beginOf(text, lineEnd)) {
    lineEnd = text.indexOf("\n", begin);
    if (lineEnd < 0) break;
    const label = text.slice(begin + BEGIN.length, lineEnd).trimEnd();
    if (end < lineEnd) end = text.indexOf(END, lineEnd);
    if (end < 0) break;
    if (!label.endsWith(DASHES) || !text.startsWith(label, end + END.length)) continue;
    const afterEnd = end + END.length + label.length;
    const nextLine = text.indexOf("\n", afterEnd);
    if (text.slice(afterEnd, nextLine < 0 ? undefined : nextLine).trim() !== "") continue;
    const block = blockOf(label.slice(0, -DASHES.length), text.slice(lineEnd + 1, Math.max(end, lineEnd + 1)));
    if (!block) continue;
    blocks.push(block);
    lineEnd = afterEnd;
  }
  return blocks;
}

/** As pemBlocks, of the bytes that a base64 text stands for. */
export const encodedPemBlocks = (base64: string): PemBlock[] =>
  pemBlocks(new TextDecoder().decode(base64ToBytes(base64)));

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
