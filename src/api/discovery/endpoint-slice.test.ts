// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../apimachinery/index.ts";
import { KindSteps } from "../kind-steps.test.ts";
import { endpointSlice } from "./endpoint-slice.ts";

const steps = new KindSteps("EndpointSlice");
const slice = (addressType: string, ...addresses: string[]): object => ({ addressType, endpoints: [{ addresses }] });

test("an address of another family is told at the list, a wrong one at its place", () => {
  assert.deepEqual(steps.mistakes(slice("IPv4", "2001:db8::1", "x")), [
    'endpoints[0].addresses: Invalid value: "2001:db8::1": must be an IPv4 address',
    'endpoints[0].addresses[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ]);
});

test("IPv6 addresses are read strictly, IPv4 addresses as ever", () => {
  assert.deepEqual(steps.mistakes(slice("IPv4", "010.001.002.003")), []);
  assert.deepEqual(steps.mistakes(slice("IPv6", "2001:DB8::1")), [
    'endpoints[0].addresses[0]: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
  ]);
});

test("a domain name has two labels, and may end with a dot", () => {
  assert.deepEqual(steps.mistakes(slice("FQDN", "a.example.")), []);
  assert.deepEqual(steps.mistakes(slice("FQDN", "a")), [
    'endpoints[0].addresses[0]: Invalid value: "a": should be a domain with at least two segments separated by dots',
  ]);
});

test("topology cannot be written, and new domain names are warned of", () => {
  const object = steps.created({
    addressType: "FQDN",
    endpoints: [{ addresses: ["a.b"], deprecatedTopology: { a: "b" } }],
  });
  assert.deepEqual(object["endpoints"], [{ addresses: ["a.b"], conditions: {} }]);
  assert.deepEqual(steps.warnings(slice("FQDN", "a.b")), ["spec.addressType: FQDN endpoints are deprecated"]);
});

test("endpoints that have been accepted before are not looked at again", () => {
  const bad = slice("IPv4", "x");
  assert.deepEqual(steps.mistakesOfUpdate(bad, bad), []);
});

test("the generation grows when an endpoint changes, if only by an empty reference", () => {
  const generationAfter = (endpoint: object): unknown => {
    const [old, object] = [{}, endpoint].map((fields) =>
      steps.created({ addressType: "IPv4", endpoints: [{ addresses: ["10.1.1.1"], ...fields }] }),
    ) as [KubeObject, KubeObject];
    endpointSlice.prepareForUpdate!(object, old, { userName: "a", userGroups: [], now: "now", dryRun: false });
    return object.metadata.generation;
  };
  assert.equal(generationAfter({}), undefined);
  assert.equal(generationAfter({ targetRef: {} }), 1);
});
