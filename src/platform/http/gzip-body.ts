// SPDX-License-Identifier: Apache-2.0

import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { ApiBody, ApiResponse } from "../../client/index.ts";

/** Bodies below this are sent as they are, as upstream does. */
const GZIP_BYTES_MIN = 128 * 1024;
/** Upstream's level: little CPU matters more than the last percent. */
const GZIP_LEVEL = 1;
const GZIP_CHUNK_BYTES = 64 * 1024;

const accepts = (acceptEncoding: string | undefined): boolean =>
  acceptEncoding !== undefined && /(^|[\s,])gzip(\s*(;\s*q=(?!0(\.0*)?(\s|,|$))|,|$))/.test(acceptEncoding);

/** Compresses pieces as they are pulled; the work is done on the thread pool, not on this thread. */
async function* compress(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: GZIP_LEVEL, chunkSize: GZIP_CHUNK_BYTES });
  // A failing source destroys the compressor, and its reader learns of it below.
  pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 1 }), gzip, () => undefined);
  for await (const piece of gzip) yield piece as Uint8Array;
}

function* copies(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const chunk of chunks) yield new Uint8Array(chunk);
}

/** Lists are at hand. Chunks that somebody has to wait for, such as followed logs, are to go out as they come. */
const pieces = (body: ApiBody): Iterable<Uint8Array> | undefined => {
  if (body.type === "chunks") {
    if (!(Symbol.iterator in body.chunks)) return undefined;
    // The compressor still reads one chunk while it asks for the next.
    return body.transient ? copies(body.chunks) : body.chunks;
  }
  return body.type === "bytes" && body.bytes.length >= GZIP_BYTES_MIN ? [body.bytes] : undefined;
};

/** The answer compressed, when the client asks for that and it is worth it. Streams are never compressed. */
export function withGzip(response: ApiResponse, acceptEncoding: string | undefined): ApiResponse {
  if (acceptEncoding === undefined || response.headers["content-encoding"] !== undefined) return response;
  const source = pieces(response.body);
  if (!source || !accepts(acceptEncoding)) return response;
  const { "content-length": _length, ...headers } = response.headers;
  return {
    status: response.status,
    headers: { ...headers, "content-encoding": "gzip", vary: "Accept-Encoding" },
    body: { type: "chunks", chunks: compress(source) },
  };
}
