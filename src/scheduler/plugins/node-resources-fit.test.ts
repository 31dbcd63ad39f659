// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  filterAnswers,
  scoreAnswers,
  testNode,
  testPod,
  testPodInfo,
  testTable,
} from "../../../test/fixtures/scheduler.ts";
import { CycleState } from "../framework.ts";
import { balancedAllocation } from "./balanced-allocation.ts";
import { type FitOptions, nodeResourcesFit } from "./node-resources-fit.ts";

const GPU = "example.com/gpu";
const fit = nodeResourcesFit();
const asking = (requests: Record<string, string>) =>
  testPodInfo("a", { spec: { containers: [{ name: "c", resources: { requests } }] } });

test("each resource that a node lacks is named, in upstream's order", () => {
  const table = testTable(
    [
      testNode("roomy", { scalars: { "ephemeral-storage": "10Gi", [GPU]: "1" } }),
      testNode("small", { cpu: "1", memory: "1Gi", pods: "1", scalars: { "ephemeral-storage": "1Gi" } }),
      testNode("full", { pods: "1", scalars: { "ephemeral-storage": "10Gi", [GPU]: "1" } }),
    ],
    [testPod("there", { node: "full" }), testPod("also", { node: "small" })],
  );
  const pod = asking({ cpu: "2", memory: "2Gi", "ephemeral-storage": "2Gi", [GPU]: "1" });
  assert.deepEqual(filterAnswers(fit, pod, table), {
    roomy: "",
    small: `Too many pods, Insufficient cpu, Insufficient memory, Insufficient ephemeral-storage, Insufficient ${GPU}`,
    full: "Too many pods",
  });
});

test("a pod fits to the last milli-CPU, and one that asks for nothing fits a full node", () => {
  const table = testTable([testNode("n", { cpu: "1" })], [testPod("there", { node: "n", cpu: "400m" })]);
  assert.deepEqual(filterAnswers(fit, asking({ cpu: "600m" }), table), { n: "" });
  assert.deepEqual(filterAnswers(fit, asking({ cpu: "601m" }), table), { n: "Insufficient cpu" });
  const full = testTable([testNode("n", { cpu: "1" })], [testPod("there", { node: "n", cpu: "1" })]);
  assert.deepEqual(filterAnswers(fit, asking({}), full), { n: "" });
});

test("evicting helps a crowded node, not one that is too small", () => {
  const table = testTable(
    [testNode("crowded", { cpu: "2" }), testNode("small", { cpu: "1" })],
    [testPod("there", { node: "crowded", cpu: "1" })],
  );
  const code = (name: string) => fit.filter!(new CycleState(), asking({ cpu: "2" }), table.slot(name)!, table)?.code;
  assert.equal(code("crowded"), "Unschedulable");
  assert.equal(code("small"), "UnschedulableAndUnresolvable");
});

test("least allocated: the mean of what is left of CPU and memory", () => {
  const table = testTable(
    [testNode("empty", { cpu: "4", memory: "10000" }), testNode("used", { cpu: "10", memory: "20000" })],
    [testPod("there", { node: "used", cpu: "3", memory: "5000" })],
  );
  // (4000-3000)/4000 = 25, (10000-5000)/10000 = 50; (10000-6000)/10000 = 40, (20000-10000)/20000 = 50.
  assert.deepEqual(scoreAnswers(fit, asking({ cpu: "3", memory: "5000" }), table), { empty: 37, used: 45 });
});

test("a container without requests scores as 100m CPU and 200 MiB", () => {
  const table = testTable([testNode("n", { cpu: "1", memory: "400Mi" })]);
  assert.deepEqual(scoreAnswers(fit, asking({}), table), { n: 70 });
});

const strategy = (options: Partial<FitOptions>) =>
  nodeResourcesFit({ strategy: "LeastAllocated", resources: [{ name: "cpu", weight: 1 }], ...options });

test("most allocated prefers the fuller node", () => {
  const table = testTable(
    [testNode("empty", { cpu: "4" }), testNode("used", { cpu: "4" })],
    [testPod("there", { node: "used", cpu: "2" })],
  );
  const most = strategy({ strategy: "MostAllocated" });
  assert.deepEqual(scoreAnswers(most, asking({ cpu: "1" }), table), { empty: 25, used: 75 });
});

test("requested to capacity follows its shape, in whole numbers", () => {
  const falling = strategy({
    strategy: "RequestedToCapacityRatio",
    shape: [
      { utilization: 0, score: 10 },
      { utilization: 70, score: 3 },
      { utilization: 100, score: 0 },
    ],
  });
  const scoreAt = (milli: number) =>
    scoreAnswers(falling, asking({ cpu: `${milli}m` }), testTable([testNode("n", { cpu: "1" })]))["n"];
  assert.equal(scoreAt(0 + 1), 100);
  assert.equal(scoreAt(330), 67);
  assert.equal(scoreAt(700), 30);
  assert.equal(scoreAt(850), 15);
  assert.equal(scoreAt(1_000), 0);
  assert.equal(scoreAt(2_000), 0, "more than there is");
});

test("resources that score nothing do not count in a shape", () => {
  const rising = strategy({
    strategy: "RequestedToCapacityRatio",
    resources: [
      { name: GPU, weight: 2 },
      { name: "cpu", weight: 1 },
    ],
    shape: [
      { utilization: 0, score: 0 },
      { utilization: 100, score: 10 },
    ],
  });
  const table = testTable([testNode("with", { cpu: "1", scalars: { [GPU]: "4" } }), testNode("without", { cpu: "1" })]);
  assert.deepEqual(scoreAnswers(rising, asking({ cpu: "500m", [GPU]: "1" }), table), { with: 33, without: 50 });
  assert.deepEqual(scoreAnswers(rising, asking({ cpu: "500m" }), table), { with: 50, without: 50 });
});

test("a new node wakes a refused pod only if it is large enough", () => {
  const hint = fit.events!.find((registration) => registration.event === "NodeAdd")!.hint!;
  const pod = asking({ cpu: "2", [GPU]: "1" });
  assert.equal(hint(pod, { kind: "NodeAdd", node: testNode("n", { cpu: "1", scalars: { [GPU]: "1" } }) }), "Skip");
  assert.equal(hint(pod, { kind: "NodeAdd", node: testNode("n", { cpu: "4" }) }), "Skip");
  assert.equal(hint(pod, { kind: "NodeAdd", node: testNode("n", { cpu: "2", scalars: { [GPU]: "1" } }) }), "Queue");
});

test("balanced allocation prefers nodes whose CPU and memory are used alike", () => {
  const table = testTable(
    [testNode("even", { cpu: "10", memory: "100" }), testNode("skewed", { cpu: "10", memory: "100" })],
    [testPod("there", { node: "skewed", cpu: "6" })],
  );
  // |0.3-0.5|/2 = 0.1; |0.9-0.5|/2 = 0.2.
  assert.deepEqual(scoreAnswers(balancedAllocation(), asking({ cpu: "3", memory: "50" }), table), {
    even: 90,
    skewed: 80,
  });
  const over = testTable([testNode("over", { cpu: "1", memory: "100" })], [testPod("x", { node: "over", cpu: "3" })]);
  assert.deepEqual(scoreAnswers(balancedAllocation(), asking({ cpu: "1", memory: "50" }), over), { over: 75 });
  assert.deepEqual(
    scoreAnswers(balancedAllocation(), asking({}), table),
    {},
    "a pod that asks for nothing is not scored",
  );
});
