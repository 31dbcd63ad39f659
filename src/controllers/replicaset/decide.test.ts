// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cached } from "../../client/index.ts";
import type { Pod } from "../../api/index.ts";
import { CREATED_MS, podFixture, replicaSetFixture } from "../../../test/fixtures/objects.ts";
import { BURST_REPLICAS, decideReplicas, decideStatus, statusDiffers } from "./decide.ts";
import { podsToDelete } from "./deletion-order.ts";

const labels = { app: "web" };

test("pods are made and deleted up to a burst", () => {
  const three = replicaSetFixture("r");
  assert.deepEqual(decideReplicas(three, 1), { type: "create", count: 2 });
  assert.deepEqual(decideReplicas(three, 3), { type: "enough" });
  assert.deepEqual(decideReplicas(three, 5), { type: "delete", count: 2 });
  const many = replicaSetFixture("r", { spec: { replicas: 2_000 } });
  assert.deepEqual(decideReplicas(many, 0), { type: "create", count: BURST_REPLICAS });
});

test("the status counts pods, and zeros that are optional are left out", () => {
  const replicaSet = replicaSetFixture("r", { spec: { minReadySeconds: 10 } });
  const active = [
    podFixture("a", { meta: { labels } }),
    podFixture("b", { meta: { labels }, readySince: "2026-01-01T00:00:05Z" }),
    podFixture("c", { ready: false }),
  ];
  const terminating = [podFixture("d")];
  const status = decideStatus(replicaSet, { active, terminating }, { nowMs: CREATED_MS + 12_000 });
  assert.deepEqual(status, {
    replicas: 3,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 1,
    terminatingReplicas: 1,
    observedGeneration: 1,
  });
  const none = decideStatus(replicaSet, { active: [], terminating: [] }, { nowMs: CREATED_MS });
  assert.equal(none.readyReplicas, undefined);
  assert.equal(statusDiffers({ ...replicaSet, status: none }, none), false);
  assert.equal(statusDiffers(replicaSet, status), true);
});

test("a failure is a condition until it is over, and the first message stays", () => {
  const replicaSet = replicaSetFixture("r");
  const pods = { active: [podFixture("a")], terminating: [] };
  const failed = decideStatus(replicaSet, pods, { failure: "no quota", nowMs: CREATED_MS });
  assert.deepEqual(failed.conditions, [
    {
      type: "ReplicaFailure",
      status: "True",
      lastTransitionTime: "2026-01-01T00:00:00Z",
      reason: "FailedCreate",
      message: "no quota",
    },
  ]);
  const again = decideStatus({ ...replicaSet, status: failed }, pods, { failure: "other", nowMs: CREATED_MS + 5 });
  assert.deepEqual(again.conditions, failed.conditions);
  assert.equal(decideStatus({ ...replicaSet, status: failed }, pods, { nowMs: CREATED_MS }).conditions, undefined);
});

const chosen = (pods: readonly Cached<Pod>[], count = 1): string[] =>
  podsToDelete(pods, count, { related: pods, nowMs: CREATED_MS + 1e9 }).map(({ metadata }) => metadata.name);

test("pods that do least for anybody are deleted first", () => {
  const good = podFixture("good");
  const unassigned = podFixture("unassigned", { spec: { nodeName: "" } });
  const pending = podFixture("pending", { status: { phase: "Pending" } });
  const unready = podFixture("unready", { ready: false });
  const cheap = podFixture("cheap", { meta: { annotations: { "controller.kubernetes.io/pod-deletion-cost": "-5" } } });
  const crowd = [
    podFixture("crowded-1", { spec: { nodeName: "n" } }),
    podFixture("crowded-2", { spec: { nodeName: "n" } }),
  ];
  assert.deepEqual(chosen([good, pending, unassigned]), ["unassigned"]);
  assert.deepEqual(chosen([good, unready, pending]), ["pending"]);
  assert.deepEqual(chosen([good, cheap, unready]), ["unready"]);
  assert.deepEqual(chosen([good, ...crowd, cheap]), ["cheap"]);
  assert.match(chosen([good, ...crowd])[0]!, /^crowded/);
});

test("among equals the younger goes, when it is younger by an order of magnitude", () => {
  const old = podFixture("old");
  const young = podFixture("young", { readySince: "2026-01-12T13:40:00Z" });
  assert.deepEqual(chosen([old, young]), ["young"]);
});

test("among equals the one that restarts more often goes", () => {
  const status = (restartCount: number): Pod["status"] => ({
    containerStatuses: [{ name: "c", restartCount, image: "x", imageID: "", ready: false }],
  });
  const calm = podFixture("calm", { ready: false, status: status(0) });
  const restless = podFixture("restless", { ready: false, status: status(3) });
  assert.deepEqual(chosen([calm, restless]), ["restless"]);
});
