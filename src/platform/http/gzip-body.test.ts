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

const answerOf = (bytes: number) => ({
  status: 200,
  headers: {},
  body: { type: "chunks", chunks: [Buffer.alloc(bytes - 10, "a"), Buffer.alloc(10, "b")] } as const,
});

test("what is no longer than upstream's threshold stays as it is, in chunks or in one piece", () => {
  const limit = 128 * 1024;
  const isZipped = (answer: ReturnType<typeof withGzip>) => answer.headers["content-encoding"] === "gzip";
  for (const [bytes, zipped] of [
    [limit, false],
    [limit + 1, true],
  ] as const) {
    assert.equal(isZipped(withGzip(answerOf(bytes), "gzip")), zipped);
    const body = { type: "bytes", bytes: Buffer.alloc(bytes) } as const;
    assert.equal(isZipped(withGzip({ status: 200, headers: {}, body }, "deflate, gzip")), zipped);
  }
  const { body } = withGzip(answerOf(20), "gzip");
  assert.equal(body.type === "chunks" && Buffer.concat([...(body.chunks as Iterable<Uint8Array>)]).length, 20);
});

test("gzip is asked for by the bare word alone", () => {
  for (const header of ["gzip;q=1", "gzip;q=0", "*", "GZIP", "br"]) {
    assert.equal(withGzip(answerOf(1_000_000), header).headers["content-encoding"], undefined, header);
  }
});
