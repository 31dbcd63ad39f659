// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodSpec } from "../generated/v1.35/core-v1.ts";
import { aggregateContainers, defaultPodLevelResources } from "./resources.ts";

const container = (name: string, requests: Record<string, string>, more: object = {}) => ({
  name,
  resources: { requests },
  ...more,
});

test("a sum is written as its first part is, whatever lies between", () => {
  const spec: PodSpec = {
    containers: [
      container("a", { memory: "64Mi" }),
      container("b", { memory: "1G" }),
      container("c", { memory: "1G" }),
    ],
  };
  assert.deepEqual(aggregateContainers(spec, "requests"), { memory: "2018661Ki" });
});

test("init containers come one by one, beside the sidecars before them", () => {
  const sidecar = { restartPolicy: "Always" };
  const spec: PodSpec = {
    containers: [container("a", { cpu: "1" })],
    initContainers: [container("s", { cpu: "500m" }, sidecar), container("i", { cpu: "2" })],
  };
  assert.deepEqual(aggregateContainers(spec, "requests"), { cpu: "2500m" });
});

test("a pod gets requests as a whole only where it has limits as a whole", () => {
  const containers = [container("a", { cpu: "1", memory: "1Gi" })];
  const open: PodSpec = { containers, resources: { requests: { cpu: "2" } } };
  defaultPodLevelResources(open);
  assert.deepEqual(open.resources, { requests: { cpu: "2" } });
  const limited: PodSpec = { containers, resources: { limits: { cpu: "3" } } };
  defaultPodLevelResources(limited);
  assert.deepEqual(limited.resources, { limits: { cpu: "3" }, requests: { cpu: "1", memory: "1Gi" } });
});
