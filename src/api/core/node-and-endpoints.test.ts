// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { KindSteps } from "../kind-steps.test.ts";

const nodes = new KindSteps("Node");
const node = (spec: object, fields: object = {}): object => ({
  metadata: { name: "n", resourceVersion: "1" },
  spec,
  ...fields,
});

test("ranges of pods that cannot be read cannot be told to be of two families", () => {
  assert.deepEqual(nodes.mistakes(node({ podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24", "x"] })), [
    'spec.podCIDRs[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    "spec.podCIDRs: Internal error: invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[1]: <nil> (invalid CIDR address: x)",
    'spec.podCIDRs: Invalid value: ["10.0.0.0/24","x"]: may specify no more than one CIDR for each IP family',
  ]);
});

test("features that a node declares are named and sorted; a new node declares none", () => {
  const declared = node({}, { status: { declaredFeatures: ["B", "A", "bad", "bad"] } });
  assert.equal("declaredFeatures" in (nodes.created(declared)["status"] as object), false);
  assert.deepEqual(
    nodes.mistakesOfStatus(declared, node({})).map((mistake) => mistake.slice(0, 70)),
    [
      'status.declaredFeatures[1]: Invalid value: "A": list must be sorted alph',
      'status.declaredFeatures[2]: Invalid value: "bad": invalid feature name "',
      'status.declaredFeatures[3]: Duplicate value: "bad"',
      'status.declaredFeatures[3]: Invalid value: "bad": invalid feature name "',
    ].map((mistake) => mistake.slice(0, 70)),
  );
});

test("addresses of endpoints that can be read in more than one way are warned of, but for the controller", () => {
  const endpoints = new KindSteps("Endpoints");
  const subsets = [{ notReadyAddresses: [{ ip: "::ffff:1.2.3.4" }] }];
  const warning =
    'subsets[0].notReadyAddresses[0].ip: non-standard IP address "::ffff:1.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"';
  assert.deepEqual(endpoints.warnings({ subsets }), [warning]);
  const labels = { "endpoints.kubernetes.io/managed-by": "endpoint-controller" };
  assert.deepEqual(endpoints.warnings({ metadata: { name: "e", namespace: "default", labels }, subsets }), []);
});

test("tolerations of a runtime class differ by more than their seconds", () => {
  const toleration = { key: "k", operator: "Exists", effect: "NoExecute" };
  const tolerations = [{ ...toleration, tolerationSeconds: 1 }, toleration];
  const mistakes = new KindSteps("RuntimeClass").mistakes({
    metadata: { name: "r" },
    handler: "h",
    scheduling: { tolerations },
  });
  assert.deepEqual(mistakes, [
    'scheduling.tolerations[1]: Duplicate value: {"Key":"k","Operator":"Exists","Value":"","Effect":"NoExecute","TolerationSeconds":null}',
  ]);
});

test("an empty struct is not one that is absent", () => {
  const capacity = (fields: object): object => ({ storageClassName: "gold", ...fields });
  assert.deepEqual(new KindSteps("CSIStorageCapacity").mistakesOfUpdate(capacity({}), capacity({ nodeTopology: {} })), [
    "nodeTopology: Invalid value: {}: field is immutable",
  ]);
});
