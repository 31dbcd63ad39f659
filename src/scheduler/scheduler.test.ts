// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cached } from "../client/index.ts";
import type { Pod } from "../api/index.ts";
import { testNode, testPod, TestScheduler } from "../../test/fixtures/scheduler.ts";
import { type Plugin, type PluginStatus } from "./framework.ts";
import type { ProfileOptions } from "./scheduler.ts";

const REFUSED: PluginStatus = { code: "Unschedulable", reasons: ["not today"] };

/** The default profile with further plug-ins in front. */
const withPlugins = (...plugins: readonly Plugin[]): { profiles: ProfileOptions[] } => ({
  profiles: [
    {
      schedulerName: "default-scheduler",
      plugins: (defaults) => [...plugins.map((plugin) => ({ plugin })), ...defaults],
    },
  ],
});

test("a pod is bound to the best node, and its event says so", async () => {
  await using t = new TestScheduler();
  await t.tell(testNode("used"), testNode("empty"), testPod("there", { node: "used", cpu: "2" }));
  await t.tell(testPod("new", { cpu: "1", memory: "1Gi" }));
  assert.deepEqual(t.places, { new: "empty" });
  assert.deepEqual(t.effects.events, [
    { pod: "new", type: "Normal", reason: "Scheduled", note: "Successfully assigned default/new to empty" },
  ]);
});

test("what is being bound counts at once: no node is given away twice", async () => {
  await using t = new TestScheduler();
  const open = Promise.withResolvers<void>();
  t.effects.answerBind = () => open.promise;
  await t.tell(testNode("n1", { cpu: "1" }), testNode("n2", { cpu: "1" }));
  await t.tell(...["a", "b", "c"].map((name) => testPod(name, { cpu: "1" })));
  assert.match(t.note("c") ?? "", /^0\/2 nodes are available: 2 Insufficient cpu\./);
  open.resolve();
  await t.clock.settle();
  assert.deepEqual(new Set(Object.values(t.places)), new Set(["n1", "n2"]));
});

test("a pod without a place says why, and is placed when a node comes", async () => {
  await using t = new TestScheduler();
  await t.tell(testPod("a", { cpu: "2" }));
  assert.deepEqual(t.effects.conditions, [
    { pod: "a", status: "False", reason: "Unschedulable", message: "no nodes available to schedule pods" },
  ]);
  await t.tell(testNode("small", { cpu: "1" }));
  assert.match(t.note("a") ?? "", /^0\/1 nodes are available: 1 Insufficient cpu\./);
  assert.deepEqual(t.effects.events.at(-1)?.type, "Warning");
  await t.tell(testNode("large", { cpu: "2" }));
  assert.deepEqual(t.places, { a: "large" });
});

test("room that a pod leaves goes to one that waits", async () => {
  await using t = new TestScheduler();
  const there = testPod("there", { node: "n", cpu: "4" });
  await t.tell(testNode("n"), there, testPod("a", { cpu: "2" }));
  assert.deepEqual(t.places, {});
  await t.tell({ ...there, status: { phase: "Succeeded" } } as Cached<Pod>);
  await t.clock.advance(1_000);
  assert.deepEqual(t.places, { a: "n" });
});

test("a cordoned node that is opened again is used", async () => {
  await using t = new TestScheduler();
  const cordoned = testNode("n", { unschedulable: true });
  await t.tell(cordoned, testPod("a"));
  assert.match(t.note("a") ?? "", /1 node\(s\) were unschedulable/);
  t.scheduler.setNode(testNode("n"), cordoned);
  await t.clock.advance(1_000);
  assert.deepEqual(t.places, { a: "n" });
});

test("a binding that the API refuses is undone, told, and tried again after a while", async () => {
  await using t = new TestScheduler();
  t.effects.answerBind = () => Promise.reject(new Error('Operation cannot be fulfilled on pods/binding "a"'));
  await t.tell(testNode("n", { cpu: "1" }), testPod("a", { cpu: "1" }));
  assert.deepEqual(t.effects.conditions, [
    {
      pod: "a",
      status: "False",
      reason: "SchedulerError",
      message: 'running Bind plugin "DefaultBinder": Operation cannot be fulfilled on pods/binding "a"',
    },
  ]);
  assert.equal(t.scheduler.nodes.requestedMilliCpu[t.scheduler.nodes.slot("n")!], 0);
  t.effects.answerBind = () => Promise.resolve();
  await t.clock.settle();
  assert.deepEqual(t.places, {}, "errors are not retried at once");
  await t.clock.advance(1_000);
  assert.deepEqual(t.places, { a: "n" });
});

test("a place that a failed binding gives back goes to one that waits for it", async () => {
  await using t = new TestScheduler();
  const open = Promise.withResolvers<void>();
  t.effects.answerBind = (pod) => (pod.name === "a" ? open.promise : Promise.resolve());
  await t.tell(testNode("n", { cpu: "1" }), testPod("a", { cpu: "1" }), testPod("b", { cpu: "1" }));
  assert.deepEqual(t.places, {});
  t.effects.answerBind = (pod) => (pod.name === "a" ? Promise.reject(new Error("gone")) : Promise.resolve());
  open.reject(new Error("gone"));
  await t.clock.settle();
  assert.deepEqual(t.places, { b: "n" });
});

test("a pod that is deleted while it is being bound is forgotten", async () => {
  await using t = new TestScheduler();
  const open = Promise.withResolvers<void>();
  t.effects.answerBind = () => open.promise;
  const pod = testPod("a", { cpu: "1" });
  await t.tell(testNode("n"), pod);
  t.scheduler.deletePod(pod);
  open.reject(new Error('pods "a" not found'));
  await t.clock.advance(400_000);
  assert.equal(t.scheduler.nodes.podCount[0], 0);
  assert.equal(t.scheduler.queue.get("uid-default-a"), undefined);
});

test("a pod on its way out is not placed", async () => {
  await using t = new TestScheduler();
  await t.tell(testNode("n"), testPod("a", { deleting: true }));
  assert.deepEqual(t.places, {});
  assert.equal(t.note("a"), "skip schedule deleting pod: default/a");
});

test("another scheduler's pods are left alone, and count where they are", async () => {
  await using t = new TestScheduler();
  await t.tell(testNode("n", { cpu: "1" }), testPod("a", { spec: { schedulerName: "nobody" } }));
  await t.tell(testPod("b", { node: "n", cpu: "1", spec: { schedulerName: "nobody" } }), testPod("c", { cpu: "1" }));
  assert.deepEqual(t.places, {});
  assert.deepEqual(
    t.effects.events.map((event) => event.pod),
    ["c"],
  );
});

test("a pod that somebody else bound meanwhile leaves the queue", async () => {
  await using t = new TestScheduler();
  await t.tell(testNode("n", { cpu: "1" }), testPod("a", { cpu: "2" }));
  await t.tell(testPod("a", { cpu: "2", node: "n" }));
  await t.clock.advance(400_000);
  assert.deepEqual(t.places, {});
  assert.equal(t.scheduler.nodes.requestedMilliCpu[0], 2000);
});

test("gates keep a pod out of sight until the last is gone", async () => {
  await using t = new TestScheduler();
  await t.tell(testNode("n"), testPod("a", { spec: { schedulingGates: [{ name: "example.com/g" }] } }));
  assert.deepEqual(t.effects.events, []);
  assert.deepEqual(t.places, {});
  await t.tell(testPod("a", { spec: { schedulingGates: [] } }));
  assert.deepEqual(t.places, { a: "n" });
});

test("what makes no difference to scheduling does not try a pod again", async () => {
  await using t = new TestScheduler();
  await t.tell(testNode("n"), testPod("a", { spec: { nodeSelector: { disk: "ssd" } } }));
  const tries = t.effects.events.length;
  await t.tell(testPod("a", { spec: { nodeSelector: { disk: "ssd" } }, status: { phase: "Pending" } }));
  await t.clock.advance(2_000);
  assert.equal(t.effects.events.length, tries);
  await t.tell(testPod("a", { spec: {} }));
  await t.clock.advance(2_000);
  assert.deepEqual(t.places, { a: "n" });
});

test("a plug-in that reserves may refuse; what was reserved is given back in reverse", async () => {
  const calls: string[] = [];
  const reserving = (name: string, refuses: boolean): Plugin => ({
    name,
    reserve() {
      calls.push(`reserve ${name}`);
      return refuses ? { ...REFUSED } : undefined;
    },
    unreserve: () => {
      calls.push(`unreserve ${name}`);
    },
  });
  await using t = new TestScheduler(withPlugins(reserving("A", false), reserving("B", true)));
  await t.tell(testNode("n"), testPod("a", { cpu: "1" }));
  assert.deepEqual(calls, ["reserve A", "reserve B", "unreserve B", "unreserve A"]);
  assert.equal(t.note("a"), "0/1 nodes are available: 1 not today.");
  assert.equal(t.scheduler.nodes.podCount[0], 0);
});

const permitting = (result: ReturnType<NonNullable<Plugin["permit"]>>): Plugin => ({
  name: "Gang",
  permit: () => result,
});

test("a pod waits for permission while its place is kept", async () => {
  await using t = new TestScheduler(withPlugins(permitting({ wait: true, timeoutMs: 90_000 })));
  await t.tell(testNode("n", { cpu: "1" }), testPod("a", { cpu: "1" }));
  assert.deepEqual(t.places, {});
  assert.deepEqual(
    t.scheduler.waiting.list().map((pod) => pod.name),
    ["a"],
  );
  assert.equal(t.scheduler.nodes.requestedMilliCpu[0], 1000);
  t.scheduler.waiting.allow("uid-default-a", "Gang");
  await t.clock.settle();
  assert.deepEqual(t.places, { a: "n" });
});

test("permission that does not come in time gives the place back", async () => {
  await using t = new TestScheduler(withPlugins(permitting({ wait: true, timeoutMs: 90_000 })));
  await t.tell(testNode("n"), testPod("a", { cpu: "1" }));
  await t.clock.advance(90_000);
  assert.equal(t.note("a"), "0/1 nodes are available: 1 rejected due to timeout after waiting 1m30s at plugin Gang.");
  assert.equal(t.scheduler.nodes.podCount[0], 0);
  assert.equal(t.effects.conditions.at(-1)?.reason, "Unschedulable");
});

test("all plug-ins that hold a pod must let it go, and one refusal is enough", async () => {
  const other: Plugin = { name: "Other", permit: () => ({ wait: true, timeoutMs: 60_000 }) };
  await using t = new TestScheduler(withPlugins(permitting({ wait: true, timeoutMs: 60_000 }), other));
  await t.tell(testNode("n"), testPod("a"), testPod("b"));
  t.scheduler.waiting.allow("uid-default-a", "Gang");
  await t.clock.settle();
  assert.deepEqual(t.places, {});
  t.scheduler.waiting.allow("uid-default-a", "Other");
  t.scheduler.waiting.reject("uid-default-b", { code: "Unschedulable", reasons: ["no quorum"], plugin: "Other" });
  await t.clock.settle();
  assert.deepEqual(t.places, { a: "n" });
  assert.equal(t.note("b"), "0/1 nodes are available: 1 no quorum.");
});

test("permission refused at once is a refusal like a filter's", async () => {
  await using t = new TestScheduler(withPlugins(permitting({ ...REFUSED })));
  await t.tell(testNode("n"), testPod("a"));
  assert.equal(t.note("a"), "0/1 nodes are available: 1 not today.");
  assert.equal(t.scheduler.queue.counts().unschedulable, 1);
});

test("a waiting pod is a victim without an API call", async () => {
  const onlyWeak: Plugin = {
    name: "Gang",
    permit: (_state, pod) => (pod.name === "weak" ? { wait: true, timeoutMs: 600_000 } : undefined),
  };
  await using t = new TestScheduler(withPlugins(onlyWeak));
  await t.tell(testNode("n", { cpu: "1" }), testPod("weak", { cpu: "1", priority: 1 }));
  await t.tell(testPod("urgent", { cpu: "1", priority: 9 }));
  await t.clock.advance(1_100);
  assert.deepEqual(t.effects.evicted, []);
  assert.deepEqual(t.places, { urgent: "n" });
  const preempted = t.effects.events.find((event) => event.reason === "Preempted");
  assert.equal(preempted?.note, "Preempted by pod uid-default-urgent on node n");
});

test("work before the binding may fail or refuse", async () => {
  let answer: PluginStatus | undefined = { code: "Error", reasons: ["volume is stuck"] };
  const plugin: Plugin = { name: "Volumes", preBind: () => Promise.resolve(answer) };
  await using t = new TestScheduler(withPlugins(plugin));
  await t.tell(testNode("n"), testPod("a"));
  assert.equal(t.note("a"), 'running PreBind plugin "Volumes": volume is stuck');
  answer = undefined;
  await t.clock.advance(2_000);
  assert.deepEqual(t.places, { a: "n" });
});

test("a bind plug-in may leave a pod to the next, and what comes after is told of it", async () => {
  const bound: string[] = [];
  const own: Plugin = {
    name: "Own",
    bind: (_state, pod) => Promise.resolve(pod.name === "mine" ? undefined : "skip"),
    postBind: (_state, pod, node) => {
      bound.push(`${pod.name} ${node}`);
    },
  };
  await using t = new TestScheduler(withPlugins(own));
  await t.tell(testNode("n"), testPod("mine"), testPod("other"));
  assert.deepEqual(t.places, { other: "n" });
  assert.deepEqual(bound.sort(), ["mine n", "other n"]);
});

test("each profile has its own plug-ins", async () => {
  const never: Plugin = { name: "Never", filter: () => ({ ...REFUSED }) };
  await using t = new TestScheduler({
    profiles: [
      { schedulerName: "default-scheduler" },
      { schedulerName: "picky", plugins: (defaults) => [...defaults, { plugin: never }] },
    ],
  });
  await t.tell(testNode("n"), testPod("a"), testPod("b", { spec: { schedulerName: "picky" } }));
  assert.deepEqual(t.places, { a: "n" });
  assert.match(t.note("b") ?? "", /^0\/1 nodes are available: 1 not today\./);
});

test("a user's plug-in scores like the others", async () => {
  const favourite: Plugin = {
    name: "Favourite",
    score: (_state, _pod, node, nodes) => (nodes.names[node] === "n3" ? 100 : 0),
  };
  await using t = new TestScheduler({
    profiles: [
      {
        schedulerName: "default-scheduler",
        plugins: (defaults) => [...defaults, { plugin: favourite, weight: 10 }],
      },
    ],
  });
  await t.tell(...["n1", "n2", "n3", "n4"].map((name) => testNode(name)), testPod("a"), testPod("b"));
  assert.deepEqual(t.places, { a: "n3", b: "n3" });
});

test("an event's note is cut where the API ends it, the condition's message is not", async () => {
  const long: Plugin = {
    name: "Long",
    filter: () => ({ code: "UnschedulableAndUnresolvable", reasons: ["x".repeat(2_000)] }),
  };
  await using t = new TestScheduler(withPlugins(long));
  await t.tell(testNode("n"), testPod("a"));
  assert.equal(t.note("a")?.length, 1_024);
  assert(t.note("a")?.endsWith("x ..."));
  assert(t.effects.conditions[0]!.message.length > 2_000);
});

test("replicas that nothing tells otherwise are spread over nodes and zones", async () => {
  await using t = new TestScheduler({
    siblings: {
      services: () => [],
      setSelector: () => ({ matchLabels: { app: "web" } }),
      replicationControllerSelector: () => undefined,
    },
  });
  const zones = ["a", "b", "c"];
  await t.tell(
    ...zones.flatMap((zone) =>
      [1, 2].map((i) => testNode(`${zone}${i}`, { labels: { "topology.kubernetes.io/zone": zone } })),
    ),
  );
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web" };
  for (let i = 0; i < 6; i++) await t.tell(testPod(`web-${i}`, { labels: { app: "web" }, owner }));
  assert.deepEqual(Object.values(t.places).sort(), ["a1", "a2", "b1", "b2", "c1", "c2"]);
});
