// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { compactSchemaRegistry } from "../compact-schema.ts";
import { objectCodec } from "../object-codec.ts";
import { convertUnstructured } from "./convert-unstructured.ts";

const registry = compactSchemaRegistry({
  version: "test",
  packages: { t: "t" },
  connectParameters: {},
  types: { "t.Root": { fields: { data: "{}bytes", small: "int32", big: "int64" } } },
});

function converted(value: object): unknown {
  convertUnstructured(value, { type: "ref", name: "t.Root" }, registry);
  return value;
}

const codec = objectCodec(registry, "t.Root");
const decoded = (items: string): unknown => codec.decodeJson(`{"data":{"k":${items}}}`).object["data"];

test("what is converted: whole numbers of any size are integers, the lowest one where they are out of range", () => {
  assert.deepEqual(converted({ big: 2n ** 63n - 1n }), { big: 2n ** 63n - 1n });
  for (const big of [2n ** 63n, -(2n ** 63n) - 1n, 1e19, -1e19])
    assert.deepEqual(converted({ big }), { big: -(2n ** 63n) });
  assert.deepEqual(converted({ big: 2 ** 40, small: 2 ** 32 + 5 }), { big: 2 ** 40, small: 5 });
  assert.deepEqual(converted({ small: 1e19 }), { small: 0 });
  assert.throws(() => converted({ big: 1.5 }), { message: "cannot convert float64 to int64" });
});

test("what is converted: bytes may be a list of integers, which keep their lowest eight bits", () => {
  assert.deepEqual(converted({ data: { k: [1, 256, -1, 4294967297, null] } }), { data: { k: "AQD/AQA=" } });
  assert.throws(() => converted({ data: { k: [1.5] } }), { message: "cannot convert float64 to uint8" });
  assert.throws(() => converted({ data: { k: ["x"] } }), { message: "unrecognized type: uint8" });
});

test("what is decoded: bytes may be a list of numbers that fit into a byte, and null leaves one at zero", () => {
  assert.deepEqual(decoded("[255,0,null]"), { k: "/wAA" });
  const wrong = {
    "[1,256]": "number 256",
    "[-1]": "number -1",
    "[2.0]": "number 2.0",
    '["x"]': "string",
    "[[1]]": "array",
  };
  for (const [items, what] of Object.entries(wrong))
    assert.throws(() => decoded(items), {
      message: `json: cannot unmarshal ${what} into Go struct field Root.data of type uint8`,
    });
});
