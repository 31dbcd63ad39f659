// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { PERSISTENT_VOLUME_CLAIMS, STATEFUL_SETS } from "../../src/client/index.ts";
import { CORE_EVENTS, PODS } from "../../src/index.ts";
import { deployment, virtualCluster } from "./virtual-time.ts";

const { signal } = new AbortController();
const LIMIT = { limitMs: 300_000 };

type Story = Awaited<ReturnType<typeof virtualCluster>>;

const statefulSet = (replicas: number, more: Record<string, unknown> = {}) => {
  const { selector, template } = deployment("db", replicas).spec;
  return { metadata: { name: "db" }, spec: { replicas, selector, template, serviceName: "db", ...more } };
};

const sets = ({ cluster }: Story) => cluster.client.resource(STATEFUL_SETS).namespace("default");
const pods = ({ cluster }: Story) => cluster.client.resource(PODS).namespace("default");

const untilReady = (story: Story, count: number) =>
  story.clock.advanceUntil(async () => {
    const { status, metadata } = await sets(story).get("db", { signal });
    const { readyReplicas = 0, replicas, observedGeneration } = status;
    return readyReplicas === count && replicas === count && observedGeneration === metadata.generation;
  }, LIMIT);

/** The names of pods in the order in which an event with that reason named them. */
async function said({ cluster }: Story, reason: string): Promise<string[]> {
  const { items } = await cluster.client.resource(CORE_EVENTS).namespace("default").list({ signal });
  return items
    .filter((event) => event.reason === reason && event.involvedObject.kind === "StatefulSet")
    .sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1))
    .map(({ message = "" }) => /Pod (\S+)/.exec(message)?.[1] ?? "");
}

test("pods are made in order, with names, host names and numbers of their own, and taken away from the end", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await sets(story).create(statefulSet(3), { signal });
  await untilReady(story, 3);
  assert.deepEqual(await said(story, "SuccessfulCreate"), ["db-0", "db-1", "db-2"]);
  const last = await pods(story).get("db-2", { signal });
  assert.equal(last.spec.hostname, "db-2");
  assert.equal(last.spec.subdomain, "db");
  assert.equal(last.metadata.labels?.["apps.kubernetes.io/pod-index"], "2");
  await sets(story).patch("db", "merge", { spec: { replicas: 1 } }, { signal });
  await untilReady(story, 1);
  await story.clock.advance(1_000);
  assert.deepEqual(await said(story, "SuccessfulDelete"), ["db-2", "db-1"]);
});

test("a rolling update goes from the highest number down, and stops at the partition", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await sets(story).create(statefulSet(3), { signal });
  await untilReady(story, 3);
  const containers = [{ name: "c", image: "registry.example/c:2" }];
  const updateStrategy = { type: "RollingUpdate", rollingUpdate: { partition: 1 } };
  await sets(story).patch(
    "db",
    "strategic",
    { spec: { updateStrategy, template: { spec: { containers } } } },
    { signal },
  );
  await story.clock.advanceUntil(async () => {
    const { status } = await sets(story).get("db", { signal });
    return status.updatedReplicas === 2 && status.readyReplicas === 3;
  }, LIMIT);
  await story.clock.advance(30_000);
  assert.deepEqual(await said(story, "SuccessfulDelete"), ["db-2", "db-1"]);
  const images = await Promise.all(["db-0", "db-1", "db-2"].map((name) => pods(story).get(name, { signal })));
  assert.deepEqual(
    images.map(({ spec }) => spec.containers[0]?.image?.at(-1)),
    ["1", "2", "2"],
  );
  const { status } = await sets(story).get("db", { signal });
  assert.notEqual(status.currentRevision, status.updateRevision);
  await sets(story).patch("db", "merge", { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } }, { signal });
  await story.clock.advanceUntil(async () => {
    const now = (await sets(story).get("db", { signal })).status;
    return now.currentRevision === now.updateRevision && now.currentReplicas === 3;
  }, LIMIT);
});

test("parallel sets make all pods at once, and a pod that is deleted comes back under its name", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await sets(story).create(statefulSet(3, { podManagementPolicy: "Parallel" }), { signal });
  await untilReady(story, 3);
  const before = await pods(story).get("db-1", { signal });
  await pods(story).delete("db-1", { signal });
  await story.clock.advanceUntil(async () => {
    const { items } = await pods(story).list({ signal });
    const again = items.find(({ metadata }) => metadata.name === "db-1");
    return again !== undefined && again.metadata.uid !== before.metadata.uid;
  }, LIMIT);
  await untilReady(story, 3);
});

test("each pod has claims of its own, which stay when it goes, or go when the policy says so", async () => {
  await using story = await virtualCluster();
  const volumeClaimTemplates = [
    {
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
  ];
  const persistentVolumeClaimRetentionPolicy = { whenDeleted: "Delete", whenScaled: "Retain" };
  await sets(story).create(statefulSet(1, { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy }), { signal });
  const claims = story.cluster.client.resource(PERSISTENT_VOLUME_CLAIMS).namespace("default");
  await story.clock.advanceUntil(async () => (await claims.list({ signal })).items.length === 1, LIMIT);
  await story.clock.advance(2_000);
  const [claim] = (await claims.list({ signal })).items;
  assert.equal(claim?.metadata.name, "data-db-0");
  assert.equal(claim?.metadata.ownerReferences?.[0]?.kind, "StatefulSet");
  const pod = await pods(story).get("db-0", { signal });
  assert.equal(pod.spec.volumes?.[0]?.persistentVolumeClaim?.claimName, "data-db-0");
});
