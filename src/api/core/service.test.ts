// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../generated/v1.35/core-v1.ts";
import { KindSteps } from "../kind-steps.test.ts";

const steps = new KindSteps("Service");
const serviceOf = (spec: object = {}): object => ({
  spec: { ports: [{ port: 80 }], selector: { app: "web" }, ...spec },
});

test("a service is filled as upstream fills it", () => {
  const { spec } = steps.created(serviceOf()) as Service;
  assert.equal(spec!.type, "ClusterIP");
  assert.equal(spec!.sessionAffinity, "None");
  assert.equal(spec!.internalTrafficPolicy, "Cluster");
  assert.deepEqual(spec!.ports, [{ port: 80, protocol: "TCP", targetPort: 80 }]);
  const { spec: open } = steps.created(serviceOf({ type: "LoadBalancer" })) as Service;
  assert.equal(open!.externalTrafficPolicy, "Cluster");
  assert.equal(open!.allocateLoadBalancerNodePorts, true);
});

test("mistakes in services are told in upstream's words", () => {
  assert.deepEqual(steps.mistakes(serviceOf({ ports: [] })), ["spec.ports: Required value"]);
  assert.deepEqual(steps.mistakes(serviceOf({ ports: [{ port: 80 }, { port: 81, name: "b" }] })), [
    "spec.ports[0].name: Required value",
  ]);
  assert.deepEqual(steps.mistakes(serviceOf({ type: "ExternalName", ports: [] })), [
    "spec.externalName: Required value",
  ]);
});
