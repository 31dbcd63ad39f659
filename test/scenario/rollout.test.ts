// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cluster, CORE_EVENTS, DEPLOYMENTS, PODS, REPLICA_SETS, type VirtualClock } from "../../src/index.ts";
import { isPodReady } from "../../src/rules/index.ts";
import { deployment, virtualCluster } from "./virtual-time.ts";

const { signal } = new AbortController();
const LIMIT = { limitMs: 300_000 };
const REVISION = "deployment.kubernetes.io/revision";

const deployments = (cluster: Cluster) => cluster.client.resource(DEPLOYMENTS).namespace("default");
const replicaSets = (cluster: Cluster) => cluster.client.resource(REPLICA_SETS).namespace("default");

const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: "c", image: name }] } } } });

/** Advances until the deployment says that it is done with its newest generation. */
async function untilComplete(cluster: Cluster, clock: VirtualClock, each?: () => Promise<void>): Promise<void> {
  await clock.advanceUntil(async () => {
    await each?.();
    const { metadata, spec, status } = await deployments(cluster).get("web", { signal });
    const done = status.updatedReplicas === spec.replicas && status.replicas === spec.replicas;
    const { availableReplicas, observedGeneration } = status;
    return done && availableReplicas === spec.replicas && observedGeneration === metadata.generation;
  }, LIMIT);
}

test("a rolling update never has too many pods or too few ready ones, and can be rolled back", async () => {
  await using story = await virtualCluster({ simulatedNodes: 3 });
  const { cluster, clock } = story;
  await deployments(cluster).create(deployment("web", 8), { signal });
  await untilComplete(cluster, clock);
  await deployments(cluster).patch("web", "strategic", image("registry.example/c:2"), { signal });
  let [most, fewestReady] = [0, 8];
  await untilComplete(cluster, clock, async () => {
    const { items } = await cluster.client.resource(PODS).namespace("default").list({ signal });
    const live = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    most = Math.max(most, live.length);
    fewestReady = Math.min(fewestReady, live.filter(isPodReady).length);
  });
  assert.ok(most <= 10, `${most} pods at once`);
  assert.ok(fewestReady >= 6, `${fewestReady} ready pods`);
  const sets = (await replicaSets(cluster).list({ signal })).items;
  assert.deepEqual(sets.map(({ spec }) => spec.replicas).sort(), [0, 8]);

  await deployments(cluster).patch("web", "strategic", image("registry.example/c:1"), { signal });
  await untilComplete(cluster, clock);
  const web = await deployments(cluster).get("web", { signal });
  assert.equal(web.metadata.annotations?.[REVISION], "3");
  const current = (await replicaSets(cluster).list({ signal })).items.find(({ spec }) => spec.replicas === 8);
  assert.equal(current?.metadata.annotations?.["deployment.kubernetes.io/revision-history"], "1");
});

test("events tell each step of a rollout in upstream's words", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster, clock } = story;
  await deployments(cluster).create(deployment("web", 2), { signal });
  await untilComplete(cluster, clock);
  await clock.advance(1_000);
  const { items } = await cluster.client.resource(CORE_EVENTS).namespace("default").list({ signal });
  const [set] = (await replicaSets(cluster).list({ signal })).items;
  const said = items.map((e) => `${e.reportingComponent} ${e.reason}: ${e.message}`);
  assert.ok(
    said.includes(`deployment-controller ScalingReplicaSet: Scaled up replica set ${set?.metadata.name} from 0 to 2`),
  );
  assert.equal(
    said.filter((text) => text.startsWith("replicaset-controller SuccessfulCreate: Created pod: web-")).length,
    2,
  );
});

test("a paused deployment changes nothing until it is resumed, and scales meanwhile", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster, clock } = story;
  await deployments(cluster).create(deployment("web", 2), { signal });
  await untilComplete(cluster, clock);
  await deployments(cluster).patch("web", "merge", { spec: { paused: true } }, { signal });
  await deployments(cluster).patch("web", "strategic", image("registry.example/c:2"), { signal });
  await deployments(cluster).patch("web", "merge", { spec: { replicas: 4 } }, { signal });
  await clock.advance(30_000);
  const sets = (await replicaSets(cluster).list({ signal })).items;
  assert.deepEqual(
    sets.map(({ spec }) => spec.replicas),
    [4],
  );
  await deployments(cluster).patch("web", "merge", { spec: { paused: false } }, { signal });
  await untilComplete(cluster, clock);
  assert.equal((await replicaSets(cluster).list({ signal })).items.length, 2);
});

test("a rollout that cannot go on is reported late after its deadline", async () => {
  await using story = await virtualCluster();
  const { cluster, clock } = story;
  const slow = deployment("web", 1);
  await deployments(cluster).create({ ...slow, spec: { ...slow.spec, progressDeadlineSeconds: 60 } }, { signal });
  await clock.advance(59_000);
  const progressing = async () =>
    (await deployments(cluster).get("web", { signal })).status.conditions?.find(({ type }) => type === "Progressing");
  assert.equal((await progressing())?.status, "True");
  await clock.advance(5_000);
  assert.equal((await progressing())?.reason, "ProgressDeadlineExceeded");
});

test("a replica set adopts pods that match, releases those that match no longer, and replaces them", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster, clock } = story;
  const pods = cluster.client.resource(PODS).namespace("default");
  const { template, selector } = deployment("web", 2).spec;
  await pods.create({ metadata: { name: "bare", labels: { app: "web" } }, spec: template.spec }, { signal });
  await clock.advance(2_000);
  const set = await replicaSets(cluster).create(
    { metadata: { name: "web" }, spec: { replicas: 2, selector, template } },
    { signal },
  );
  await clock.advanceUntil(
    async () => (await replicaSets(cluster).get("web", { signal })).status.readyReplicas === 2,
    LIMIT,
  );
  assert.equal((await pods.get("bare", { signal })).metadata.ownerReferences?.[0]?.uid, set.metadata.uid);
  assert.equal((await pods.list({ signal })).items.length, 2);
  await pods.patch("bare", "merge", { metadata: { labels: { app: "other" } } }, { signal });
  await clock.advanceUntil(async () => (await pods.list({ signal })).items.length === 3, LIMIT);
  assert.equal((await pods.get("bare", { signal })).metadata.ownerReferences, undefined);
});
