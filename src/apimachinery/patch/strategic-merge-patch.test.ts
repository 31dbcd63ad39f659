// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { compactSchemaRegistry } from "../compact-schema.ts";
import { StatusError } from "../status-error.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

const registry = compactSchemaRegistry({
  version: "test",
  packages: { t: "t" },
  connectParameters: {},
  types: {
    "t.Root": {
      fields: {
        name: "string",
        labels: "{}string",
        meta: "Meta",
        strategy: "*Strategy patch=retainKeys",
        swapped: "Meta patch=replace",
        items: "[]Item patch=merge merge=name",
        plain: "[]Item",
        keyless: "[]Item patch=merge",
        finalizers: "[]string patch=merge",
        args: "[]string",
        types: "{}Meta",
      },
    },
    "t.Meta": { fields: { a: "string", b: "string", inner: "Meta", finalizers: "[]string patch=merge" } },
    "t.Strategy": { fields: { type: "string", rolling: "*Meta" } },
    "t.Item": { fields: { name: "string", value: "string", ports: "[]Port patch=merge merge=port" } },
    "t.Port": { fields: { port: "int32", protocol: "string" } },
  },
});
const shape = { type: "ref", name: "t.Root" } as const;

const apply = (document: unknown, patch: unknown): unknown =>
  applyStrategicMergePatch(document, patch, shape, registry);

function refusal(document: unknown, patch: unknown): [code: number, message: string] {
  try {
    apply(document, patch);
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return [error.code, error.message];
  }
  return assert.fail("the patch was applied");
}

test("objects are merged, null deletes, and nulls in what is new are dropped", () => {
  const document = { name: "n", meta: { a: "1", b: "2" }, labels: { x: "1" } };
  const patch = { meta: { a: null, inner: { a: null, b: "3" } }, labels: { y: "2" }, name: null };
  assert.deepEqual(apply(document, patch), { meta: { b: "2", inner: { b: "3" } }, labels: { x: "1", y: "2" } });
  assert.deepEqual(document, { name: "n", meta: { a: "1", b: "2" }, labels: { x: "1" } });
});

test("lists with a merge key are merged by it, at every depth", () => {
  const document = { items: [{ name: "a", ports: [{ port: 1 }] }, { name: "b" }] };
  const patch = { items: [{ name: "a", ports: [{ port: 2 }, { port: 1, protocol: "UDP" }] }, { name: "c" }] };
  assert.deepEqual(apply(document, patch), {
    items: [{ name: "a", ports: [{ port: 2 }, { port: 1, protocol: "UDP" }] }, { name: "c" }, { name: "b" }],
  });
});

test("lists without the merge strategy are replaced", () => {
  const patch = { plain: [{ name: "z" }], args: ["x"] };
  assert.deepEqual(apply({ plain: [{ name: "a" }], args: ["1", "2"] }, patch), patch);
});

test("lists of scalars are united without repetition, in the patch's order where it says one", () => {
  assert.deepEqual(apply({ finalizers: ["a", "b"] }, { finalizers: ["c", "b"] }), { finalizers: ["c", "a", "b"] });
});

test("$patch: delete takes elements out, $patch: replace puts the rest of the list in their place", () => {
  const document = { items: [{ name: "a" }, { name: "b" }, { name: "a", value: "again" }] };
  assert.deepEqual(apply(document, { items: [{ name: "a", $patch: "delete" }] }), { items: [{ name: "b" }] });
  const replaced = apply(document, { items: [{ name: "z" }, { $patch: "replace" }] });
  assert.deepEqual(replaced, { items: [{ name: "z" }] });
});

test("$patch on an object empties or replaces it", () => {
  const document = { meta: { a: "1", b: "2" } };
  assert.deepEqual(apply(document, { meta: { $patch: "replace", a: "9" } }), { meta: { a: "9" } });
  assert.deepEqual(apply(document, { meta: { $patch: "delete" } }), { meta: {} });
  assert.deepEqual(apply({ swapped: { a: "1" } }, { swapped: { b: "2" } }), { swapped: { b: "2" } });
});

test("$patch in what the original does not have leaves nothing behind", () => {
  assert.deepEqual(apply({}, { meta: { $patch: "delete" }, items: [{ name: "a", $patch: "delete" }, { name: "b" }] }), {
    items: [{ name: "b" }],
  });
});

test("$retainKeys drops all other fields", () => {
  const document = { strategy: { type: "RollingUpdate", rolling: { a: "1" } } };
  const patch = { strategy: { $retainKeys: ["type"], type: "Recreate" } };
  assert.deepEqual(apply(document, patch), { strategy: { type: "Recreate" } });
  assert.deepEqual(refusal(document, { strategy: { $retainKeys: ["rolling"], type: "x" } }), [
    400,
    "invalid patch format of retainKeys",
  ]);
});

test("$deleteFromPrimitiveList removes scalars, whatever the strategy of the list", () => {
  const document = { finalizers: ["a", "b", "c"], args: ["1", "2"] };
  const patch = { "$deleteFromPrimitiveList/finalizers": ["b"], "$deleteFromPrimitiveList/args": ["1"] };
  assert.deepEqual(apply(document, patch), { finalizers: ["a", "c"], args: ["2"] });
  assert.deepEqual(apply({}, patch), {});
  assert.deepEqual(refusal(document, { $deleteFromPrimitiveList: ["a"] }), [
    400,
    "invalid patch format of primitive list",
  ]);
});

test("$setElementOrder orders the list; the server's own elements keep their places", () => {
  const document = { items: [{ name: "own1" }, { name: "a" }, { name: "own2" }, { name: "b" }] };
  const patch = {
    "$setElementOrder/items": [{ name: "b" }, { name: "c" }, { name: "a" }],
    items: [{ name: "c", value: "new" }],
  };
  assert.deepEqual(apply(document, patch), {
    items: [{ name: "own1" }, { name: "own2" }, { name: "b" }, { name: "c", value: "new" }, { name: "a" }],
  });
  assert.deepEqual(apply({ finalizers: ["a", "b"] }, { "$setElementOrder/finalizers": ["b", "a"] }), {
    finalizers: ["b", "a"],
  });
});

test("elements that a patch adds take the room of those that it deletes", () => {
  const document = { items: [{ name: "gone" }, { name: "a" }, { name: "own" }] };
  const patch = {
    "$setElementOrder/items": [{ name: "a" }, { name: "new" }],
    items: [{ name: "new" }, { name: "gone", $patch: "delete" }],
  };
  assert.deepEqual(apply(document, patch), { items: [{ name: "a" }, { name: "own" }, { name: "new" }] });
});

test("a list that contradicts its $setElementOrder is refused", () => {
  const patch = { "$setElementOrder/items": [{ name: "a" }], items: [{ name: "b" }] };
  assert.deepEqual(refusal({ items: [] }, patch), [
    500,
    "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
  ]);
});

test("errors are worded as the original words them", () => {
  assert.deepEqual(refusal({}, { $patch: "foo" }), [500, "unknown patch type: foo in map: map[$patch:foo]"]);
  assert.deepEqual(refusal({ items: [{ name: "a" }] }, { items: [{ value: "x" }] }), [
    500,
    "map: map[value:x] does not contain declared merge key: name",
  ]);
  assert.deepEqual(refusal({ keyless: [{ name: "a" }] }, { keyless: [{ name: "a" }] }), [
    500,
    "cannot merge lists without merge key for struct",
  ]);
  assert.deepEqual(refusal({ unknown: { a: 1 } }, { unknown: { a: 2 } }), [
    500,
    'unable to find api field in struct Root for the json field "unknown"',
  ]);
  assert.deepEqual(refusal({ types: { k: { a: "1" } } }, { types: { k: { a: "2" } } }), [
    500,
    "merging an object in json but data type is not struct, instead is: map",
  ]);
  assert.deepEqual(refusal({}, [1]), [
    400,
    "json: cannot unmarshal array into Go value of type map[string]interface {}",
  ]);
  assert.deepEqual(refusal({ finalizers: [] }, { finalizers: [["b"]] }), [
    422,
    "the server rejected our request due to an error in our request",
  ]);
  assert.deepEqual(refusal({ finalizers: ["a"] }, { finalizers: [["b"]] }), [
    500,
    "list element types are not identical: [[a] [[b]]]",
  ]);
});

test("a patch of the wrong type replaces what is there", () => {
  assert.deepEqual(apply({ meta: { a: "1" }, items: [{ name: "a" }] }, { meta: "x", items: { a: null } }), {
    meta: "x",
    items: {},
  });
});

test("a field called __proto__ is a field like any other", () => {
  const result = apply({ labels: {} }, JSON.parse('{"labels":{"__proto__":{"x":"1"}}}')) as { labels: object };
  assert.equal(Object.getPrototypeOf(result.labels), Object.prototype);
  assert.ok(Object.hasOwn(result.labels, "__proto__"));
});
