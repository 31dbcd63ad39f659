// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cluster, DEPLOYMENTS, NODES, PODS } from "../../src/index.ts";
import { deployment, virtualCluster } from "./virtual-time.ts";

const { signal } = new AbortController();
const REPLICAS = 6;
const LIMIT = { limitMs: 600_000 };

async function readyStatus(cluster: Cluster, node: string): Promise<string | undefined> {
  const { status } = await cluster.client.resource(NODES).get(node, { signal });
  return status?.conditions?.find((c) => c.type === "Ready")?.status;
}

async function runningElsewhere(cluster: Cluster, lost: string): Promise<number> {
  const { items } = await cluster.client.resource(PODS).namespace("default").list({ signal });
  return items.filter((p) => p.spec.nodeName !== lost && p.status.phase === "Running" && !p.metadata.deletionTimestamp)
    .length;
}

test("a node that dies is NotReady after 40 s, and its pods are replaced 300 s later", async (t) => {
  const began = performance.now();
  await using story = await virtualCluster({ simulatedNodes: 3 });
  const { cluster, clock } = story;
  const deployments = cluster.client.resource(DEPLOYMENTS).namespace("default");
  await deployments.create(deployment("web", REPLICAS), { signal });
  await clock.advanceUntil(
    async () => (await deployments.get("web", { signal })).status.readyReplicas === REPLICAS,
    LIMIT,
  );
  const { items } = await cluster.client.resource(PODS).namespace("default").list({ signal });
  const lost = items[0]!.spec.nodeName!;

  await clock.advance(60_000);
  await cluster.killNode(lost);
  const killedMs = clock.monotonicMs();
  await clock.advanceUntil(async () => (await readyStatus(cluster, lost)) === "Unknown", LIMIT);
  const notReadyMs = clock.monotonicMs() - killedMs;
  // 40 s after the controller, which looks every 5 s, saw the last heartbeat; heartbeats come every 10 s.
  assert.ok(notReadyMs >= 30_000 && notReadyMs <= 50_000, `NotReady after ${notReadyMs} ms`);

  await clock.advanceUntil(async () => (await runningElsewhere(cluster, lost)) === REPLICAS, LIMIT);
  const replacedMs = clock.monotonicMs() - killedMs - notReadyMs;
  assert.ok(replacedMs >= 300_000 && replacedMs <= 310_000, `replaced after ${replacedMs} ms`);
  t.diagnostic(`NotReady after ${notReadyMs / 1000} s, replaced ${replacedMs / 1000} s later`);
  t.diagnostic(`the story took ${Math.round(performance.now() - began)} ms of real time`);
});
