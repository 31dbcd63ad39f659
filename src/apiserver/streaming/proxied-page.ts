// SPDX-License-Identifier: Apache-2.0

import { rewriteHtml } from "./proxied-html.ts";
import type { LinkRewriter } from "./proxied-links.ts";

type Format = "gzip" | "deflate-raw";

const FORMATS: Readonly<Record<string, Format>> = { gzip: "gzip", deflate: "deflate-raw" };

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return new Uint8Array(Buffer.concat(pieces));
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  transform: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(transform)).arrayBuffer());
}

/**
 * A page of a backend with its links rewritten, compressed as it came; undefined when it is compressed in a way that
 * nobody here understands: then it has not been read.
 */
export async function rewritePage(
  body: AsyncIterable<Uint8Array>,
  encoding: string | readonly string[] | undefined,
  links: LinkRewriter,
): Promise<Uint8Array | undefined> {
  const rewrite = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
    new Uint8Array(Buffer.from(rewriteHtml(Buffer.from(bytes).toString("utf8"), links)));
  if (encoding === undefined || encoding === "") return rewrite(await joined(body));
  const format = typeof encoding === "string" ? FORMATS[encoding] : undefined;
  if (!format) return undefined;
  const plain = await through(await joined(body), new DecompressionStream(format));
  return through(rewrite(plain), new CompressionStream(format));
}
