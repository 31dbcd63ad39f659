// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { ApiBody } from "../../client/transport.ts";
import { MAX_PAGE_BYTES, rewritePage } from "./proxied-page.ts";

const links = { prefix: "/p/proxy", hosts: ["10.0.0.1:80"] };
const PAGE = "<a href=/a>";
const REWRITTEN = '<a href="/p/proxy/a">';

async function* bodyOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function bytesOf(body: ApiBody): Promise<Buffer> {
  if (body.type === "bytes") return Buffer.from(body.bytes);
  assert.equal(body.type, "chunks");
  const pieces: Uint8Array[] = [];
  if (body.type === "chunks") for await (const chunk of body.chunks) pieces.push(chunk);
  return Buffer.concat(pieces);
}

test("a page is rewritten as a whole, and compressed as it came", async () => {
  const plain = await rewritePage(bodyOf(Buffer.from("<a hre"), Buffer.from("f=/a>")), undefined, links);
  assert.equal(String(await bytesOf(plain)), REWRITTEN);
  const packed = await rewritePage(bodyOf(gzipSync(PAGE)), "gzip", links);
  assert.equal(String(gunzipSync(await bytesOf(packed))), REWRITTEN);
});

test("a page in an unknown compression is passed on", async () => {
  assert.equal(String(await bytesOf(await rewritePage(bodyOf(Buffer.from(PAGE)), "br", links))), PAGE);
});

test("a page that is too large is passed on as it comes, and its end is not waited for", async () => {
  const half = Buffer.alloc(MAX_PAGE_BYTES / 2 + 1, PAGE);
  let isStopped = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield half;
    } finally {
      isStopped = true;
    }
  }
  const page = await rewritePage(endless(), undefined, links);
  assert.ok(page.type === "chunks" && !isStopped);
  let chunks = 0;
  for await (const chunk of page.chunks) {
    assert.equal(chunk, half);
    if (++chunks === 3) break;
  }
  assert.ok(isStopped);
});

test("a page that grows too large when it is unpacked is passed on packed", async () => {
  const packed = gzipSync(Buffer.alloc(MAX_PAGE_BYTES + 1, PAGE));
  assert.deepEqual(await bytesOf(await rewritePage(bodyOf(packed), "gzip", links)), packed);
});
