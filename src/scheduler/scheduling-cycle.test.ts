// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { testNode, testPodInfo, testTable } from "../../test/fixtures/scheduler.ts";
import { SeededRandom } from "../simulation/index.ts";
import { fitErrorMessage } from "./fit-error.ts";
import type { Plugin } from "./framework.ts";
import type { NodeTable } from "./node-table.ts";
import { prioritySort } from "./plugins/priority-sort.ts";
import { Profile } from "./profile.ts";
import { feasibleNodesWanted, noNominatedPods, SchedulingCycle } from "./scheduling-cycle.ts";

const profileOf = (plugins: readonly Plugin[], percentageOfNodesToScore = 0): Profile =>
  new Profile("test", [{ plugin: prioritySort() }, ...plugins.map((plugin) => ({ plugin }))], {
    percentageOfNodesToScore,
  });

const cycleOf = (table: NodeTable): SchedulingCycle => new SchedulingCycle(table, new SeededRandom(1));
const nodes = (count: number) => Array.from({ length: count }, (_, i) => testNode(`n${i}`));
const WITHOUT = { nominated: noNominatedPods };
const pod = testPodInfo("a");

/** Scores all nodes alike and remembers which it was asked about. */
function spy(): Plugin & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    name: "Spy",
    asked,
    filter(_state, _pod, node, table) {
      asked.push(table.names[node]!);
      return undefined;
    },
    score: () => 1,
  };
}

test("enough nodes are those of upstream's formula", () => {
  const wanted = [
    [0, 10, 10],
    [0, 99, 99],
    [0, 100, 100],
    [0, 1_000, 420],
    [0, 5_000, 500],
    [0, 6_000, 300],
    [0, 20_000, 1_000],
    [40, 1_000, 400],
    [1, 1_000, 100],
    [100, 5_000, 5_000],
  ] as const;
  for (const [percentage, count, expected] of wanted)
    assert.equal(feasibleNodesWanted(percentage, count), expected, `${percentage} % of ${count}`);
});

test("the search goes on where the last one stopped, so that all nodes get their turn", () => {
  const table = testTable(nodes(250));
  const plugin = spy();
  const cycle = cycleOf(table);
  const profile = profileOf([plugin], 1);
  for (let i = 0; i < 3; i++) cycle.run(profile, pod, WITHOUT);
  assert.equal(plugin.asked.length, 300);
  assert.deepEqual(plugin.asked.slice(0, 2), ["n0", "n1"]);
  assert.equal(plugin.asked[100], "n100");
  assert.equal(plugin.asked[250], "n0");
});

test("without scores the first node that fits is enough", () => {
  const table = testTable(nodes(10));
  const { score: _none, ...filterOnly } = spy();
  const plugin = filterOnly as Plugin & { asked: string[] };
  const result = cycleOf(table).run(profileOf([plugin]), pod, WITHOUT);
  assert.equal(result.type, "placed");
  assert.deepEqual(plugin.asked, ["n0"]);
});

test("the node that the pod is promised is asked first, and taken when it fits", () => {
  const table = testTable(nodes(10));
  const plugin = spy();
  const result = cycleOf(table).run(profileOf([plugin]), pod, { ...WITHOUT, nominatedNode: "n7" });
  assert.equal(result.type === "placed" && table.names[result.node], "n7");
  assert.deepEqual(plugin.asked, ["n7"]);
});

test("pods promised a node count there: the pod must fit with them and without them", () => {
  const table = testTable([testNode("n0", { pods: "2" }), testNode("n1", { pods: "2" })]);
  const room: Plugin = {
    name: "Room",
    filter: (_state, _pod, node, t) =>
      t.podCount[node]! + 1 > t.allocatablePods[node]! ? { code: "Unschedulable", reasons: ["full"] } : undefined,
    score: () => 0,
  };
  const promised = [testPodInfo("x"), testPodInfo("y")];
  const result = cycleOf(table).run(profileOf([room]), pod, {
    nominated: (name) => (name === "n0" ? promised : []),
  });
  assert.equal(result.type === "placed" && table.names[result.node], "n1");
  assert.equal(table.podCount[table.slot("n0")!], 0, "the table is as before");
});

test("among the best nodes each has the same chance", () => {
  const table = testTable(nodes(4));
  const plugin: Plugin = { name: "Even", filter: () => undefined, score: (_s, _p, node) => (node === 3 ? 0 : 5) };
  const cycle = cycleOf(table);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 3_000; i++) {
    const result = cycle.run(profileOf([plugin]), pod, WITHOUT);
    if (result.type === "placed") counts[result.node]!++;
  }
  assert.equal(counts[3], 0);
  for (const count of counts.slice(0, 3)) assert(count > 900 && count < 1_100, `${counts}`);
});

test("scores are weighed and added up", () => {
  const table = testTable(nodes(2));
  const scoring = (name: string, scores: readonly number[]): Plugin => ({
    name,
    score: (_s, _p, node) => scores[node]!,
  });
  const profile = new Profile("test", [
    { plugin: prioritySort() },
    { plugin: scoring("A", [10, 0]), weight: 1 },
    { plugin: scoring("B", [0, 6]), weight: 2 },
  ]);
  const result = cycleOf(table).run(profile, pod, WITHOUT);
  assert.equal(result.type === "placed" && table.names[result.node], "n1");
});

const narrowing = (name: string, names: readonly string[]): Plugin => ({
  name,
  preFilter: () => ({ type: "nodes", names: new Set(names) }),
});
const refusing: Plugin = { name: "No", filter: () => ({ code: "Unschedulable", reasons: ["no room"] }) };

test("a pod that plug-ins keep to some nodes is told of them and of the others", () => {
  const table = testTable(nodes(5));
  const result = cycleOf(table).run(profileOf([narrowing("Pin", ["n3", "n4", "gone"]), refusing]), pod, WITHOUT);
  assert(result.type === "unplaced");
  assert.equal(
    fitErrorMessage(result.diagnosis),
    "0/5 nodes are available: 2 no room, 3 node(s) didn't satisfy plugin(s) [Pin].",
  );
  assert.deepEqual(result.diagnosis.plugins, new Set(["Pin", "No"]));
});

test("plug-ins that leave no node between them say so", () => {
  const table = testTable(nodes(3));
  const both = cycleOf(table).run(profileOf([narrowing("B", ["n1"]), narrowing("A", ["n2"])]), pod, WITHOUT);
  assert(both.type === "unplaced");
  assert.equal(
    fitErrorMessage(both.diagnosis),
    "0/3 nodes are available: node(s) didn't satisfy plugin(s) [A B] simultaneously.",
  );
  const one = cycleOf(table).run(profileOf([narrowing("A", [])]), pod, WITHOUT);
  assert(one.type === "unplaced");
  assert.equal(fitErrorMessage(one.diagnosis), "0/3 nodes are available: node(s) didn't satisfy plugin A.");
});

test("a refusal before any node was asked stands for all nodes", () => {
  const table = testTable(nodes(3));
  const plugin: Plugin = {
    name: "Early",
    preFilter: () => ({
      type: "refused",
      status: { code: "UnschedulableAndUnresolvable", reasons: ['persistentvolumeclaim "x" not found'] },
    }),
  };
  const result = cycleOf(table).run(profileOf([plugin, refusing]), pod, WITHOUT);
  assert(result.type === "unplaced");
  assert.equal(
    fitErrorMessage(result.diagnosis, "preemption: no"),
    '0/3 nodes are available: persistentvolumeclaim "x" not found. preemption: no',
  );
  assert.deepEqual([...result.diagnosis.plugins], ["Early"]);
});

test("a filter whose PreFilter has nothing to check is not asked", () => {
  const table = testTable(nodes(2));
  const plugin: Plugin = { ...refusing, preFilter: () => "skip" };
  assert.equal(cycleOf(table).run(profileOf([plugin]), pod, WITHOUT).type, "placed");
});

test("a profile has exactly one queue sort, and each plug-in once", () => {
  assert.throws(() => new Profile("p", []), /exactly one queue sort/);
  assert.throws(
    () => new Profile("p", [{ plugin: prioritySort() }, { plugin: refusing }, { plugin: refusing }]),
    /twice/,
  );
});
