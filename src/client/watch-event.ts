// SPDX-License-Identifier: Apache-2.0

import { StatusError, type Status } from "../apimachinery/index.ts";
import type { ApiObject, Cached } from "./resource-reference.ts";
import type { SharedChunk, SharedEvent } from "./transport.ts";

/** One frame of a watch. A bookmark's object holds kind, apiVersion and resourceVersion alone. */
export interface WatchEvent<T extends ApiObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: Cached<T>;
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

const isEvents = (chunk: SharedChunk): chunk is readonly SharedEvent[] => Array.isArray(chunk);

/**
 * Reads the frames of a watch as they arrive, each parsed once or not at all: all frames of a chunk at a time. An ERROR frame is thrown
 * as the StatusError it holds, after the frames before it.
 */
export async function* decodeWatchBatches<T extends ApiObject>(
  chunks: AsyncIterable<SharedChunk>,
): AsyncGenerator<readonly WatchEvent<T>[]> {
  const splitter = new LineSplitter();
  for await (const chunk of chunks) {
    if (isEvents(chunk)) {
      // The server says of the resource what its objects are, written out or not.
      yield chunk as readonly unknown[] as readonly WatchEvent<T>[];
      continue;
    }
    const events: WatchEvent<T>[] = [];
    let failure: StatusError | undefined;
    for (const line of splitter.push(chunk)) {
      const frame = JSON.parse(decoder.decode(line)) as Frame<T>;
      if (frame.type === "ERROR") failure = new StatusError(frame.object as Status);
      else events.push(frame as WatchEvent<T>);
    }
    if (events.length > 0) yield events;
    if (failure) throw failure;
  }
}

/** Reads the frames of a watch one by one. */
export async function* decodeWatchEvents<T extends ApiObject>(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>> {
  for await (const events of decodeWatchBatches<T>(chunks)) yield* events;
}
