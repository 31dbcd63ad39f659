// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { expand } from "./expansion.ts";

const values: Readonly<Record<string, string>> = { A: "1", B: "$(A)" };
const of = (text: string): string => expand(text, (name) => values[name]);

test("known names are replaced, unknown ones stay", () => {
  assert.equal(of("x-$(A)-$(C)-y"), "x-1-$(C)-y");
});

test("what is put in is not looked at again", () => {
  assert.equal(of("$(B)"), "$(A)");
});

test("a doubled dollar is one, and escapes a reference", () => {
  assert.equal(of("$$(A)"), "$(A)");
  assert.equal(of("$$$(A)"), "$1");
  assert.equal(of("$$$$(A)"), "$$(A)");
});

test("dollars that open nothing stay", () => {
  assert.equal(of("$A $"), "$A $");
  assert.equal(of("$(A"), "$(A");
});
