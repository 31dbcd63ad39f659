// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { createInProcessTransport, IN_PROCESS_BUFFER_BYTES_MAX } from "./in-process-transport.ts";
import type { ApiBody, ByteSink } from "./transport.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function transportOf(body: ApiBody) {
  const handler = { handle: () => Promise.resolve({ status: 200, headers: {}, body }) };
  return createInProcessTransport(handler, { address: "in-process" });
}

const request = (signal: AbortSignal = new AbortController().signal) => ({ method: "GET", path: "/", signal });

test("bytes are handed over as they are", async () => {
  const bytes = encoder.encode("hello");
  const response = await transportOf({ type: "bytes", bytes }).request(request());
  assert.equal(await response.bytes(), bytes);
});

test("chunks can be read as a whole", async () => {
  const chunks = ["a", "b", "c"].map((text) => encoder.encode(text));
  const response = await transportOf({ type: "chunks", chunks }).request(request());
  assert.equal(decoder.decode(await response.bytes()), "abc");
});

test("what is pushed arrives in order, and the end ends it", async () => {
  let sink!: ByteSink;
  const response = await transportOf({ type: "stream", start: (s) => (sink = s) }).request(request());
  const read = (async () => {
    const texts: string[] = [];
    for await (const chunk of response.chunks()) texts.push(decoder.decode(chunk));
    return texts;
  })();
  await Promise.resolve();
  sink.write(encoder.encode("a"));
  sink.write(encoder.encode("b"));
  sink.end();
  assert.deepEqual(await read, ["a", "b"]);
});

test("a reader that does not read is told apart as slow, and drains", async () => {
  let sink!: ByteSink;
  const response = await transportOf({ type: "stream", start: (s) => (sink = s) }).request(request());
  const chunks = response.chunks()[Symbol.asyncIterator]();
  const first = chunks.next();
  let drained = 0;
  sink.onDrain(() => (drained += 1));
  const big = new Uint8Array(IN_PROCESS_BUFFER_BYTES_MAX);
  assert.equal(sink.write(big), true);
  assert.equal(sink.write(new Uint8Array(1)), false);
  assert.equal(sink.bufferedBytes, IN_PROCESS_BUFFER_BYTES_MAX + 1);
  await first;
  assert.equal(drained, 1);
  assert.equal(sink.bufferedBytes, 0);
});

test("leaving and aborting close the server's side", async () => {
  for (const leave of ["return", "abort"] as const) {
    let closed = 0;
    const abort = new AbortController();
    const body: ApiBody = {
      type: "stream",
      start(sink) {
        sink.onClose(() => (closed += 1));
        sink.write(encoder.encode("a"));
      },
    };
    const response = await transportOf(body).request(request(abort.signal));
    const chunks = response.chunks()[Symbol.asyncIterator]();
    await chunks.next();
    if (leave === "return") await chunks.return?.();
    else {
      abort.abort(new Error("over"));
      await assert.rejects(chunks.next(), /over/);
    }
    assert.equal(closed, 1, leave);
  }
});

test("a reader that shares memory gets events as they are, between chunks of bytes", async () => {
  let sink!: ByteSink;
  const response = await transportOf({ type: "stream", start: (s) => (sink = s) }).request(request());
  const chunks = response.sharedChunks!()[Symbol.asyncIterator]();
  const first = chunks.next();
  await Promise.resolve();
  const object = { metadata: { name: "a" } };
  const bytes = encoder.encode("b");
  assert.equal(sink.writeEvents!([{ type: "ADDED", object }], 100), true);
  assert.equal(sink.bufferedBytes, 100);
  sink.write(bytes);
  const events = (await first).value as readonly { object: object }[];
  assert.equal(events[0]!.object, object);
  assert.equal((await chunks.next()).value, bytes);
  await chunks.return?.();
});

test("a reader of bytes is offered no events", async () => {
  let sink!: ByteSink;
  const response = await transportOf({ type: "stream", start: (s) => (sink = s) }).request(request());
  const first = response.chunks()[Symbol.asyncIterator]().next();
  await Promise.resolve();
  assert.equal(sink.writeEvents, undefined);
  sink.end();
  assert.equal((await first).done, true);
});
