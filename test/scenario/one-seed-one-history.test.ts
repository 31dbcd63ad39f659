// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { DEPLOYMENTS } from "../../src/index.ts";
import { deployment, virtualCluster } from "./virtual-time.ts";

const { signal } = new AbortController();
const decoder = new TextDecoder();

/** Every change of a story with a rollout and a lost node: revision, type, key and object. */
async function history(seed: number): Promise<string[]> {
  const lines: string[] = [];
  await using story = await virtualCluster({ simulatedNodes: 3, seed });
  const { cluster, clock } = story;
  const stop = cluster.store.watch(0, {
    onEvents(events) {
      for (const e of events) lines.push(`${e.revision} ${e.type} ${e.key} ${decoder.decode(e.bytes)}`);
    },
  });
  await cluster.client.resource(DEPLOYMENTS).namespace("default").create(deployment("web", 6), { signal });
  await clock.advance(30_000);
  await cluster.killNode("node-2");
  await clock.advance(400_000);
  stop();
  return lines;
}

test("the same seed gives the same history byte for byte, another seed another one", async (t) => {
  const first = await history(1);
  const again = await history(1);
  const other = await history(2);
  t.diagnostic(`${first.length} changes`);
  assert.ok(first.length > 500);
  const differing = first.findIndex((line, i) => line !== again[i]);
  assert.equal(differing, -1, `${first[differing]}\n${again[differing]}`);
  assert.equal(first.length, again.length);
  assert.notDeepEqual(first, other);
});
