// SPDX-License-Identifier: Apache-2.0

/** Frame types and flags of HTTP/2 (RFC 9113) that the load needs. */
export const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, windowUpdate: 8 } as const;
export const FLAG = { ack: 1, endStream: 1, endHeaders: 4 } as const;
export const FRAME_HEADER_BYTES = 9;
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

const SETTING_HEADER_TABLE_SIZE = 1;
const SETTING_INITIAL_WINDOW = 4;
const SETTING_MAX_FRAME = 5;
/** As large as a window may be. */
export const WINDOW_BYTES = 2 ** 31 - 1;
const WINDOW_DEFAULT_BYTES = 65_535;
const MAX_FRAME_BYTES = 1024 * 1024;
/** Frames of a request's body: what every server accepts without asking. */
const MAX_SENT_FRAME_BYTES = 16_384;
const STATIC_ENTRIES = 61;

/** One frame, whole. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

export function windowUpdate(stream: number, bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(bytes);
  return frame(FRAME.windowUpdate, 0, stream, payload);
}

/** What a client says first: no dynamic table for answers, and windows that never stop the server. */
export function clientHello(): Buffer {
  const settings = Buffer.alloc(18);
  const values: [number, number][] = [
    [SETTING_HEADER_TABLE_SIZE, 0],
    [SETTING_INITIAL_WINDOW, WINDOW_BYTES],
    [SETTING_MAX_FRAME, MAX_FRAME_BYTES],
  ];
  for (const [index, [id, value]] of values.entries()) {
    settings.writeUInt16BE(id, index * 6);
    settings.writeUInt32BE(value, index * 6 + 2);
  }
  return Buffer.concat([
    PREFACE,
    frame(FRAME.settings, 0, 0, settings),
    windowUpdate(0, WINDOW_BYTES - WINDOW_DEFAULT_BYTES),
  ]);
}

/** An integer of HPACK (RFC 7541, 5.1). */
function hpackInteger(value: number, prefixBits: number, mark: number): number[] {
  const limit = 2 ** prefixBits - 1;
  if (value < limit) return [mark | value];
  const bytes = [mark | limit];
  let rest = value - limit;
  while (rest >= 128) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

const hpackText = (text: string): number[] => [...hpackInteger(text.length, 7, 0), ...Buffer.from(text, "latin1")];

/** Headers that every request of a load has: spelled out by the first of a connection, numbers afterwards. */
export interface HeaderBlocks {
  readonly first: Buffer;
  readonly again: Buffer;
}

/** Compiles headers; those in `varying` are spelled out each time. */
export function headerBlocks(
  headers: readonly (readonly [string, string])[],
  varying: ReadonlySet<string>,
): HeaderBlocks {
  const first: number[] = [];
  const again: number[] = [];
  const kept = headers.filter(([name]) => !varying.has(name));
  let index = 0;
  for (const [name, value] of headers) {
    const literal = [...hpackText(name), ...hpackText(value)];
    if (varying.has(name)) {
      first.push(0, ...literal);
      again.push(0, ...literal);
      continue;
    }
    first.push(0x40, ...literal);
    again.push(...hpackInteger(STATIC_ENTRIES + kept.length - index, 7, 0x80));
    index++;
  }
  return { first: Buffer.from(first), again: Buffer.from(again) };
}

/** The frames of one request; the stream's number is written by setStream(). */
export function requestFrames(block: Buffer, body: Buffer | undefined): Buffer {
  const flags = FLAG.endHeaders | (body ? 0 : FLAG.endStream);
  const frames = [frame(FRAME.headers, flags, 0, block)];
  for (let at = 0; body && at < body.length; at += MAX_SENT_FRAME_BYTES) {
    const part = body.subarray(at, at + MAX_SENT_FRAME_BYTES);
    frames.push(frame(FRAME.data, at + part.length === body.length ? FLAG.endStream : 0, 0, part));
  }
  return Buffer.concat(frames);
}

/** Writes the stream's number into each frame of a request. */
export function setStream(frames: Buffer, stream: number): void {
  for (let at = 0; at < frames.length; at += FRAME_HEADER_BYTES + frames.readUIntBE(at, 3))
    frames.writeUInt32BE(stream, at + 5);
}

const STATIC_STATUS: Readonly<Record<number, number>> = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 };
const SHORT_DIGITS = 3;

/** Decodes digits in HPACK's Huffman code: 0 to 2 take five bits, 3 to 9 six. */
function huffmanDigits(bytes: Uint8Array): number {
  let bits = 0;
  let count = 0;
  let value = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 5) {
      const five = (bits >>> (count - 5)) & 31;
      if (five < SHORT_DIGITS) {
        value = value * 10 + five;
        count -= 5;
        continue;
      }
      if (count < 6) break;
      const six = (bits >>> (count - 6)) & 63;
      if (six < 25 || six > 31) return value;
      value = value * 10 + (six - 25 + SHORT_DIGITS);
      count -= 6;
    }
    bits &= 2 ** count - 1;
  }
  return value;
}

/** The status of an answer: servers send it first in the block. 0 when it is told in a way that is not understood. */
export function statusOf(block: Buffer): number {
  let at = 0;
  while ((block[at]! & 0xe0) === 0x20) at++;
  const mark = block[at]!;
  if (mark & 0x80) return STATIC_STATUS[mark & 0x7f] ?? 0;
  // A literal whose name is entry 8 to 14 of the static table: ":status".
  const length = block[at + 1]!;
  const text = block.subarray(at + 2, at + 2 + (length & 0x7f));
  return length & 0x80 ? huffmanDigits(text) : Number(text.toString("latin1"));
}
