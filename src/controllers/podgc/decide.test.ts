// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeFixture, podFixture } from "../../../test/fixtures/objects.ts";
import {
  orphanedGarbage,
  outOfServiceGarbage,
  terminatedGarbage,
  unscheduledGarbage,
  type PodGarbage,
} from "./decide.ts";

const names = (garbage: readonly PodGarbage[]): string[] => garbage.map(({ pod }) => pod.metadata.name).sort();
const ended = (name: string, creationTimestamp: string, reason?: string) =>
  podFixture(name, { meta: { creationTimestamp }, status: { phase: "Failed", reason } });
const deletionTimestamp = "2026-01-01T00:00:00Z";

test("of ended pods over the limit evicted ones go first, then the oldest", () => {
  const pods = [
    ended("old", "2026-01-01T00:00:00Z"),
    ended("young", "2026-01-02T00:00:00Z"),
    ended("evicted", "2026-01-03T00:00:00Z", "Evicted"),
    podFixture("running"),
  ];
  assert.deepEqual(names(terminatedGarbage(pods, 3)), []);
  assert.deepEqual(names(terminatedGarbage(pods, 2)), ["evicted"]);
  assert.deepEqual(names(terminatedGarbage(pods, 1)), ["evicted", "old"]);
});

test("pods of a node that is gone go, and say why", () => {
  const garbage = orphanedGarbage(
    [podFixture("a"), podFixture("b", { spec: { nodeName: "gone" } })],
    new Set(["gone"]),
  );
  assert.deepEqual(names(garbage), ["b"]);
  assert.equal(garbage[0]?.disruption?.reason, "DeletionByPodGC");
});

test("pods that are being deleted go when no kubelet will let them go", () => {
  const never = podFixture("never", { meta: { deletionTimestamp }, spec: { nodeName: "" } });
  const waiting = podFixture("waiting", { spec: { nodeName: "" } });
  assert.deepEqual(names(unscheduledGarbage([never, waiting])), ["never"]);
  const taints = [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }];
  const down = nodeFixture("node-1", {
    spec: { taints },
    status: { conditions: [{ type: "Ready", status: "Unknown" }] },
  });
  const deleting = podFixture("deleting", { meta: { deletionTimestamp } });
  assert.deepEqual(names(outOfServiceGarbage([deleting, podFixture("other")], () => down)), ["deleting"]);
  assert.deepEqual(names(outOfServiceGarbage([deleting], () => nodeFixture("node-1", { spec: { taints } }))), []);
});
