// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cluster, CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS, REPLICA_SETS } from "../../src/index.ts";
import { deployment, virtualCluster } from "./virtual-time.ts";

const { signal } = new AbortController();
const LIMIT = { limitMs: 120_000 };

const pods = (cluster: Cluster) => cluster.client.resource(PODS).namespace("default");
const replicaSets = (cluster: Cluster) => cluster.client.resource(REPLICA_SETS).namespace("default");
const deployments = (cluster: Cluster) => cluster.client.resource(DEPLOYMENTS).namespace("default");

const countOf = async (resource: { list(o: { signal: AbortSignal }): Promise<{ items: unknown[] }> }) =>
  (await resource.list({ signal })).items.length;

async function withDeployment(story: Awaited<ReturnType<typeof virtualCluster>>): Promise<void> {
  const { cluster, clock } = story;
  await deployments(cluster).create(deployment("web", 3), { signal });
  await clock.advanceUntil(
    async () => (await deployments(cluster).get("web", { signal })).status.readyReplicas === 3,
    LIMIT,
  );
}

test("what a deployment owns goes after it when it is deleted in the background", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster, clock } = story;
  await withDeployment(story);
  await deployments(cluster).delete("web", { signal });
  await clock.advanceUntil(async () => (await countOf(pods(cluster))) === 0, LIMIT);
  assert.equal(await countOf(replicaSets(cluster)), 0);
});

test("a deployment that is deleted in the foreground goes last", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster, clock } = story;
  await withDeployment(story);
  await deployments(cluster).delete("web", { signal, propagationPolicy: "Foreground" });
  const held = await deployments(cluster).get("web", { signal });
  assert.deepEqual(held.metadata.finalizers, ["foregroundDeletion"]);
  const leftWhenGone: number[] = [];
  await clock.advanceUntil(async () => {
    if ((await countOf(replicaSets(cluster))) > 0) return false;
    leftWhenGone.push(await countOf(pods(cluster)));
    return (await countOf(deployments(cluster))) === 0;
  }, LIMIT);
  assert.deepEqual([...new Set(leftWhenGone)], [0]);
});

test("a deployment that orphans leaves its replica set and pods behind, owned by nobody above", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster, clock } = story;
  await withDeployment(story);
  await deployments(cluster).delete("web", { signal, propagationPolicy: "Orphan" });
  await clock.advanceUntil(async () => (await countOf(deployments(cluster))) === 0, LIMIT);
  await clock.advance(10_000);
  const { items } = await replicaSets(cluster).list({ signal });
  assert.equal(items.length, 1);
  assert.equal(items[0]?.metadata.ownerReferences, undefined);
  assert.equal(await countOf(pods(cluster)), 3);
});

test("an object whose owner never existed goes; one with an owner left keeps that one alone", async () => {
  await using story = await virtualCluster();
  const { cluster, clock } = story;
  const maps = cluster.client.resource(CONFIG_MAPS).namespace("default");
  const owner = await maps.create({ metadata: { name: "owner" } }, { signal });
  const reference = (name: string, uid: string) => ({ apiVersion: "v1", kind: "ConfigMap", name, uid });
  const absent = reference("nobody", "00000000-0000-4000-8000-000000000000");
  const present = reference("owner", owner.metadata.uid);
  await maps.create({ metadata: { name: "lost", ownerReferences: [absent] } }, { signal });
  await maps.create({ metadata: { name: "half", ownerReferences: [absent, present] } }, { signal });
  await clock.advanceUntil(
    async () => (await maps.list({ signal })).items.every((m) => m.metadata.name !== "lost"),
    LIMIT,
  );
  await clock.advance(5_000);
  const half = await maps.get("half", { signal });
  assert.deepEqual(half.metadata.ownerReferences, [present]);
});

test("a namespace that is deleted takes its content along, and goes when the last finalizer does", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster, clock } = story;
  const namespaces = cluster.client.resource(NAMESPACES);
  await namespaces.create({ metadata: { name: "doomed" }, spec: {} }, { signal });
  const maps = cluster.client.resource(CONFIG_MAPS).namespace("doomed");
  await maps.create({ metadata: { name: "held", finalizers: ["example.com/hold"] } }, { signal });
  const doomed = cluster.client.resource(DEPLOYMENTS).namespace("doomed");
  await clock.advance(1_000);
  await doomed.create(deployment("web", 2), { signal });
  await clock.advanceUntil(async () => (await doomed.get("web", { signal })).status.readyReplicas === 2, LIMIT);
  await namespaces.delete("doomed", { signal });
  await clock.advance(60_000);
  const terminating = await namespaces.get("doomed", { signal });
  assert.equal(terminating.status.phase, "Terminating");
  const remaining = terminating.status.conditions?.find(({ type }) => type === "NamespaceContentRemaining");
  assert.equal(remaining?.message, "Some resources are remaining: configmaps. has 1 resource instances");
  await maps.patch("held", "merge", { metadata: { finalizers: null } }, { signal });
  await clock.advanceUntil(
    async () => (await namespaces.list({ signal })).items.every((n) => n.metadata.name !== "doomed"),
    LIMIT,
  );
});
