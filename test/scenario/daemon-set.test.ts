// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTROLLER_REVISIONS, DAEMON_SETS } from "../../src/client/index.ts";
import { NODES, PODS } from "../../src/index.ts";
import { deployment, virtualCluster } from "./virtual-time.ts";

const { signal } = new AbortController();
const LIMIT = { limitMs: 300_000 };

const daemonSet = (name: string) => {
  const { selector, template } = deployment(name, 1).spec;
  return { metadata: { name }, spec: { selector, template } };
};

type Story = Awaited<ReturnType<typeof virtualCluster>>;

const daemons = ({ cluster }: Story) => cluster.client.resource(DAEMON_SETS).namespace("default");

async function podNodes({ cluster }: Story): Promise<string[]> {
  const { items } = await cluster.client.resource(PODS).namespace("default").list({ signal });
  return items
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ spec }) => spec.nodeName ?? "")
    .sort();
}

const untilReady = (story: Story, count: number) =>
  story.clock.advanceUntil(
    async () => (await daemons(story).get("agent", { signal })).status.numberReady === count,
    LIMIT,
  );

test("every node gets a pod, also one that comes later, and one whose taint is not tolerated gets none", async () => {
  await using story = await virtualCluster({ simulatedNodes: 2 });
  const { cluster, clock } = story;
  await daemons(story).create(daemonSet("agent"), { signal });
  await untilReady(story, 2);
  cluster.addNode("node-3");
  await untilReady(story, 3);
  assert.deepEqual(await podNodes(story), ["node-1", "node-2", "node-3"]);
  const taints = [{ key: "dedicated", value: "gpu", effect: "NoExecute" }];
  await cluster.client.resource(NODES).patch("node-3", "strategic", { spec: { taints } }, { signal });
  await clock.advanceUntil(async () => (await podNodes(story)).length === 2, LIMIT);
  await clock.advance(10_000);
  const { status } = await daemons(story).get("agent", { signal });
  assert.deepEqual([status.desiredNumberScheduled, status.numberAvailable], [2, 2]);
});

test("a cordoned node keeps and gets its daemons", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await story.clock.advance(5_000);
  await story.cluster.client.resource(NODES).patch("node-1", "merge", { spec: { unschedulable: true } }, { signal });
  await daemons(story).create(daemonSet("agent"), { signal });
  await untilReady(story, 1);
});

test("a rolling update replaces one pod after the other and keeps a revision of each template", async () => {
  await using story = await virtualCluster({ simulatedNodes: 3 });
  const { cluster, clock } = story;
  await daemons(story).create(daemonSet("agent"), { signal });
  await untilReady(story, 3);
  const containers = [{ name: "c", image: "registry.example/c:2" }];
  await daemons(story).patch("agent", "strategic", { spec: { template: { spec: { containers } } } }, { signal });
  let fewest = 3;
  await clock.advanceUntil(async () => {
    const { status, metadata } = await daemons(story).get("agent", { signal });
    fewest = Math.min(fewest, status.numberReady);
    return (
      status.updatedNumberScheduled === 3 &&
      status.numberAvailable === 3 &&
      status.observedGeneration === metadata.generation
    );
  }, LIMIT);
  assert.equal(fewest, 2);
  const revisions = (await cluster.client.resource(CONTROLLER_REVISIONS).namespace("default").list({ signal })).items;
  assert.deepEqual(revisions.map(({ revision }) => revision).sort(), [1, 2]);
});
