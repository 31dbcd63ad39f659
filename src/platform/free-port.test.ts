// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
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
    await Promise.all(held.map((port) => port.release()));
  }
});

test("a port that is let go can be listened on at once, and one that is taken on one address is passed over", async () => {
  await using held = await holdFreePort(ADDRESSES, [FIRST, FIRST]);
  await held.release();
  const server = createServer().listen(held.port, "127.0.0.2");
  await once(server, "listening");
  try {
    await using next = await holdFreePort(ADDRESSES, [held.port, FIRST]);
    assert.notEqual(next.port, held.port);
  } finally {
    server.close();
  }
});
