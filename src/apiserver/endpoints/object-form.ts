// SPDX-License-Identifier: Apache-2.0

import type { StatusError } from "../../apimachinery/index.ts";
import type { ApiBody } from "../../client/transport.ts";
import type { CacheEntry, WireForm } from "../cache/index.ts";

/** A list as it is answered: its entries are read while it is written. */
export interface ListResult {
  readonly revision: string;
  readonly continueToken: string | undefined;
  readonly remaining: number | undefined;
  readonly entries: Iterable<CacheEntry>;
}

/** A form in which objects, lists and watches of one kind are answered. */
export interface ObjectForm extends WireForm {
  readonly contentType: string;
  readonly streamContentType: string;
  /** Why nothing can be watched in this form. */
  readonly watchRefusal?: StatusError;
  object(entry: CacheEntry): ApiBody;
  /** Works out ahead what a list needs to know of all its objects; `pause` gives others their turn in between. */
  prepare?(list: ListResult, pause: () => Promise<void>): Promise<ListResult>;
  list(list: ListResult): ApiBody;
}

/** Bytes of one chunk of a list: some dozens of objects, so that the loop never blocks for long. */
const CHUNK_BYTES = 64 * 1024;

/** A list shorter than this is answered in one piece, with its length. */
const SMALL_LIST_BYTES = CHUNK_BYTES / 2;

/** Copies pieces into chunks of bounded size, lazily; every chunk is in the same memory. */
export function* chunksOf(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let used = 0;
  for (const piece of pieces) {
    if (used + piece.length > CHUNK_BYTES) {
      if (used > 0) yield chunk.subarray(0, used);
      used = 0;
      if (piece.length > CHUNK_BYTES / 2) {
        yield piece;
        continue;
      }
    }
    chunk.set(piece, used);
    used += piece.length;
  }
  if (used > 0) yield chunk.subarray(0, used);
}

/** The body of a list: in one piece when it is small, else in chunks as the reader takes them. */
export function bodyOf(pieces: Iterable<Uint8Array>): ApiBody {
  const chunks = chunksOf(pieces);
  const first = chunks.next();
  if (first.done) return { type: "empty" };
  if (first.value.length >= SMALL_LIST_BYTES) {
    return { type: "chunks", chunks: rest(first.value, chunks), transient: true };
  }
  const start = new Uint8Array(first.value);
  const second = chunks.next();
  if (second.done) return { type: "bytes", bytes: start };
  return { type: "chunks", chunks: rest(start, rest(second.value, chunks)), transient: true };
}

function* rest(first: Uint8Array, others: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield first;
  yield* others;
}
