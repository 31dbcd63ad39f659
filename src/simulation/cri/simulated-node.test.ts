// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/index.ts";
import { isNotFound } from "../../apimachinery/index.ts";
import { NODES, PODS } from "../../client/index.ts";
import { startNode, type NodeFixture } from "./node-fixture.ts";

const podOf = (name: string, extra: Partial<Pod["spec"]> = {}, annotations: Record<string, string> = {}): Pod =>
  ({
    metadata: { name, namespace: "default", annotations },
    spec: { nodeName: "node-1", containers: [{ name: "app", image: "app:1" }], ...extra },
  }) as unknown as Pod;

const pods = (f: NodeFixture) => f.client.resource(PODS).namespace("default");

const status = async (f: NodeFixture, name: string) => (await pods(f).get(name, { signal: f.signal })).status;

test("a node registers and becomes ready", async () => {
  await using f = await startNode();
  const node = await f.client.resource(NODES).get("node-1", { signal: f.signal });
  const ready = node.status?.conditions?.find((c) => c.type === "Ready");
  assert.equal(ready?.status, "True");
  assert.equal(ready?.message, "kubelet is posting ready status");
  assert.equal(node.metadata?.labels?.["kubernetes.io/hostname"], "node-1");
});

test("a pod bound to the node runs, and is gone after it was deleted", async () => {
  await using f = await startNode();
  await pods(f).create(podOf("web"), { signal: f.signal });
  await f.until(async () => (await status(f, "web"))?.phase === "Running");
  const running = await status(f, "web");
  assert.equal(running?.conditions?.find((c) => c.type === "Ready")?.status, "True");
  assert.match(running?.podIP ?? "", /^100\.64\.1\./);
  await pods(f).delete("web", { signal: f.signal });
  await f.until(async () => {
    try {
      await pods(f).get("web", { signal: f.signal });
      return false;
    } catch (error) {
      return isNotFound(error);
    }
  });
  assert.equal(f.node.kubelet.workers.size, 0);
});
