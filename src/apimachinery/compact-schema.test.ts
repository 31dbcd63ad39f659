// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { type CompactSchema, compactSchemaRegistry, parseField } from "./compact-schema.ts";
import { objectCodec } from "./object-codec.ts";

const SCHEMA: CompactSchema = {
  version: "test",
  packages: { "a.v1": "io.a.v1", meta: "io.meta" },
  connectParameters: {},
  types: {
    "a.v1.Thing": {
      fields: {
        name: "string 1 required kept",
        size: "*int32 2/3 default=5 in=Inner go=v1.Size enum=A,B",
        parts: "[]Part 4 list=name,kind patch=merge merge=name",
        next: "meta.Next later",
      },
    },
    "a.v1.Part": { atomic: true, fields: { name: "string", kind: "string" } },
    "meta.Next": { fields: {} },
  },
};

test("a field line says type, place in protobuf, lists, patches and Go facts", () => {
  const fields = SCHEMA.types["a.v1.Thing"]!.fields!;
  assert.deepEqual(parseField(fields["size"]!, "a.v1", SCHEMA), {
    required: false,
    later: false,
    enum: ["A", "B"],
    schema: {
      shape: { type: "scalar", scalar: "int32" },
      default: 5,
      protobufTags: [2, 3],
      pointer: true,
      embedded: "Inner",
      goType: "v1.Size",
    },
  });
});

test("a type knows its fields, but not those of a later version", () => {
  const registry = compactSchemaRegistry(SCHEMA);
  assert.equal(registry.has("io.a.v1.Thing"), true);
  assert.equal(registry.has("io.a.v1.Other"), false);
  const thing = registry.type("io.a.v1.Thing");
  assert(thing.type === "object");
  assert.deepEqual(Object.keys(thing.fields), ["name", "size", "parts"]);
  assert.deepEqual(thing.required, ["name"]);
  assert.throws(() => registry.type("io.a.v1.Other"), /has no type/);
  assert.deepEqual(objectCodec(registry, "io.a.v1.Thing").decodeValue({ next: {} }).strictErrors, [
    'unknown field "next"',
  ]);
});
