// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceRequirements } from "../api/index.ts";
import { podFixture } from "../../test/fixtures/objects.ts";
import { qosClassOf } from "./qos-class.ts";

const classOf = (...resources: (ResourceRequirements | undefined)[]): string =>
  qosClassOf(
    podFixture("p", { spec: { containers: resources.map((r, i) => ({ name: `c${i}`, image: "x", resources: r })) } }),
  );

test("a pod that asks for nothing is BestEffort, also when it asks for zero", () => {
  assert.equal(classOf(undefined), "BestEffort");
  assert.equal(classOf({ requests: { cpu: "0", memory: "0" } }, {}), "BestEffort");
  assert.equal(classOf({ limits: { "example.com/gpu": "1" } }), "BestEffort");
});

test("a pod whose every container limits CPU and memory to what it requests is Guaranteed", () => {
  const full = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1000m", memory: "1024Mi" } };
  assert.equal(classOf(full, full), "Guaranteed");
  assert.equal(classOf(full, {}), "Burstable");
  assert.equal(classOf({ requests: { cpu: "1" }, limits: { cpu: "1" } }), "Burstable");
  assert.equal(classOf({ requests: { cpu: "1", memory: "1" }, limits: { cpu: "2", memory: "1" } }), "Burstable");
});

test("pod-level resources decide when they are there", () => {
  const limits = { cpu: "1", memory: "1Gi" };
  const containers = [{ name: "c", image: "x" }];
  assert.equal(
    qosClassOf(podFixture("p", { spec: { containers, resources: { limits, requests: limits } } })),
    "Guaranteed",
  );
  assert.equal(qosClassOf(podFixture("p", { spec: { containers, resources: { requests: limits } } })), "Burstable");
});
