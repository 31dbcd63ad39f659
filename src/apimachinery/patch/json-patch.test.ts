// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { copyJson, equalJson } from "../json-value.ts";
import { StatusError } from "../status-error.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";

/** What a patch that does not apply is refused with, and why. */
function refusal(document: unknown, patch: unknown): { code: number; message: string; why: string } {
  try {
    applyJsonPatch(document, patch);
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    const cause = error.cause instanceof Error ? error.cause.message : "";
    return { code: error.code, message: error.message, why: cause };
  }
  return assert.fail("the patch was applied");
}

test("add sets fields, inserts into lists and appends at the dash", () => {
  const patch = [
    { op: "add", path: "/b", value: { c: 1 } },
    { op: "add", path: "/list/1", value: "x" },
    { op: "add", path: "/list/-", value: "z" },
    { op: "add", path: "/list/-1", value: "y" },
  ];
  assert.deepEqual(applyJsonPatch({ list: [1, 2] }, patch), { list: [1, "x", 2, "z", "y"], b: { c: 1 } });
});

test("neither the document nor the patch is changed or shared by the result", () => {
  const document = { a: { list: [1] } };
  const patch = [
    { op: "add", path: "/b", value: { c: [] } },
    { op: "add", path: "/b/c/-", value: 5 },
    { op: "copy", from: "/a", path: "/d" },
    { op: "add", path: "/d/list/-", value: 2 },
    { op: "add", path: "/a/list/-", value: 3 },
  ];
  const result = applyJsonPatch(document, patch);
  assert.deepEqual(result, { a: { list: [1, 3] }, b: { c: [5] }, d: { list: [1, 2] } });
  assert.deepEqual(document, { a: { list: [1] } });
  assert.deepEqual(patch[0], { op: "add", path: "/b", value: { c: [] } });
});

test("move takes a value away from where it was", () => {
  assert.deepEqual(applyJsonPatch({ a: [1, 2, 3] }, [{ op: "move", from: "/a/0", path: "/a/2" }]), { a: [2, 3, 1] });
});

test("replace of an absent field adds it, of an absent element does not apply", () => {
  assert.deepEqual(applyJsonPatch({ a: {} }, [{ op: "replace", path: "/a/b", value: 1 }]), { a: { b: 1 } });
  assert.equal(
    refusal({ a: [] }, [{ op: "replace", path: "/a/0", value: 1 }]).why,
    "replace operation does not apply: doc is missing key: /a/0: missing value",
  );
});

test("test compares whole values, and null with what is absent", () => {
  const document = { a: { x: [1, { y: null }], z: "s" } };
  const same = { op: "test", path: "/a", value: { z: "s", x: [1, { y: null }] } };
  assert.deepEqual(applyJsonPatch(document, [same, { op: "test", path: "/nothing", value: null }]), document);
  assert.deepEqual(refusal(document, [{ op: "test", path: "/a/z", value: "t" }]), {
    code: 422,
    message: "the server rejected our request due to an error in our request",
    why: "testing value /a/z failed: test failed",
  });
});

test("pointers are unescaped: ~1 is a slash, ~0 a tilde", () => {
  assert.deepEqual(applyJsonPatch({}, [{ op: "add", path: "/a~1b~0c~01", value: 1 }]), { "a/b~c~1": 1 });
});

test("errors name the path and what was wrong with it", () => {
  const why = (document: unknown, operation: unknown) => refusal(document, [operation]).why;
  assert.equal(
    why({}, { op: "remove", path: "/spec/nope/x" }),
    'remove operation does not apply: doc is missing path: "/spec/nope/x": missing value',
  );
  assert.equal(
    why({ a: {} }, { op: "remove", path: "/a/b" }),
    "error in remove for path: '/a/b': Unable to remove nonexistent key: b: missing value",
  );
  assert.equal(
    why({ a: [1] }, { op: "add", path: "/a/5", value: 1 }),
    "error in add for path: '/a/5': Unable to access invalid index: 5: invalid index referenced",
  );
  assert.equal(
    why({ a: [1] }, { op: "add", path: "/a/x", value: 1 }),
    "error in add for path: '/a/x': value was not a proper array index: 'x': strconv.Atoi: parsing \"x\": invalid syntax",
  );
  assert.equal(why({}, { op: "spoil", path: "/a" }), "Unexpected kind: spoil");
  assert.equal(why({}, { path: "/a" }), "Unexpected kind: unknown");
  assert.equal(why({}, { op: "add", value: 1 }), "add operation failed to decode path: missing value");
  assert.equal(
    why({}, { op: "copy", from: "/x/y", path: "/a" }),
    "copy operation does not apply: doc is missing from path: /x/y: missing value",
  );
});

test("what is no list of operations is a bad request", () => {
  assert.deepEqual(refusal({}, { op: "x" }), {
    code: 400,
    message: "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
    why: "",
  });
  assert.equal(
    refusal({}, [{ op: 1 }]).message,
    "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string",
  );
});

test("more than 10,000 operations are too many", () => {
  const patch = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/a", value: null }));
  assert.deepEqual(refusal({}, patch), {
    code: 413,
    message: "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
    why: "",
  });
  assert.deepEqual(applyJsonPatch({}, patch.slice(1)), {});
});

test("copies that blow a document up are refused", () => {
  const patch: unknown[] = [{ op: "add", path: "/0", value: "x".repeat(1024) }];
  for (let i = 1; i < 30; i++) patch.push({ op: "copy", from: "", path: `/${i}` });
  assert.match(refusal({ a: 1 }, patch).why, /copy operation does not apply: doc is missing from path: /);
  const doubling: unknown[] = [{ op: "add", path: "/a/0", value: "x".repeat(1024) }];
  for (let i = 1; i < 30; i++) doubling.push({ op: "copy", from: "/a", path: `/a/${i}` });
  assert.match(
    refusal({ a: {} }, doubling).why,
    /^Unable to complete the copy, the accumulated size increase of copy is \d+, exceeding the limit 3145728$/,
  );
});

test("a field called __proto__ is a field like any other", () => {
  const patch = JSON.parse('[{"op":"add","path":"/__proto__","value":{"admin":true}}]') as unknown;
  const result = applyJsonPatch({}, patch) as object;
  assert.equal(Object.getPrototypeOf(result), Object.prototype);
  assert.ok(Object.hasOwn(result, "__proto__"));
  assert.equal(refusal({}, [{ op: "add", path: "/__proto__/x", value: 1 }]).code, 422);
  assert.equal(refusal({}, [{ op: "add", path: "/constructor/x", value: 1 }]).code, 422);
  assert.equal(({} as { admin?: boolean }).admin, undefined);
});

test("a merge patch sets, deletes by null, replaces lists, and drops nulls from what is new", () => {
  const document = { a: { b: 1, c: [1, { d: null }] }, e: "f" };
  const patch = { a: { b: null, c: [{ x: null }], n: { y: null, z: 1 } }, e: { g: null } };
  assert.deepEqual(applyMergePatch(document, patch), { a: { c: [{}], n: { z: 1 } }, e: {} });
  assert.deepEqual(applyMergePatch({ a: { b: 1 } }, { a: [{ x: null }] }), { a: [{ x: null }] });
  assert.deepEqual(document, { a: { b: 1, c: [1, { d: null }] }, e: "f" });
});

test("a merge patch that is no object is a bad request", () => {
  assert.throws(() => applyMergePatch({}, []), {
    message: "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
  });
  assert.throws(() => applyMergePatch({}, null), { message: "Invalid JSON Patch" });
});

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<unknown>;
const withoutNull = json.map((value) => dropNull(value));
const dropNull = (value: unknown): unknown => {
  if (value === null) return 0;
  if (Array.isArray(value)) return value.map(dropNull);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, dropNull(item)]));
};

/** The merge patch that turns one object into another (RFC 7386). */
function mergePatchBetween(from: unknown, to: unknown): unknown {
  const isObject = (v: unknown): v is Record<string, unknown> =>
    typeof v === "object" && v !== null && !Array.isArray(v);
  if (!isObject(from) || !isObject(to)) return to;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  for (const key of Object.keys(to)) {
    if (!Object.hasOwn(from, key)) patch[key] = to[key];
    else if (!equalJson(from[key], to[key])) patch[key] = mergePatchBetween(from[key], to[key]);
  }
  return patch;
}

test("the merge patch between two documents turns the first into the second", () => {
  const object = fc
    .dictionary(fc.string(), withoutNull, { noNullPrototype: true })
    .filter((o) => !Object.hasOwn(o, "__proto__"));
  fc.assert(
    fc.property(object, object, (from, to) => {
      const before = copyJson(from);
      assert.deepEqual(applyMergePatch(from, mergePatchBetween(from, to)), { ...to });
      assert.deepEqual(from, before);
    }),
  );
});

test("adding and removing a value anywhere gives the document back", () => {
  const key = fc.string({ maxLength: 3 });
  fc.assert(
    fc.property(fc.dictionary(key, json, { noNullPrototype: true }), key, json, (document, name, value) => {
      fc.pre(!Object.hasOwn(document, name) && name !== "__proto__");
      const path = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const patch = [
        { op: "add", path, value },
        { op: "test", path, value },
        { op: "remove", path },
      ];
      assert.deepEqual(applyJsonPatch(document, patch), copyJson(document));
    }),
  );
});
