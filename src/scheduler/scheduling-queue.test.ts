// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { testNode, testPodInfo, type PodFields } from "../../test/fixtures/scheduler.ts";
import { macrotask } from "../platform/time/real-clock.ts";
import { VirtualClock } from "../simulation/index.ts";
import type { EventRegistration } from "./framework.ts";
import { prioritySort } from "./plugins/priority-sort.ts";
import type { PodInfo } from "./pod-info.ts";
import { type QueuedPod, SchedulingQueue } from "./scheduling-queue.ts";

const FIT = new Set(["Fit"]);
const NONE: ReadonlySet<string> = new Set();

/** A queue on a clock of its own, with hints of two plug-ins. */
class Fixture {
  readonly clock = new VirtualClock({ macrotask });
  readonly gated = new Set<string>();
  readonly queue: SchedulingQueue;
  ready = 0;

  constructor(hints: Readonly<Record<string, readonly EventRegistration[]>> = {}) {
    const sort = prioritySort();
    this.queue = new SchedulingQueue({
      clock: this.clock,
      less: (a, b) => sort.less!(a, b),
      preEnqueue: (pod) =>
        this.gated.has(pod.name)
          ? { plugin: "Gate", status: { code: "UnschedulableAndUnresolvable", reasons: ["gated"] } }
          : undefined,
      hints: new Map(
        Object.entries({ Fit: [{ event: "AssignedPodDelete" }], Other: [{ event: "NodeAdd" }], ...hints } as const),
      ),
      onReady: () => {
        this.ready++;
      },
    });
  }

  async add(name: string, fields: PodFields = {}): Promise<PodInfo> {
    const pod = testPodInfo(name, fields);
    this.queue.add(pod);
    await this.clock.advance(1);
    return pod;
  }

  /** Takes the next pod; fails when there is none. */
  pop(): QueuedPod {
    const queued = this.queue.pop();
    assert(queued, "the queue has a pod");
    return queued;
  }

  names(): string[] {
    const names: string[] = [];
    for (let queued = this.queue.pop(); queued; queued = this.queue.pop()) names.push(queued.pod.name);
    return names;
  }
}

test("pods come by priority, and by arrival among equals", async () => {
  const f = new Fixture();
  await f.add("old");
  await f.add("young");
  await f.add("urgent", { priority: 10 });
  assert.deepEqual(f.names(), ["urgent", "old", "young"]);
});

test("a refused pod waits until an event that its plug-in named", async () => {
  const f = new Fixture();
  await f.add("a");
  f.queue.park(f.pop(), FIT);
  await f.clock.advance(1_500);
  f.queue.event({ kind: "NodeAdd", node: testNode("n") });
  assert.deepEqual(f.queue.counts(), { active: 0, backoff: 0, unschedulable: 1, gated: 0 });
  f.queue.event({ kind: "AssignedPodDelete" });
  assert.deepEqual(f.queue.counts(), { active: 1, backoff: 0, unschedulable: 0, gated: 0 });
});

test("a hint decides for each pod whether an event helps it", async () => {
  const f = new Fixture({ Fit: [{ event: "NodeAdd", hint: (pod) => (pod.name === "b" ? "Queue" : "Skip") }] });
  await f.add("a");
  await f.add("b");
  f.queue.park(f.pop(), FIT);
  f.queue.park(f.pop(), FIT);
  await f.clock.advance(1_500);
  f.queue.event({ kind: "NodeAdd", node: testNode("n") });
  assert.deepEqual(f.names(), ["b"]);
});

test("an event that spares one pod does not move it", async () => {
  const f = new Fixture();
  const pod = await f.add("a");
  f.queue.park(f.pop(), FIT);
  f.queue.event({ kind: "AssignedPodDelete" }, pod.uid);
  assert.equal(f.queue.counts().unschedulable, 1);
});

test("refusals back off for 1, 2, 4, 8 and then 10 seconds", async () => {
  const f = new Fixture();
  await f.add("a");
  const waits: number[] = [];
  for (let i = 0; i < 6; i++) {
    const queued = f.pop();
    const parkedAtMs = Math.floor(f.clock.monotonicMs() / 1_000) * 1_000;
    f.queue.park(queued, FIT);
    waits.push((queued.backoffUntilMs - parkedAtMs) / 1_000);
    f.queue.event({ kind: "AssignedPodDelete" });
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 10, 10]);
});

test("errors back off by their own count, which a refusal sets back", async () => {
  const f = new Fixture();
  await f.add("a");
  const waits: number[] = [];
  for (const rejectors of [FIT, FIT, NONE, NONE, FIT, NONE]) {
    const queued = f.pop();
    f.queue.park(queued, rejectors);
    waits.push((queued.backoffUntilMs - Math.floor(f.clock.monotonicMs() / 1_000) * 1_000) / 1_000);
    f.queue.event({ kind: "AssignedPodDelete" });
    await f.clock.advance(11_000);
  }
  assert.deepEqual(waits, [1, 2, 1, 2, 4, 1]);
});

test("a refused pod that backs off is taken when nothing else waits; one that failed is not", async () => {
  const f = new Fixture();
  await f.add("failed");
  f.queue.park(f.pop(), NONE);
  await f.add("refused");
  f.queue.park(f.pop(), FIT);
  f.queue.event({ kind: "AssignedPodDelete" });
  await f.add("new");
  assert.deepEqual(f.queue.counts(), { active: 1, backoff: 2, unschedulable: 0, gated: 0 });
  assert.deepEqual(f.names(), ["new", "refused"]);
  await f.clock.advance(1_000);
  assert.deepEqual(f.names(), ["failed"]);
});

test("pods whose backoff ends in the same second are taken by priority", async () => {
  const f = new Fixture();
  await f.clock.advance(100);
  await f.add("low");
  f.queue.park(f.pop(), FIT);
  await f.add("high", { priority: 5 });
  f.queue.park(f.pop(), FIT);
  f.queue.event({ kind: "AssignedPodDelete" });
  assert.equal(f.queue.counts().backoff, 2);
  assert.deepEqual(f.names(), ["high", "low"]);
});

test("a pod that no event helped is tried again after five minutes", async () => {
  const f = new Fixture();
  await f.add("a");
  f.queue.park(f.pop(), FIT);
  await f.clock.advance(300_000);
  assert.equal(f.queue.counts().unschedulable, 1);
  await f.clock.advance(30_000);
  assert.equal(f.queue.counts().active, 1);
});

test("a gated pod waits for its own change or for an event of the plug-in that holds it", async () => {
  const f = new Fixture({ Gate: [{ event: "PvcChange" }] });
  f.gated.add("a").add("b");
  const a = await f.add("a");
  await f.add("b");
  assert.deepEqual(f.queue.counts(), { active: 0, backoff: 0, unschedulable: 0, gated: 2 });
  f.gated.delete("a");
  f.queue.update(a, true);
  assert.deepEqual(f.names(), ["a"]);
  f.queue.event({ kind: "PvcChange" });
  assert.equal(f.queue.counts().gated, 1, "still held");
  f.gated.delete("b");
  f.queue.event({ kind: "NodeAdd", node: testNode("n") });
  assert.equal(f.queue.counts().gated, 1, "not an event of the plug-in");
  f.queue.event({ kind: "PvcChange" });
  assert.deepEqual(f.names(), ["b"]);
});

test("what happened while a pod was being placed is not lost to it", async () => {
  const f = new Fixture();
  await f.add("a");
  const queued = f.pop();
  f.queue.event({ kind: "NodeAdd", node: testNode("n") });
  f.queue.park(queued, FIT);
  assert.equal(f.queue.counts().unschedulable, 1, "nothing that its plug-in waits for");
  f.queue.activate(queued.pod.uid);
  const again = f.pop();
  f.queue.event({ kind: "AssignedPodDelete" });
  f.queue.park(again, FIT);
  assert.equal(f.queue.counts().backoff, 1);
});

test("a pod whose object changed while it was being placed is tried again", async () => {
  const f = new Fixture({ Fit: [{ event: "UnscheduledPodUpdate" }] });
  const pod = await f.add("a");
  const queued = f.pop();
  f.queue.update(pod, false);
  f.queue.park(queued, FIT);
  assert.equal(f.queue.counts().unschedulable, 1);
  f.queue.update(pod, true);
  assert.equal(f.queue.counts().backoff, 1);
  const again = f.pop();
  f.queue.update(pod, true);
  f.queue.park(again, FIT);
  assert.equal(f.queue.counts().backoff, 1);
});

test("a pod that is removed does not come back, wherever it was", async () => {
  const f = new Fixture();
  for (const name of ["active", "parked", "backing-off", "in-flight"]) await f.add(name);
  f.queue.remove("uid-default-active");
  const [parked, backingOff, inFlight] = [f.pop(), f.pop(), f.pop()];
  f.queue.park(parked, FIT);
  f.queue.park(backingOff, NONE);
  for (const queued of [parked, backingOff, inFlight]) f.queue.remove(queued.pod.uid);
  f.queue.park(inFlight, FIT);
  f.queue.event({ kind: "AssignedPodDelete" });
  await f.clock.advance(400_000);
  assert.deepEqual(f.names(), []);
  assert.equal(f.queue.get("uid-default-in-flight"), undefined);
});

test("a pod is promised one node at a time, for pods that are no more important", async () => {
  const f = new Fixture();
  const strong = await f.add("strong", { priority: 10, status: { nominatedNodeName: "n1" } });
  const weak = await f.add("weak", { priority: 1 });
  const { nominations } = f.queue;
  nominations.set(f.queue.get(weak.uid)!, "n1");
  const names = (priority: number) =>
    nominations.countingOn("n1", testPodInfo("asking", { priority })).map((pod) => pod.name);
  assert.deepEqual(names(1), ["strong", "weak"]);
  assert.deepEqual(names(5), ["strong"]);
  assert.deepEqual(nominations.countingOn("n1", strong), [], "not for itself, and not for weaker ones");
  assert.deepEqual(
    nominations.weakerOn("n1", strong).map((queued) => queued.pod.name),
    ["weak"],
  );
  nominations.set(f.queue.get(weak.uid)!, "n2");
  f.queue.remove(strong.uid);
  assert.deepEqual(names(1), []);
  assert.equal(nominations.empty, false);
  f.queue.remove(weak.uid);
  assert.equal(nominations.empty, true);
});
