// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kind } from "../kind.ts";
import type { FieldError, KubeObject } from "../../apimachinery/index.ts";
import { deviceClass } from "./device-class.ts";
import { resourceClaim } from "./resource-claim.ts";
import { resourceClaimTemplate } from "./resource-claim-template.ts";
import { resourceSlice } from "./resource-slice.ts";

const context = { userName: "a", userGroups: [], now: "2026-01-01T00:00:00Z", dryRun: false };
const lines = (errors: readonly FieldError[]): string[] => errors.map(({ field, body }) => `${field}: ${body}`);
const named = (rest: object): KubeObject => ({ metadata: { name: "a" }, ...rest });

function updated(kind: Kind, object: KubeObject, old: KubeObject): string[] {
  kind.prepareForUpdate?.(object, old, context);
  const checksObject = kind.updateChecks?.includes("object") ?? true;
  return lines([...(checksObject ? kind.validate!(object) : []), ...kind.validateUpdate!(object, old)]);
}

const claim = (request: object): KubeObject => named({ spec: { devices: { requests: [request] } } });
const good = { name: "r", exactly: { deviceClassName: "d", allocationMode: "ExactCount", count: 1 } };

test("a claim that was changed is told that it may not change, and nothing else", () => {
  const shown =
    '{"Devices":{"Requests":[{"Name":"R","Exactly":null,"FirstAvailable":null}],"Constraints":null,"Config":null}}';
  assert.deepEqual(updated(resourceClaim, claim({ name: "R" }), claim(good)), [
    `spec: Invalid value: ${shown}: field is immutable`,
  ]);
});

test("a template of claims that was changed is told what else is wrong with it", () => {
  const template = (request: object): KubeObject => named({ spec: { spec: claim(request)["spec"] } });
  const [first] = updated(resourceClaimTemplate, template({ name: "r" }), template(good));
  assert.equal(
    first,
    "spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required",
  );
});

test("the metadata of a template of claims holds labels and annotations alone", () => {
  const template = named({
    spec: { metadata: { uid: "u", name: "n", labels: { a: "b" } }, spec: claim(good)["spec"] },
  });
  assert.deepEqual(lines(resourceClaimTemplate.validate!(template)), [
    "spec.metadata.name: Forbidden: cannot be set",
    "spec.metadata.uID: Forbidden: cannot be set",
  ]);
});

test("tolerations of requests are taken away while taints of devices are off", () => {
  const object = claim({ name: "r", exactly: { deviceClassName: "d", tolerations: [{ operator: "bad" }] } });
  resourceClaim.prepareForCreate!(object, context);
  assert.deepEqual(object["spec"], { devices: { requests: [{ name: "r", exactly: { deviceClassName: "d" } }] } });
});

test("a class that was changed is looked at once", () => {
  const wrong = named({ spec: { selectors: [{}] } });
  assert.deepEqual(updated(deviceClass, wrong, named({ spec: {} })), ["spec.selectors[0].cel: Required value"]);
});

test("attributes of a device are named by their keys", () => {
  const device = { name: "d", attributes: { "a.b": { bool: true, string: "x" } } };
  const slice = named({
    spec: {
      driver: "d.io",
      nodeName: "n",
      pool: { name: "p", resourceSliceCount: 1, generation: 1 },
      devices: [device],
    },
  });
  const [bad, both] = lines(resourceSlice.validate!(slice));
  assert.match(bad!, /^spec\.devices\[0\]\.attributes\[a\.b\]: Invalid value: "a\.b": a valid C identifier/);
  assert.equal(
    both,
    'spec.devices[0].attributes[a.b]: Invalid value: {"IntValue":null,"BoolValue":true,"StringValue":"x","VersionValue":null}: exactly one value must be specified',
  );
});

test("a slice counts a change of fields that are then taken away", () => {
  const spec = { driver: "d.io", nodeName: "n", pool: { name: "p", resourceSliceCount: 1, generation: 1 } };
  const old = { ...named({ spec }), metadata: { name: "a", generation: 3 } };
  const changed = named({ spec: { ...spec, perDeviceNodeSelection: true } });
  resourceSlice.prepareForUpdate!(changed, old, context);
  assert.equal(changed.metadata.generation, 4);
  assert.deepEqual(changed["spec"], spec);
});

const status = (devices: object[], results: object[]): KubeObject =>
  named({ spec: claim(good)["spec"], status: { allocation: { devices: { results } }, devices } });

test("the status of a device that is not allocated is shown by the device's name", () => {
  const object = status([{ driver: "d", pool: "p", device: "x", conditions: null }], []);
  assert.deepEqual(lines(resourceClaim.status!.validateUpdate!(object, named({ spec: claim(good)["spec"] }))), [
    'status.devices[0]: Invalid value: {"Driver":"d","Pool":"p","Device":"x","ShareID":""}: must be an allocated device in the claim',
  ]);
});
