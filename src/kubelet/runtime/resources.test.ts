// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Container, Pod } from "../types.ts";
import {
  containerResources,
  cpuQuota,
  cpuShares,
  oomScoreAdjust,
  podCgroupLimits,
  podCgroupName,
} from "./resources.ts";

const GIB = 1024 ** 3;

const podWith = (...resources: object[]): Pod =>
  ({
    metadata: { uid: "u" },
    spec: { containers: resources.map((r, i) => ({ name: `c${i}`, resources: r })) },
  }) as unknown as Pod;

const first = (pod: Pod): Container => pod.spec!.containers[0]!;

test("shares and quota have upstream's bounds", () => {
  assert.deepEqual([0, 1, 500, 4_000, 1e9].map(cpuShares), [2, 2, 512, 4096, 262_144]);
  assert.deepEqual([0, 1, 500].map(cpuQuota), [0, 1_000, 50_000]);
});

test("a limit without a request counts as one", () => {
  const pod = podWith({ limits: { cpu: "500m", memory: "64Mi" } });
  const resources = containerResources(pod, first(pod), { memoryBytes: GIB, cgroupVersion: 1 });
  assert.equal(resources.cpuShares, 512);
  assert.equal(resources.cpuQuota, 50_000);
  assert.equal(resources.memoryLimitInBytes, 64 * 1024 ** 2);
  assert.equal(resources.unified, undefined);
});

test("with cgroup v2 a container is killed as a whole", () => {
  const pod = podWith({});
  assert.deepEqual(containerResources(pod, first(pod), { memoryBytes: GIB, cgroupVersion: 2 }).unified, {
    "memory.oom.group": "1",
  });
});

test("who asks for more memory is killed later", () => {
  const score = (resources: object) => oomScoreAdjust(podWith(resources), first(podWith(resources)), 4 * GIB);
  assert.equal(score({}), 1000);
  assert.equal(score({ requests: { memory: "1Gi" } }), 750);
  assert.equal(score({ requests: { memory: "1" } }), 999);
  const guaranteed = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } };
  assert.equal(score(guaranteed), -997);
});

test("cgroups lie under their class", () => {
  assert.equal(podCgroupName(podWith({})), "/kubepods/besteffort/podu");
  assert.equal(podCgroupName(podWith({ requests: { cpu: "1" } })), "/kubepods/burstable/podu");
  const guaranteed = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } };
  assert.equal(podCgroupName(podWith(guaranteed)), "/kubepods/podu");
});

test("a pod is limited where all its containers are", () => {
  const limited = { requests: { cpu: "100m" }, limits: { cpu: "200m", memory: "64Mi" } };
  assert.deepEqual(podCgroupLimits(podWith(limited, limited)), {
    cpuShares: 204,
    cpuQuotaUs: 40_000,
    cpuPeriodUs: 100_000,
    memoryBytes: 128 * 1024 ** 2,
  });
  assert.deepEqual(podCgroupLimits(podWith(limited, { requests: { cpu: "100m" } })), { cpuShares: 204 });
  assert.deepEqual(podCgroupLimits(podWith({}), { pids: 10 }), { cpuShares: 2, pids: 10 });
});
