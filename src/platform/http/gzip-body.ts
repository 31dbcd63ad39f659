// SPDX-License-Identifier: Apache-2.0

import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { ApiBody, ApiResponse } from "../../client/index.ts";

/** Bodies up to this are sent as they are, as upstream does. */
const PLAIN_BYTES_MAX = 128 * 1024;
/** Upstream's level: little CPU matters more than the last percent. */
const GZIP_LEVEL = 1;
const GZIP_CHUNK_BYTES = 64 * 1024;

/** Upstream looks for the bare word: a quality makes it another. */
const accepts = (acceptEncoding: string): boolean => acceptEncoding.split(",").some((token) => token.trim() === "gzip");

/** Compresses pieces as they are pulled; the work is done on the thread pool, not on this thread. */
async function* compress(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: GZIP_LEVEL, chunkSize: GZIP_CHUNK_BYTES });
  // A failing source destroys the compressor, and its reader learns of it below.
  pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 1 }), gzip, () => undefined);
  for await (const piece of gzip) yield piece as Uint8Array;
}

interface Gathered {
  /** The first chunks, in memory of their own. */
  readonly first: readonly Uint8Array[];
  readonly rest: Iterator<Uint8Array>;
  readonly isAll: boolean;
}

/** Takes so many chunks that compressing them would be worth it, or all that there are. */
function gather(chunks: Iterable<Uint8Array>): Gathered {
  const rest = chunks[Symbol.iterator]();
  const first: Uint8Array[] = [];
  let bytes = 0;
  while (bytes <= PLAIN_BYTES_MAX) {
    const { value, done } = rest.next();
    if (done) return { first, rest, isAll: true };
    first.push(new Uint8Array(value));
    bytes += value.length;
  }
  return { first, rest, isAll: false };
}

/** Each in memory of its own: the compressor still reads one while it asks for the next. */
function* allOf({ first, rest }: Gathered): Generator<Uint8Array> {
  yield* first;
  for (let next = rest.next(); !next.done; next = rest.next()) yield new Uint8Array(next.value);
}

/** Lists are at hand. Chunks that somebody has to wait for, such as followed logs, are to go out as they come. */
function compressible(body: ApiBody): { readonly plain: ApiBody } | { readonly pieces: Iterable<Uint8Array> } {
  if (body.type === "bytes") return body.bytes.length > PLAIN_BYTES_MAX ? { pieces: [body.bytes] } : { plain: body };
  if (body.type !== "chunks" || !(Symbol.iterator in body.chunks)) return { plain: body };
  const gathered = gather(body.chunks);
  if (gathered.isAll) return { plain: { type: "chunks", chunks: gathered.first } };
  return { pieces: allOf(gathered) };
}

/** The answer compressed, when the client asks for that and it is worth it. Streams are never compressed. */
export function withGzip(response: ApiResponse, acceptEncoding: string | undefined): ApiResponse {
  if (acceptEncoding === undefined || response.headers["content-encoding"] !== undefined) return response;
  if (!accepts(acceptEncoding)) return response;
  const found = compressible(response.body);
  if ("plain" in found) return found.plain === response.body ? response : { ...response, body: found.plain };
  const { "content-length": _length, ...headers } = response.headers;
  return {
    status: response.status,
    headers: { ...headers, "content-encoding": "gzip", vary: "Accept-Encoding" },
    body: { type: "chunks", chunks: compress(found.pieces) },
  };
}
