// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { labelSelectorOf } from "../apimachinery/index.ts";
import { testNode, testPod, testPodInfo, testTable } from "../../test/fixtures/scheduler.ts";
import { NodeTable } from "./node-table.ts";
import { podInfoOf } from "./pod-info.ts";

const zone = (name: string) => ({ "topology.kubernetes.io/zone": name });

test("pods count on their node, and no more when they leave", () => {
  const table = testTable([testNode("n1", { scalars: { "example.com/gpu": "2" } })]);
  const pod = testPodInfo("a", {
    cpu: "1500m",
    memory: "1Gi",
    spec: {
      containers: [
        {
          name: "c",
          resources: { requests: { cpu: "1500m", memory: "1Gi", "example.com/gpu": "1" } },
          ports: [{ containerPort: 80, hostPort: 8080, protocol: "TCP" }],
        },
      ],
    },
  });
  table.addPod(pod, "n1");
  const slot = table.slot("n1")!;
  assert.equal(table.requestedMilliCpu[slot], 1500);
  assert.equal(table.requestedMemory[slot], 2 ** 30);
  assert.equal(table.scalarRequested("example.com/gpu", slot), 1);
  assert.equal(table.scalarAllocatable("example.com/gpu", slot), 2);
  assert.equal(table.hostPortTaken(slot, { ip: "10.0.0.1", protocol: "TCP", port: 8080 }), true);
  assert.equal(table.hostPortTaken(slot, { ip: "10.0.0.1", protocol: "UDP", port: 8080 }), false);
  table.removePod(pod, "n1");
  assert.equal(table.requestedMilliCpu[slot], 0);
  assert.equal(table.podCount[slot], 0);
  assert.equal(table.scalarRequested("example.com/gpu", slot), 0);
  assert.equal(table.hostPortTaken(slot, { ip: "0.0.0.0", protocol: "TCP", port: 8080 }), false);
});

test("containers that ask for nothing count as small ones when nodes are scored", () => {
  const table = testTable([testNode("n1")], [testPod("a", { node: "n1" })]);
  const slot = table.slot("n1")!;
  assert.equal(table.requestedMilliCpu[slot], 0);
  assert.equal(table.scoringMilliCpu[slot], 100);
  assert.equal(table.scoringMemory[slot], 200 * 2 ** 20);
});

test("a pod that is known before its node, or outlives its node's object, counts when the node is there", () => {
  const table = new NodeTable();
  table.addPod(testPodInfo("early", { cpu: "1" }), "n1");
  table.setNode(testNode("n1"));
  assert.equal(table.requestedMilliCpu[table.slot("n1")!], 1000);
  table.removeNode("n1");
  assert.equal(table.size, 0);
  table.setNode(testNode("n2"));
  assert.equal(table.requestedMilliCpu[table.slot("n2")!], 0, "the slot was cleared for its next node");
  table.setNode(testNode("n1"));
  assert.equal(table.requestedMilliCpu[table.slot("n1")!], 1000);
});

test("zones take turns in the order of the search", () => {
  const table = testTable([
    testNode("a1", { labels: zone("a") }),
    testNode("a2", { labels: zone("a") }),
    testNode("a3", { labels: zone("a") }),
    testNode("b1", { labels: zone("b") }),
    testNode("b2", { labels: zone("b") }),
  ]);
  const names = () => [...table.order].map((slot) => table.names[slot]);
  assert.deepEqual(names(), ["a1", "b1", "a2", "b2", "a3"]);
  table.setNode(testNode("a1", { labels: zone("c") }));
  table.removeNode("b1");
  table.refreshOrder();
  assert.deepEqual(names(), ["a1", "a2", "b2", "a3"]);
});

test("images are known by each of their names, with how many nodes have them", () => {
  const image = (sizeBytes: number) => [{ names: ["app:1", "app@sha256:1"], sizeBytes }];
  const table = testTable([
    testNode("n1", { images: image(100) }),
    testNode("n2", { images: image(100) }),
    testNode("n3"),
  ]);
  const [n1, n2, n3] = ["n1", "n2", "n3"].map((name) => table.slot(name)!) as [number, number, number];
  assert.deepEqual(table.image(n1, "app@sha256:1"), { sizeBytes: 100, nodeCount: 2 });
  assert.equal(table.image(n3, "app:1"), undefined);
  table.setNode(testNode("n2"));
  assert.deepEqual(table.image(n1, "app:1"), { sizeBytes: 100, nodeCount: 1 });
  assert.equal(table.image(n2, "app:1"), undefined);
});

test("nodes with equal taints share one list", () => {
  const taints = [{ key: "a", value: "b", effect: "NoSchedule" }];
  const table = testTable([testNode("n1", { taints }), testNode("n2", { taints: [...taints] }), testNode("n3")]);
  assert.equal(table.taintList[table.slot("n1")!], table.taintList[table.slot("n2")!]);
  assert.equal(table.taintList[table.slot("n3")!], 0);
  assert.deepEqual(table.taintLists[table.taintList[table.slot("n1")!]!]!.taints, taints);
});

test("more nodes than the columns had room for keep their numbers", () => {
  const table = new NodeTable();
  for (let i = 0; i < 200; i++) {
    table.setNode(testNode(`n${i}`, { cpu: String(i + 1) }));
    table.addPod(testPodInfo(`p${i}`, { cpu: "1m" }), `n${i}`);
  }
  for (let i = 0; i < 200; i++) {
    const slot = table.slot(`n${i}`)!;
    assert.equal(table.allocatableMilliCpu[slot], (i + 1) * 1000);
    assert.equal(table.requestedMilliCpu[slot], 1);
  }
});

test("whatever comes and goes, the table holds what is there now", () => {
  const names = ["n1", "n2", "n3"];
  const step = fc.record({
    what: fc.constantFrom("node", "noNode", "pod", "noPod", "ask"),
    node: fc.constantFrom(...names),
    pod: fc.nat(7),
    app: fc.constantFrom("x", "y"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new NodeTable();
      const placed = new Map<number, { info: ReturnType<typeof podInfoOf>; node: string }>();
      const alive = new Set<string>();
      const selector = labelSelectorOf({ matchLabels: { app: "x" } });
      for (const { what, node, pod, app } of steps) {
        if (what === "node") table.setNode(testNode(node));
        if (what === "noNode") table.removeNode(node);
        if (what === "node") alive.add(node);
        if (what === "noNode") alive.delete(node);
        if (what === "ask") table.matching.of("default", selector);
        const there = placed.get(pod);
        if ((what === "pod" || what === "noPod") && there) {
          table.removePod(there.info, there.node);
          placed.delete(pod);
        }
        if (what === "pod") {
          const info = testPodInfo(`p${pod}`, { cpu: `${pod + 1}m`, labels: { app } });
          table.addPod(info, node);
          placed.set(pod, { info, node });
        }
      }
      for (const name of alive) {
        const slot = table.slot(name)!;
        const here = [...placed.values()].filter((p) => p.node === name);
        assert.equal(table.podCount[slot], here.length);
        assert.equal(
          table.requestedMilliCpu[slot],
          here.reduce((sum, p) => sum + p.info.requests.milliCpu, 0),
        );
        const matching = here.filter((p) => p.info.labels["app"] === "x").length;
        assert.equal(table.matching.of("default", selector).get(slot) ?? 0, matching);
      }
    }),
    { numRuns: 200 },
  );
});
