// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { RESOURCE_QUOTAS } from "../../src/client/index.ts";
import { CONFIG_MAPS, CORE_EVENTS, PODS, REPLICA_SETS, type StatusError } from "../../src/index.ts";
import { deployment, virtualCluster } from "./virtual-time.ts";

const { signal } = new AbortController();
const LIMIT = { limitMs: 60_000 };

type Story = Awaited<ReturnType<typeof virtualCluster>>;

async function withQuota({ cluster, clock }: Story, hard: Record<string, string>): Promise<void> {
  const quotas = cluster.client.resource(RESOURCE_QUOTAS).namespace("default");
  await quotas.create({ metadata: { name: "q" }, spec: { hard } }, { signal });
  await clock.advanceUntil(async () => (await quotas.get("q", { signal })).status.used !== undefined, LIMIT);
}

const used = async ({ cluster }: Story) =>
  (await cluster.client.resource(RESOURCE_QUOTAS).namespace("default").get("q", { signal })).status.used;

const pod = (name: string, requests?: Record<string, string>) => ({
  metadata: { name },
  spec: { containers: [{ name: "c", image: "x", ...(requests ? { resources: { requests } } : {}) }] },
});

const refusal = async (request: Promise<unknown>): Promise<string> => {
  try {
    await request;
    return "";
  } catch (error) {
    return (error as StatusError).message;
  }
};

test("a replica set makes as many pods as the quota lets it, and says what stops it", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster, clock } = story;
  await withQuota(story, { pods: "2" });
  const sets = cluster.client.resource(REPLICA_SETS).namespace("default");
  const { template, selector } = deployment("web", 1).spec;
  await sets.create({ metadata: { name: "web" }, spec: { replicas: 4, selector, template } }, { signal });
  await clock.advance(5_000);
  const { status } = await sets.get("web", { signal });
  assert.equal(status.replicas, 2);
  const failure = status.conditions?.find(({ type }) => type === "ReplicaFailure");
  assert.match(
    failure?.message ?? "",
    /is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2$/,
  );
  const events = (await cluster.client.resource(CORE_EVENTS).namespace("default").list({ signal })).items;
  assert.ok(
    events.some(({ reason, message }) => reason === "FailedCreate" && message?.startsWith("Error creating: pods ")),
  );
  assert.deepEqual(await used(story), { pods: "2" });
});

test("what goes is given back, and two that race for the last place do not both get it", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster, clock } = story;
  await withQuota(story, { pods: "1", "requests.cpu": "1" });
  const pods = cluster.client.resource(PODS).namespace("default");
  const race = await Promise.all(
    ["a", "b", "c"].map((name) => refusal(pods.create(pod(name, { cpu: "300m" }), { signal }))),
  );
  assert.equal(race.filter((message) => message === "").length, 1);
  assert.deepEqual(await used(story), { pods: "1", "requests.cpu": "300m" });
  await pods.deleteCollection({ signal, gracePeriodSeconds: 0 });
  await clock.advanceUntil(async () => (await used(story))?.["pods"] === "0", LIMIT);
});

test("containers must name what a quota limits", async () => {
  await using story = await virtualCluster();
  await withQuota(story, { "requests.cpu": "1", "requests.memory": "1Gi" });
  const pods = story.cluster.client.resource(PODS).namespace("default");
  assert.equal(
    await refusal(pods.create(pod("p", { memory: "1Mi" }), { signal })),
    'pods "p" is forbidden: failed quota: q: must specify requests.cpu for: c',
  );
});

test("a quota holds from when it was counted; one that is counted in part lets nothing through", async () => {
  await using story = await virtualCluster({ apiOnly: true });
  const { cluster } = story;
  const quotas = cluster.client.resource(RESOURCE_QUOTAS).namespace("default");
  const hard = { "count/configmaps": "5" };
  const quota = await quotas.create({ metadata: { name: "q" }, spec: { hard } }, { signal });
  const maps = cluster.client.resource(CONFIG_MAPS).namespace("default");
  assert.equal(await refusal(maps.create({ metadata: { name: "early" } }, { signal })), "");
  await quotas.updateStatus({ ...quota, status: { hard } }, { signal });
  const message = await refusal(maps.create({ metadata: { name: "m" } }, { signal }));
  assert.match(message, /status unknown for quota: q, resources: count\/configmaps$/);
});
