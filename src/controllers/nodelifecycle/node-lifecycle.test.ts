// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lease } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { CREATED_MS, nodeFixture } from "../../../test/fixtures/objects.ts";
import { observeNode, type NodeHealth } from "./node-health.ts";
import { changedTaints, noExecuteChange, noScheduleChange } from "./node-taints.ts";
import { TaintingQueue } from "./tainting-queue.ts";
import { DEFAULT_ZONE_LIMITS, disruptionChange, evictionRate, zoneState, type ZoneState } from "./zones.ts";

const grace = { monitorMs: 40_000, startupMs: 60_000 };

const lease = (renewTime: string): Cached<Lease> => ({
  metadata: { name: "n", uid: "l", resourceVersion: "1", creationTimestamp: "" },
  spec: { renewTime },
});

const look = (node: ReturnType<typeof nodeFixture>, nowMs: number, saved?: NodeHealth, renewed?: string) =>
  observeNode(node, { lease: renewed ? lease(renewed) : undefined, saved }, { nowMs, grace });

test("a node is silent 40 s after its last sign of life, and then nothing is known of it", () => {
  const node = nodeFixture("n");
  const first = look(node, CREATED_MS);
  const waiting = look(node, CREATED_MS + 40_000, first.health);
  assert.equal(waiting.conditions, undefined);
  const silent = look(node, CREATED_MS + 40_001, first.health);
  assert.equal(silent.observedReady, "True");
  assert.equal(silent.currentReady, "Unknown");
  const ready = silent.conditions?.find(({ type }) => type === "Ready");
  assert.equal(ready?.reason, "NodeStatusUnknown");
  assert.equal(ready?.message, "Kubelet stopped posting node status.");
  assert.equal(ready?.lastTransitionTime, "2026-01-01T00:00:40Z");
  assert.equal(silent.conditions?.find(({ type }) => type === "DiskPressure")?.reason, "NodeStatusNeverUpdated");
});

test("a lease that is renewed or a heartbeat that is posted is a sign of life, by our own clock", () => {
  const node = nodeFixture("n");
  const first = look(node, CREATED_MS, undefined, "2026-01-01T00:00:00.000000Z");
  const renewed = look(node, CREATED_MS + 39_000, first.health, "2026-01-01T00:00:01.000000Z");
  assert.equal(look(node, CREATED_MS + 70_000, renewed.health, "2026-01-01T00:00:01.000000Z").conditions, undefined);
  assert.notEqual(look(node, CREATED_MS + 79_001, renewed.health, "2026-01-01T00:00:01.000000Z").conditions, undefined);
  const heartbeat = { type: "Ready", status: "True", lastHeartbeatTime: "2026-01-01T00:00:30Z" };
  const posted = look(nodeFixture("n", { status: { conditions: [heartbeat] } }), CREATED_MS + 39_000, first.health);
  assert.equal(posted.health.probedMs, CREATED_MS + 39_000);
});

test("a node that never posted anything has a minute from its registration", () => {
  const node = nodeFixture("n", { status: { conditions: [] } });
  const first = look(node, CREATED_MS + 1_000);
  assert.equal(first.currentReady, undefined);
  const silent = look(node, CREATED_MS + 60_001, first.health);
  assert.deepEqual([...new Set(silent.conditions?.map(({ reason }) => reason))], ["NodeStatusNeverUpdated"]);
  assert.equal(silent.conditions?.length, 4);
});

test("conditions and the cordon keep pods away by taints; other taints are left alone", () => {
  const conditions = [
    { type: "Ready", status: "Unknown" },
    { type: "DiskPressure", status: "True" },
    { type: "MemoryPressure", status: "False" },
  ];
  const taints = [
    { key: "dedicated", effect: "NoSchedule" },
    { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" },
  ];
  const node = nodeFixture("n", { spec: { unschedulable: true, taints }, status: { conditions } });
  const change = noScheduleChange(node);
  assert.deepEqual(change.add.map(({ key }) => key).sort(), [
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/unschedulable",
  ]);
  assert.deepEqual(
    change.remove.map(({ key }) => key),
    ["node.kubernetes.io/memory-pressure"],
  );
  const after = changedTaints(taints, change, CREATED_MS);
  assert.equal(after?.length, 4);
  assert.equal(after?.find(({ key }) => key === "node.kubernetes.io/unschedulable")?.timeAdded, "2026-01-01T00:00:00Z");
});

test("not ready and unreachable replace each other, and both go when the node is back", () => {
  const unreachable = changedTaints([], noExecuteChange("Unknown"), CREATED_MS)!;
  assert.deepEqual(
    unreachable.map(({ key }) => key),
    ["node.kubernetes.io/unreachable"],
  );
  const notReady = changedTaints(unreachable, noExecuteChange("False"), CREATED_MS)!;
  assert.deepEqual(
    notReady.map(({ key }) => key),
    ["node.kubernetes.io/not-ready"],
  );
  assert.deepEqual(changedTaints(notReady, noExecuteChange("True"), CREATED_MS), []);
  assert.equal(changedTaints([], noExecuteChange("True"), CREATED_MS), undefined);
});

test("a zone is partly disrupted when more than half of its nodes are silent, fully when all are", () => {
  const state = (...ready: string[]): ZoneState => zoneState(ready, DEFAULT_ZONE_LIMITS);
  assert.equal(state("True", "Unknown"), "Normal");
  assert.equal(state("True", "Unknown", "Unknown", "False"), "PartialDisruption");
  assert.equal(state("Unknown"), "FullDisruption");
  assert.equal(zoneState([undefined], DEFAULT_ZONE_LIMITS), "Normal");
  assert.equal(evictionRate("PartialDisruption", 50, DEFAULT_ZONE_LIMITS), 0);
  assert.equal(evictionRate("PartialDisruption", 51, DEFAULT_ZONE_LIMITS), 0.01);
  assert.equal(evictionRate("FullDisruption", 3, DEFAULT_ZONE_LIMITS), 0.1);
});

test("when everything is silent nobody is evicted, and when it is over the silence does not count", () => {
  const states = (record: Record<string, ZoneState>) => new Map(Object.entries(record));
  const before = states({ a: "Normal", b: "FullDisruption" });
  const down = states({ a: "FullDisruption", b: "FullDisruption" });
  assert.deepEqual(disruptionChange(before, down), { type: "allDown" });
  assert.deepEqual(disruptionChange(down, down), { type: "none" });
  assert.deepEqual(disruptionChange(down, before), { type: "recovered" });
  assert.deepEqual(disruptionChange(states({ a: "Initial" }), states({ a: "Normal" })), {
    type: "changed",
    zones: ["a"],
  });
});

test("nodes are tainted one at once and then one every ten seconds", () => {
  const queue = new TaintingQueue(0.1, 0);
  for (const node of ["a", "b", "c"]) queue.add(node);
  queue.add("a");
  assert.equal(queue.take(0), "a");
  assert.equal(queue.take(0), undefined);
  assert.equal(queue.nextInMs(0), 10_000);
  assert.equal(queue.take(10_000), "b");
  queue.remove("c");
  assert.equal(queue.nextInMs(10_000), undefined);
  queue.add("d");
  queue.setRate(0, 10_000);
  assert.equal(queue.take(100_000), undefined);
});
