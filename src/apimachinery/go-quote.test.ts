// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { invalid } from "./field-error.ts";
import { goJson, goQuote, inFieldOrder } from "./go-quote.ts";
import type { SchemaRegistry } from "./schema.ts";

test("a text is quoted as Go quotes it", () => {
  assert.equal(goQuote("a b"), '"a b"');
  assert.equal(goQuote('é"\\\n\t\x01\x7f\u00a0😀'), '"é\\"\\\\\\n\\t\\x01\\x7f\\u00a0😀"');
});

test("objects in messages are JSON as Go writes it", () => {
  assert.equal(goJson({ a: "<b>&" }), '{"a":"\\u003cb\\u003e\\u0026"}');
  assert.equal(invalid("x", { a: "<" }, "no").body, 'Invalid value: {"a":"\\u003c"}: no');
  assert.equal(invalid("x", true, "no").body, "Invalid value: true: no");
});

test("a value is printed with its fields in the order of the struct", () => {
  const string = { type: "scalar", scalar: "string" } as const;
  const registry: SchemaRegistry = {
    has: () => true,
    type: () => ({ type: "object", fields: { name: { shape: string }, key: { shape: string } } }),
  };
  assert.equal(goJson(inFieldOrder(registry, "T", { key: "k", name: "n" })), '{"name":"n","key":"k"}');
});
