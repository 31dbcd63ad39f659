// SPDX-License-Identifier: Apache-2.0

import { StatusError, type DeepReadonly, type Status } from "../apimachinery/index.ts";
import type { ApiObject } from "./resource-reference.ts";

/** One frame of a watch. A bookmark's object holds kind, apiVersion and resourceVersion alone. */
export interface WatchEvent<T extends ApiObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: DeepReadonly<T>;
}

/** A frame longer than this is refused: the server limits an object to 3 MiB in total. */
export const WATCH_FRAME_BYTES_MAX = 16 * 1024 * 1024;

const NEWLINE = 10;
const decoder = new TextDecoder();

/** Cuts a byte stream into lines. A line inside one chunk is not copied. */
class LineSplitter {
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      const piece = chunk.subarray(start, end);
      start = end + 1;
      const line = this.#pendingBytes === 0 ? piece : this.#join(piece);
      if (line.length > 0) yield line;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  #keep(piece: Uint8Array): void {
    this.#pendingBytes += piece.length;
    if (this.#pendingBytes > WATCH_FRAME_BYTES_MAX) throw new Error("Watch frame is too long");
    this.#pending.push(piece);
  }

  #join(last: Uint8Array): Uint8Array {
    const line = new Uint8Array(this.#pendingBytes + last.length);
    let offset = 0;
    for (const piece of this.#pending) {
      line.set(piece, offset);
      offset += piece.length;
    }
    line.set(last, offset);
    this.#pending = [];
    this.#pendingBytes = 0;
    return line;
  }
}

interface Frame<T extends ApiObject> {
  readonly type: WatchEvent<T>["type"] | "ERROR";
  readonly object: unknown;
}

/** Reads the frames of a watch as they arrive, each parsed once. An ERROR frame is thrown as the StatusError it holds. */
export async function* decodeWatchEvents<T extends ApiObject>(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>> {
  const splitter = new LineSplitter();
  for await (const chunk of chunks) {
    for (const line of splitter.push(chunk)) {
      const frame = JSON.parse(decoder.decode(line)) as Frame<T>;
      if (frame.type === "ERROR") throw new StatusError(frame.object as Status);
      yield frame as WatchEvent<T>;
    }
  }
}
