// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, type ClientRequest } from "../../client/index.ts";
import { macrotask } from "../../platform/index.ts";
import { VirtualClock } from "../../simulation/index.ts";
import { ClientPodObjects } from "./pod-objects.ts";

/** A client whose server answers with how many reads there were. */
function fixture() {
  let reads = 0;
  const transport = {
    request(_request: ClientRequest) {
      const bytes = new TextEncoder().encode(JSON.stringify({ metadata: {}, data: { read: String(++reads) } }));
      return Promise.resolve({ status: 200, headers: {}, bytes: async () => bytes, chunks: async function* () {} });
    },
  };
  const clock = new VirtualClock({ macrotask });
  const objects = new ClientPodObjects(new Client({ transport, userAgent: "test" }), clock);
  const read = async () => {
    const { data } = await objects.configMap("n", "c", { signal: new AbortController().signal });
    return data?.["read"];
  };
  return { objects, clock, read };
}

test("containers and volumes of a pod share what was read within a second", async () => {
  const { read, clock } = fixture();
  assert.deepEqual([await read(), await read()], ["1", "1"]);
  await clock.advance(1_000);
  assert.equal(await read(), "2");
});

test("a pod that begins sees what was written before it, however short ago others read", async () => {
  const { read, objects } = fixture();
  assert.equal(await read(), "1");
  objects.podBegins();
  assert.deepEqual([await read(), await read()], ["2", "2"]);
});
