// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { schemaRegistry } from "../../api/index.ts";
import { objectCodec } from "../../apimachinery/index.ts";

const SLICE = "io.k8s.api.resource.v1.ResourceSlice";
const slice = (): object => ({
  spec: { driver: "d", pool: { name: "p" }, devices: [{ name: "a", attributes: { v: { bogus: 1 } } }] },
});

test("unknown fields in maps are told with the map's key, but not where a value is converted", () => {
  const codec = objectCodec(schemaRegistry(), SLICE);
  assert.deepEqual(codec.decodeValue(slice()).strictErrors, ['unknown field "spec.devices[0].attributes.v.bogus"']);
  assert.deepEqual(codec.decodeValue(slice(), { namesKeys: false }).strictErrors, [
    'unknown field "spec.devices[0].attributes.bogus"',
  ]);
});
