// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "../api/index.ts";
import { podFixture } from "../../test/fixtures/objects.ts";
import { podLimits, podRequests } from "./pod-requests.ts";

const container = (name: string, requests: Record<string, string>, more: Partial<Container> = {}): Container => ({
  name,
  image: "x",
  resources: { requests },
  ...more,
});

test("containers that run together are added up", () => {
  const containers = [container("a", { cpu: "100m", memory: "1Gi" }), container("b", { cpu: "200m" })];
  assert.deepEqual(podRequests(podFixture("p", { spec: { containers } })), { cpu: "300m", memory: "1Gi" });
});

test("an init container counts when it needs more than all that follows", () => {
  const containers = [container("a", { cpu: "100m", memory: "1Gi" })];
  const initContainers = [container("i", { cpu: "2", memory: "10Mi" })];
  assert.deepEqual(podRequests(podFixture("p", { spec: { containers, initContainers } })), { cpu: "2", memory: "1Gi" });
});

test("a sidecar counts beside the containers, and beside the init containers after it", () => {
  const containers = [container("a", { cpu: "100m" })];
  const initContainers = [
    container("before", { cpu: "700m" }),
    container("sidecar", { cpu: "300m" }, { restartPolicy: "Always" }),
    container("after", { cpu: "500m" }),
  ];
  assert.deepEqual(podRequests(podFixture("p", { spec: { containers, initContainers } })), { cpu: "800m" });
});

test("pod-level resources replace what the containers say, and overhead comes on top", () => {
  const containers = [container("a", { cpu: "100m", "example.com/gpu": "1" })];
  const spec = { containers, resources: { requests: { cpu: "1" } }, overhead: { cpu: "50m", memory: "10Mi" } };
  const pod = podFixture("p", { spec });
  assert.deepEqual(podRequests(pod), { cpu: "1050m", "example.com/gpu": "1", memory: "10Mi" });
  assert.deepEqual(podRequests(pod, { withoutOverhead: true }), { cpu: "1", "example.com/gpu": "1" });
  assert.deepEqual(podRequests(pod, { withoutPodLevel: true, withoutOverhead: true }), {
    cpu: "100m",
    "example.com/gpu": "1",
  });
});

test("during a resize in place the larger of asked and allocated counts", () => {
  const containers = [container("c", { cpu: "1" })];
  const status = { containerStatuses: [{ name: "c", allocatedResources: { cpu: "2" } }] } as never;
  const pod = podFixture("p", { spec: { containers }, status });
  assert.deepEqual(podRequests(pod), { cpu: "1" });
  assert.deepEqual(podRequests(pod, { useStatus: true }), { cpu: "2" });
});

test("overhead counts towards limits only where there is a limit", () => {
  const containers: Container[] = [{ name: "a", image: "x", resources: { limits: { cpu: "1" } } }];
  const pod = podFixture("p", { spec: { containers, overhead: { cpu: "100m", memory: "1Mi" } } });
  assert.deepEqual(podLimits(pod), { cpu: "1100m" });
});
