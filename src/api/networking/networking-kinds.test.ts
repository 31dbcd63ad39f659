// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { KindSteps } from "../kind-steps.test.ts";

const serviceCidrs = new KindSteps("ServiceCIDR");
const ranges = (...cidrs: string[]): object => ({ metadata: { name: "a" }, spec: { cidrs } });

test("each range of service addresses is checked, and two must be of different families", () => {
  assert.deepEqual(serviceCidrs.mistakes(ranges("10.0.0.0/24", "2001:db8::/64")), []);
  const wrong = serviceCidrs.mistakes(ranges("10.0.0.0/24", "10.1.0.0/24"));
  assert.deepEqual(wrong, [
    'spec.cidrs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
  ]);
  const unread = serviceCidrs.mistakes(ranges("x", "10.1.0.0/24"));
  assert.deepEqual(unread, [
    'spec.cidrs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ]);
});

test("a backend may refer to a resource of the core group by leaving the group out", () => {
  const backend = { spec: { defaultBackend: { resource: { apiGroup: null, kind: "K", name: "n" } } } };
  assert.deepEqual(new KindSteps("Ingress").mistakes(backend), []);
});

test("an IPv4 range that is dressed as IPv6 is read, and its form refused or warned of", () => {
  const mapped = "::ffff:1.2.3.0/120";
  assert.deepEqual(serviceCidrs.mistakes(ranges(mapped)), [
    `spec.cidrs[0]: Invalid value: "${mapped}": must not have an IPv4-mapped IPv6 address`,
  ]);
  const policy = { spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: mapped } }] }] } };
  assert.deepEqual(new KindSteps("NetworkPolicy").warnings(policy), [
    `spec.ingress[0].from[0].ipBlock.cidr: non-standard CIDR value "${mapped}" will be considered invalid in a future Kubernetes release: use "1.2.3.0/24"`,
  ]);
});

test("the status of a range of service addresses is written with it", () => {
  const status = {
    conditions: [{ type: "Ready", status: "True", lastTransitionTime: null, message: "", reason: "r" }],
  };
  assert.deepEqual(serviceCidrs.created({ ...ranges("10.0.0.0/24"), status })["status"], status);
});
