// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { withGzip } from "./gzip-body.ts";

/** Chunks in one memory, as a long list is written. */
function* overwritten(): Generator<Uint8Array> {
  const chunk = Buffer.alloc(4096);
  for (let i = 0; i < 100; i++) yield chunk.fill(i);
}

test("chunks that are overwritten while the compressor reads are compressed as they were", async () => {
  const body = { type: "chunks", chunks: overwritten(), transient: true } as const;
  const answer = withGzip({ status: 200, headers: {}, body }, "gzip");
  assert.equal(answer.body.type, "chunks");
  if (answer.body.type !== "chunks") return;
  const zipped: Uint8Array[] = [];
  for await (const piece of answer.body.chunks) zipped.push(piece);
  const expected = Buffer.concat(Array.from({ length: 100 }, (_, i) => Buffer.alloc(4096, i)));
  assert.ok(gunzipSync(Buffer.concat(zipped)).equals(expected));
});
