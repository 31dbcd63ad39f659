// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { POD_DISRUPTION_BUDGETS } from "../../src/client/index.ts";
import { DEPLOYMENTS, PODS, type StatusError } from "../../src/index.ts";
import { deployment, virtualCluster } from "./virtual-time.ts";

const { signal } = new AbortController();
const LIMIT = { limitMs: 120_000 };

test("a budget lets pods go one by one, and no more than it allows", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster, clock } = story;
  const budgets = cluster.client.resource(POD_DISRUPTION_BUDGETS).namespace("default");
  const pods = cluster.client.resource(PODS).namespace("default");
  await cluster.client.resource(DEPLOYMENTS).namespace("default").create(deployment("web", 3), { signal });
  const spec = { maxUnavailable: 1, selector: { matchLabels: { app: "web" } } };
  await budgets.create({ metadata: { name: "web" }, spec }, { signal });
  const status = async () => (await budgets.get("web", { signal })).status;
  await clock.advanceUntil(async () => (await status()).disruptionsAllowed === 1, LIMIT);
  const { currentHealthy, desiredHealthy, expectedPods, conditions } = await status();
  assert.deepEqual([currentHealthy, desiredHealthy, expectedPods], [3, 2, 3]);
  assert.deepEqual(
    conditions?.map(({ type, status: s, reason }) => [type, s, reason]),
    [["DisruptionAllowed", "True", "SufficientPods"]],
  );
  const [first, second] = (await pods.list({ signal })).items.map(({ metadata }) => metadata.name);
  await pods.evict(first!, { signal });
  const refused = await pods.evict(second!, { signal }).then(
    () => undefined,
    (error: StatusError) => error,
  );
  assert.equal(refused?.code, 429);
  await clock.advanceUntil(async () => (await status()).disruptionsAllowed === 1, LIMIT);
  await pods.evict(second!, { signal });
});

test("a budget of pods without a controller counts them as they are", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster, clock } = story;
  const budgets = cluster.client.resource(POD_DISRUPTION_BUDGETS).namespace("default");
  const { template } = deployment("web", 1).spec;
  const pods = cluster.client.resource(PODS).namespace("default");
  await clock.advance(1_000);
  await pods.create({ metadata: { name: "a", labels: { app: "web" } }, spec: template.spec }, { signal });
  const spec = { minAvailable: 1, selector: { matchLabels: { app: "web" } } };
  await budgets.create({ metadata: { name: "web" }, spec }, { signal });
  await clock.advanceUntil(async () => (await budgets.get("web", { signal })).status.currentHealthy === 1, LIMIT);
  assert.equal((await budgets.get("web", { signal })).status.disruptionsAllowed, 0);
});
