// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { isInFormat, isKnownFormat } from "./formats.ts";
import type { JsonSchema } from "./json-schema.ts";
import { pruneJson } from "./prune.ts";
import { validateJsonValue } from "./value-validator.ts";

const linesOf = (value: unknown, schema: JsonSchema, path = "x"): string[] =>
  validateJsonValue(value, schema, path).map(({ field, body }) => `${field}: ${body}`);

test("a wrong type is told by the type that was found", () => {
  assert.deepEqual(linesOf(1, { type: "string" }), [
    'x: Invalid value: "integer":  in body must be of type string: "integer"',
  ]);
  assert.deepEqual(linesOf({ a: null }, { type: "object", properties: { a: { type: "object" } } }), [
    'x.a: Invalid value: "null": a in body must be of type object: "null"',
  ]);
  assert.deepEqual(linesOf({ a: null }, { properties: { a: { type: "object", nullable: true } } }), []);
  assert.deepEqual(linesOf(3, { type: "number" }), []);
});

test("bounds of texts, numbers, lists and objects", () => {
  assert.deepEqual(linesOf("abc", { type: "string", maxLength: 2 }), ["x: Too long: may not be more than 2 bytes"]);
  assert.deepEqual(linesOf("äöü", { type: "string", maxLength: 3, minLength: 3 }), []);
  assert.deepEqual(linesOf("a", { pattern: "^b$" }), [`x: Invalid value: "a":  in body should match '^b$'`]);
  assert.deepEqual(linesOf(5, { type: "integer", maximum: 5, exclusiveMaximum: true }), [
    "x: Invalid value: 5:  in body should be less than 5",
  ]);
  assert.deepEqual(linesOf(7, { multipleOf: 2 }), ["x: Invalid value: 7:  in body should be a multiple of 2"]);
  assert.deepEqual(linesOf([1, 2], { maxItems: 1 }), ["x: Too many: 2: must have at most 1 item"]);
  assert.deepEqual(linesOf([1, 1], { uniqueItems: true }), [
    `x: Invalid value: "":  in body shouldn't contain duplicates`,
  ]);
  assert.deepEqual(linesOf({}, { required: ["a"] }), ["x.a: Required value"]);
  assert.deepEqual(linesOf("c", { enum: ["a", "b"] }), ['x: Unsupported value: "c": supported values: "a", "b"']);
});

test("mistakes within are told by their paths", () => {
  const schema: JsonSchema = {
    type: "object",
    properties: { list: { type: "array", items: { type: "integer" } } },
    additionalProperties: { type: "boolean" },
  };
  assert.deepEqual(linesOf({ list: [1, "a"], other: 1 }, schema, "spec"), [
    'spec.other: Invalid value: "integer": .other in body must be of type boolean: "integer"',
    'spec.list[1]: Invalid value: "string": list[1] in body must be of type integer: "string"',
  ]);
});

test("of several alternatives the failures of the closest are told", () => {
  const schema: JsonSchema = { oneOf: [{ required: ["a"] }, { required: ["b"] }] };
  assert.deepEqual(linesOf({ a: 1 }, schema), []);
  assert.deepEqual(linesOf({ a: 1, b: 1 }, schema), [
    'x: Invalid value: "": "" must validate one and only one schema (oneOf). Found 2 valid alternatives',
  ]);
  assert.deepEqual(linesOf({}, schema), [
    'x: Invalid value: "": "" must validate one and only one schema (oneOf). Found none valid',
    "x.a: Required value",
  ]);
  assert.deepEqual(linesOf("a", { not: { type: "string" } }), [
    'x: Invalid value: "": "" must not validate the schema (not)',
  ]);
});

test("formats that are known are checked, others are not", () => {
  const cases: readonly [format: string, good: string, bad: string][] = [
    ["date-time", "2026-02-28T10:00:00Z", "2026-02-29T10:00:00Z"],
    ["date", "2024-02-29", "2023-02-29"],
    ["ipv4", "10.0.0.1", "10.0.0.256"],
    ["ipv6", "::ffff:10.0.0.1", "1::2::3"],
    ["cidr", "10.0.0.0/8", "10.0.0.0/33"],
    ["uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"],
    ["duration", "1h30m", "soon"],
    ["byte", "YQ==", "YQ="],
    ["mac", "00:00:5e:00:53:01", "00:00:5e:00:53"],
    ["email", "a@example.com", "a"],
    ["k8s-short-name", "my-name", "my.name"],
  ];
  for (const [format, good, bad] of cases) {
    assert.ok(isKnownFormat(format), format);
    assert.ok(isInFormat(good, format), good);
    assert.ok(!isInFormat(bad, format), bad);
  }
  assert.ok(!isKnownFormat("int64"));
});

test("pruning keeps what the schema knows, or is told to keep", () => {
  const schema: JsonSchema = {
    type: "object",
    properties: {
      known: { type: "object", properties: { a: { type: "string" } } },
      free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      map: { type: "object", additionalProperties: { type: "object", properties: { a: { type: "string" } } } },
    },
  };
  const value = { known: { a: "1", b: 2 }, free: { c: [{ d: 1 }] }, map: { k: { a: "1", b: 2 } }, gone: 1 };
  pruneJson(value, schema);
  assert.deepEqual(value, { known: { a: "1" }, free: { c: [{ d: 1 }] }, map: { k: { a: "1" } } });
});
