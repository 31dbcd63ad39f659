// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { holdFreePort } from "./free-port.ts";

const ADDRESSES = ["127.0.0.1", "127.0.0.2"];
/** Below the ports that a machine gives out by itself. */
const FIRST = 21_443;

test("who looks for a port at the same moment finds another, on all addresses", async () => {
  const held = await Promise.all(Array.from({ length: 5 }, () => holdFreePort(ADDRESSES, [FIRST, FIRST])));
  try {
    assert.equal(new Set(held.map(({ port }) => port)).size, 5);
  } finally {
    await Promise.all(held.map((port) => port[Symbol.asyncDispose]()));
  }
});

test("a server takes the port over without a gap, and what is not taken is let go", async () => {
  const held = await holdFreePort(ADDRESSES, [FIRST, FIRST]);
  const server = createServer((socket) => socket.end("served"));
  server.listen(held.take("127.0.0.1"));
  await once(server, "listening");
  try {
    assert.equal(held.take("127.0.0.1"), undefined);
    await held[Symbol.asyncDispose]();
    const [answer] = (await once(connect(held.port, "127.0.0.1"), "data")) as [Buffer];
    assert.equal(answer.toString(), "served");
    const other = createServer().listen(held.port, "127.0.0.2");
    await once(other, "listening");
    other.close();
    await using next = await holdFreePort(ADDRESSES, [held.port, FIRST]);
    assert.notEqual(next.port, held.port, "it is taken on one address");
  } finally {
    server.close();
  }
});
