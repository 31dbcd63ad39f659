// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodDisruptionBudget } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { testNode, testPod, testPodInfo, TestScheduler } from "../../../test/fixtures/scheduler.ts";
import { splitByBudgets } from "../disruption-budgets.ts";

const budget = (app: string, disruptionsAllowed: number, more: object = {}): Cached<PodDisruptionBudget> =>
  ({
    metadata: { name: app, namespace: "default" },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed, ...more },
  }) as unknown as Cached<PodDisruptionBudget>;

const NODE = { cpu: "4", memory: "8Gi" };
const running = (name: string, node: string, cpu: string, more: object = {}) =>
  testPod(name, { node, cpu, priority: 1, startTime: "2026-01-01T00:00:00Z", ...more });
const urgent = (cpu: string, more: object = {}) => testPod("urgent", { cpu, priority: 100, ...more });

test("weaker pods are evicted for a stronger one, which is promised the node and gets it", async () => {
  await using t = new TestScheduler();
  await t.tell(testNode("n", NODE), running("weak", "n", "3"), urgent("2"));
  assert.deepEqual(t.effects.evicted, ["weak"]);
  assert.deepEqual(t.effects.nominations, [["urgent", "n"]]);
  assert.equal(t.refusal("urgent"), "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate");
  await t.clock.advance(1_100);
  assert.deepEqual(t.places, { urgent: "n" });
});

test("as few pods go as make room, and the least important ones", async () => {
  await using t = new TestScheduler();
  await t.tell(
    testNode("n", NODE),
    running("strong", "n", "1", { priority: 50 }),
    running("old", "n", "1", { startTime: "2026-01-01T00:00:00Z" }),
    running("young", "n", "1", { startTime: "2026-01-01T01:00:00Z" }),
    running("stronger", "n", "1", { priority: 200 }),
    urgent("1"),
  );
  assert.deepEqual(t.effects.evicted, ["young"]);
});

test("pods of the same priority are nobody's victims", async () => {
  await using t = new TestScheduler();
  await t.tell(testNode("n", NODE), running("equal", "n", "3", { priority: 100 }), urgent("2"));
  assert.deepEqual(t.effects.evicted, []);
  assert.equal(
    t.refusal("urgent"),
    "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
  );
});

test("where eviction cannot help, that is said of each node", async () => {
  await using t = new TestScheduler();
  await t.tell(
    testNode("small", { cpu: "1" }),
    testNode("crowded", NODE),
    running("weak", "crowded", "1"),
    running("equal", "crowded", "3", { priority: 100 }),
    urgent("2"),
  );
  assert.equal(
    t.refusal("urgent"),
    "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 1 Insufficient cpu, 1 Preemption is not helpful for scheduling.",
  );
});

test("a pod that may not preempt waits", async () => {
  await using t = new TestScheduler();
  await t.tell(testNode("n", NODE), running("weak", "n", "3"), urgent("2", { spec: { preemptionPolicy: "Never" } }));
  assert.deepEqual(t.effects.evicted, []);
  assert.match(t.refusal("urgent") ?? "", /preemption: not eligible due to preemptionPolicy=Never\.$/);
});

test("while victims end, a pod evicts no more of them", async () => {
  await using t = new TestScheduler();
  t.effects.victimsGo = false;
  const weak = running("weak", "n", "3");
  await t.tell(testNode("n", NODE), weak, running("other", "n", "1"), urgent("2"));
  assert.deepEqual(t.effects.evicted, ["weak"]);
  const status = {
    conditions: [{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }],
    startTime: "2026-01-01T00:00:00Z",
  };
  await t.tell(running("weak", "n", "3", { deleting: true, status }));
  t.scheduler.queue.activate("uid-default-urgent");
  await t.clock.advance(20_000);
  assert.deepEqual(t.effects.evicted, ["weak"]);
  assert.match(t.refusal("urgent") ?? "", /preemption: not eligible due to a terminating pod on the nominated node\.$/);
  t.scheduler.deletePod(weak);
  await t.clock.advance(20_000);
  assert.deepEqual(t.places, { urgent: "n" });
});

test("a pod that is promised a node keeps its place there from weaker ones", async () => {
  await using t = new TestScheduler();
  t.effects.victimsGo = false;
  const weak = running("weak", "n", "4");
  await t.tell(testNode("n", NODE), weak, urgent("3"));
  t.scheduler.deletePod(weak);
  await t.tell(testPod("late", { cpu: "2", priority: 5 }));
  await t.clock.advance(2_000);
  assert.deepEqual(t.places, { urgent: "n" });
});

test("the node is chosen by fewest broken budgets, then least important victims, then sum, number and age", async () => {
  const chosen = async (left: readonly object[], right: readonly object[], allowed = 5): Promise<string> => {
    await using t = new TestScheduler({ budgets: () => [budget("guarded", allowed)] });
    const pods = (node: string, list: readonly object[]) =>
      list.map((more, i) => running(`${node}-${i}`, node, `${4 / list.length}`, more));
    await t.tell(testNode("left", NODE), testNode("right", NODE), ...pods("left", left), ...pods("right", right));
    await t.tell(urgent("4"));
    return t.effects.nominations[0]![1];
  };
  const guarded = { labels: { app: "guarded" } };
  assert.equal(await chosen([guarded], [{ priority: 9 }], 0), "right", "no budget is broken");
  assert.equal(await chosen([{ priority: 9 }], [{ priority: 8 }]), "right", "least important");
  assert.equal(await chosen([{ priority: 9 }, { priority: 9 }], [{ priority: 9 }, { priority: 1 }]), "right", "sum");
  assert.equal(await chosen([{ priority: -1 }, { priority: -1 }], [{ priority: -1 }]), "right", "number");
  const at = (startTime: string) => ({ startTime });
  assert.equal(await chosen([at("2026-01-01T00:00:00Z")], [at("2026-01-02T00:00:00Z")]), "right", "youngest");
});

test("among candidates on one node those that no budget guards go first", async () => {
  await using t = new TestScheduler({ budgets: () => [budget("guarded", 0)] });
  const guarded = { labels: { app: "guarded" }, priority: 1 };
  await t.tell(
    testNode("n", NODE),
    running("g", "n", "2", guarded),
    running("u", "n", "2", { priority: 9 }),
    urgent("2"),
  );
  assert.deepEqual(t.effects.evicted, ["u"]);
});

test("a stronger pod takes the promise of a node from a weaker one", async () => {
  await using t = new TestScheduler();
  t.effects.victimsGo = false;
  await t.tell(testNode("n", NODE), running("weak", "n", "4"), testPod("middle", { cpu: "4", priority: 10 }));
  assert.deepEqual(t.effects.nominations, [["middle", "n"]]);
  await t.tell(urgent("4"));
  assert.deepEqual(t.effects.nominations, [
    ["middle", "n"],
    ["middle", ""],
    ["urgent", "n"],
  ]);
});

test("a promise is taken back when no eviction would help any more", async () => {
  await using t = new TestScheduler();
  await t.tell(testNode("n", { cpu: "1" }), urgent("2", { status: { nominatedNodeName: "n" } }));
  assert.deepEqual(t.effects.nominations, [["urgent", ""]]);
});

test("a budget counts each pod once, and not those that are counted already", () => {
  const pods = ["a", "b", "c"].map((name) => testPodInfo(name, { labels: { app: "x" } }));
  const split = (...budgets: Cached<PodDisruptionBudget>[]) =>
    splitByBudgets(pods, budgets).violating.map((pod) => pod.name);
  assert.deepEqual(split(budget("x", 1)), ["b", "c"]);
  assert.deepEqual(split(budget("x", 1, { disruptedPods: { a: "2026-01-01T00:00:00Z" } })), ["c"]);
  assert.deepEqual(split(budget("y", 0)), []);
  const everything = { ...budget("x", 0), spec: { selector: {} } } as unknown as Cached<PodDisruptionBudget>;
  assert.deepEqual(split(everything), [], "an empty selector guards nothing here");
});
