// SPDX-License-Identifier: Apache-2.0

import type { ApiBody } from "../../client/transport.ts";
import { rewriteHtml } from "./proxied-html.ts";
import type { LinkRewriter } from "./proxied-links.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Format = "gzip" | "deflate-raw";

const FORMATS: Readonly<Record<string, Format>> = { gzip: "gzip", deflate: "deflate-raw" };

/** Larger pages, and those that never end, are passed on as they come. */
export const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** What was read of a body: all of it, or more than there is room for, with what is still to come. */
type Read =
  | { readonly type: "whole"; readonly bytes: Bytes }
  | { readonly type: "begun"; readonly pieces: readonly Uint8Array[]; readonly rest: AsyncIterator<Uint8Array> };

async function readPage(body: AsyncIterable<Uint8Array>): Promise<Read> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const rest = body[Symbol.asyncIterator]();
  while (size <= MAX_PAGE_BYTES) {
    const next = await rest.next();
    if (next.done) return { type: "whole", bytes: new Uint8Array(Buffer.concat(pieces)) };
    pieces.push(next.value);
    size += next.value.length;
  }
  return { type: "begun", pieces, rest };
}

async function* continued(pieces: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

const through = (bytes: Bytes, transform: CompressionStream | DecompressionStream): ReadableStream<Bytes> =>
  new Blob([bytes]).stream().pipeThrough(transform);

/** The page behind a compression; undefined when it is larger than there is room for. */
async function unpacked(bytes: Bytes, format: Format): Promise<Bytes | undefined> {
  const read = await readPage(through(bytes, new DecompressionStream(format)));
  if (read.type === "whole") return read.bytes;
  await read.rest.return?.();
  return undefined;
}

/**
 * A page of a backend with its links rewritten, compressed as it came. One that is too large, or compressed in a way that
 * nobody here understands, is passed on as it is.
 */
export async function rewritePage(
  body: AsyncIterable<Uint8Array>,
  encoding: string | readonly string[] | undefined,
  links: LinkRewriter,
): Promise<ApiBody> {
  const format = typeof encoding === "string" ? FORMATS[encoding] : undefined;
  if (encoding && !format) return { type: "chunks", chunks: body };
  const read = await readPage(body);
  if (read.type === "begun") return { type: "chunks", chunks: continued(read.pieces, read.rest) };
  const page = format ? await unpacked(read.bytes, format) : read.bytes;
  if (!page) return { type: "bytes", bytes: read.bytes };
  const rewritten = new Uint8Array(Buffer.from(rewriteHtml(Buffer.from(page).toString("utf8"), links)));
  if (!format) return { type: "bytes", bytes: rewritten };
  const packed = await new Response(through(rewritten, new CompressionStream(format))).arrayBuffer();
  return { type: "bytes", bytes: new Uint8Array(packed) };
}
