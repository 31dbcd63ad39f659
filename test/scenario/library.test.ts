// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster, DEPLOYMENTS, PODS, type SchedulerPlugin, StatusError, unschedulable } from "../../src/index.ts";
import { deployment, virtualCluster } from "./virtual-time.ts";

const { signal } = new AbortController();
const LIMIT = { limitMs: 120_000 };

const evenNodesOnly: SchedulerPlugin = {
  name: "EvenNodesOnly",
  filter: (_state, _pod, node, nodes) =>
    Number(nodes.names[node]!.split("-").at(-1)) % 2 === 0 ? undefined : unschedulable("node(s) were odd"),
};

test("a scheduler plug-in of the user's own decides with the default ones", async () => {
  await using story = await virtualCluster({
    simulatedNodes: 4,
    schedulerProfiles: [
      { schedulerName: "default-scheduler", plugins: (defaults) => [...defaults, { plugin: evenNodesOnly }] },
    ],
  });
  const { cluster, clock } = story;
  const deployments = cluster.client.resource(DEPLOYMENTS).namespace("default");
  await deployments.create(deployment("web", 4), { signal });
  await clock.advanceUntil(async () => (await deployments.get("web", { signal })).status.readyReplicas === 4, LIMIT);
  const { items } = await cluster.client.resource(PODS).namespace("default").list({ signal });
  assert.deepEqual([...new Set(items.map((pod) => pod.spec.nodeName))].sort(), ["node-2", "node-4"]);
});

test("an admission plug-in of the user's own refuses, and nothing is stored", async () => {
  await using story = await virtualCluster({
    apiOnly: true,
    places: {
      validatingWebhooks: {
        name: "NoDeployments",
        handles: ({ resource, operation }) => resource === "deployments" && operation === "CREATE",
        validate() {
          throw new StatusError({ message: "not today", reason: "Forbidden", code: 403 });
        },
      },
    },
  });
  const deployments = story.cluster.client.resource(DEPLOYMENTS).namespace("default");
  await assert.rejects(deployments.create(deployment("web", 1), { signal }), /not today/);
  assert.equal((await deployments.list({ signal })).items.length, 0);
});

test("wrong node names and counts are refused in words", async () => {
  await assert.rejects(Cluster.start({ simulatedNodes: -1 }), /give a whole number/);
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const { cluster } = story;
  assert.throws(() => cluster.addNode("node-1"), /runs already/);
  assert.throws(() => cluster.addNode("Bad_Name!"), /is no name for a node/);
  await assert.rejects(cluster.killNode("other"), /No node other runs; there are node-1/);
});
