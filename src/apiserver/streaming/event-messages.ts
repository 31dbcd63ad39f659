// SPDX-License-Identifier: Apache-2.0

import { assert } from "../../base/index.ts";
import type { ByteSink } from "../../client/transport.ts";

const LINE_END = 0x0a;
const LENGTH_BYTES = 4;

/** Where a frame that begins at `start` has its message, and where it ends. */
type FrameReader = (chunk: Uint8Array, start: number) => { readonly from: number; readonly to: number };

/** JSON events: a line each; the line end belongs to the message. */
const lineAt: FrameReader = (chunk, start) => ({ from: start, to: chunk.indexOf(LINE_END, start) + 1 });

/** Protobuf events: a length of four bytes, which a WebSocket does not need, and as many bytes. */
const prefixedAt: FrameReader = (chunk, start) => {
  const from = start + LENGTH_BYTES;
  return { from, to: from + new DataView(chunk.buffer, chunk.byteOffset).getUint32(start) };
};

/** A watch's sink over one of messages: its chunks hold whole frames, and each event is a message. */
export function eventMessages(messages: ByteSink, isText: boolean): ByteSink {
  const frameAt = isText ? lineAt : prefixedAt;
  return {
    write(chunk) {
      let keepsUp = true;
      for (let start = 0; start < chunk.length; ) {
        const { from, to } = frameAt(chunk, start);
        assert(to > start && to <= chunk.length, "chunks of a watch hold whole frames");
        keepsUp = messages.write(chunk.subarray(from, to));
        start = to;
      }
      return keepsUp;
    },
    get bufferedBytes() {
      return messages.bufferedBytes;
    },
    onDrain: (callback) => messages.onDrain(callback),
    onClose: (callback) => messages.onClose(callback),
    end: () => messages.end(),
  };
}
