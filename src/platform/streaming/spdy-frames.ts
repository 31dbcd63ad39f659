// SPDX-License-Identifier: Apache-2.0

/** Types of control frames. */
export const FRAME = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** Set on a frame that is the last one of its sender in that stream. */
export const FLAG_FIN = 1;
/** Reasons of a reset. */
export const RESET = { protocolError: 1, refused: 3, cancel: 5 } as const;

export type Frame =
  | { readonly type: "data"; readonly streamId: number; readonly flags: number; readonly payload: Buffer }
  | { readonly type: "control"; readonly kind: number; readonly flags: number; readonly payload: Buffer };

const FRAME_HEADER_BYTES = 8;
const VERSION = 3;
/** SPDY allows 16 MiB; nobody here sends more than this at once. */
const MAX_FRAME_BYTES = 4 << 20;

export function controlFrame(kind: number, flags: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  frame.writeUInt16BE(0x8000 | VERSION, 0);
  frame.writeUInt16BE(kind, 2);
  frame.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

export function dataFrame(streamId: number, flags: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  frame.writeUInt32BE(streamId, 0);
  frame.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** The frames in a stream of bytes, however it is cut. */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? asBuffer(chunk) : Buffer.concat([pending, chunk]);
    while (pending.length >= FRAME_HEADER_BYTES) {
      const length = pending.readUInt32BE(4) & 0xffffff;
      if (length > MAX_FRAME_BYTES) throw new Error(`SPDY frame of ${length} bytes is too long`);
      const end = FRAME_HEADER_BYTES + length;
      if (pending.length < end) break;
      yield frameOf(pending, end);
      pending = pending.subarray(end);
    }
  }
  if (pending.length > 0) throw new Error("SPDY connection ended inside a frame");
}

function frameOf(bytes: Buffer, end: number): Frame {
  const word = bytes.readUInt32BE(0);
  const flags = bytes[4] ?? 0;
  const payload = bytes.subarray(FRAME_HEADER_BYTES, end);
  if (word < 0x80000000) return { type: "data", streamId: word, flags, payload };
  if (((word >>> 16) & 0x7fff) !== VERSION) throw new Error("SPDY version is not 3");
  return { type: "control", kind: word & 0xffff, flags, payload };
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}
