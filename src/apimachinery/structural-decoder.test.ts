// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJson, objectCodec } from "./object-codec.ts";
import type { ObjectShape, SchemaRegistry } from "./schema.ts";

const string = { shape: { type: "scalar", scalar: "string" } } as const;
const META: ObjectShape = { type: "object", fields: { name: string } };
const WIDGET: ObjectShape = {
  type: "object",
  fields: {
    apiVersion: string,
    kind: string,
    metadata: { shape: { type: "ref", name: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" } },
    spec: {
      shape: {
        type: "object",
        fields: {
          parts: { shape: { type: "list", listType: "atomic", items: { type: "object", fields: { a: string } } } },
          free: { shape: { type: "object", fields: { known: { shape: META } }, preserveUnknown: true } },
        },
      },
    },
  },
};
const registry: SchemaRegistry = {
  structural: true,
  has: () => true,
  type: (name) => (name.endsWith("ObjectMeta") ? META : WIDGET),
};
const codec = objectCodec(registry, "Widget");

test("an object of a custom kind is pruned and else kept as it was sent", () => {
  const { object, strictErrors } = codec.decodeJson(
    '{"kind":"W","metadata":{"name":"a","x":1},"spec":{"parts":[{"a":"","b":1}],"free":{"y":null,"known":{"name":1,"z":2}}},"q":[]}',
  );
  assert.deepEqual(object, {
    kind: "W",
    metadata: { name: "a" },
    spec: { parts: [{ a: "" }], free: { y: null, known: { name: 1 } } },
  });
  assert.deepEqual(strictErrors, [
    'unknown field "metadata.x"',
    'unknown field "spec.parts[0].b"',
    'unknown field "spec.free.known.z"',
    'unknown field "q"',
  ]);
});

test("its metadata is typed, and there even when nobody sent it", () => {
  assert.deepEqual(codec.decodeJson('{"kind":"W"}').object, { kind: "W", metadata: {} });
  assert.throws(() => codec.decodeJson('{"metadata":{"name":1}}'), {
    message: "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string",
  });
});

test("its long integers are kept", () => {
  const text = '{"metadata":{},"spec":{"free":{"n":9007199254740993}}}';
  assert.equal(encodeJson(codec.decodeJson(text).object), text);
});
