// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { sameJson, semanticEqual } from "./json-equality.ts";
import { equalJson } from "./json-value.ts";

/** Two values, and whether they are equal to the letter, in meaning, and with empty objects left out. */
const PAIRS: readonly (readonly [left: unknown, right: unknown, exact: boolean, semantic: boolean, same: boolean])[] = [
  [{ a: 1, b: [{ c: "x" }] }, { b: [{ c: "x" }], a: 1 }, true, true, true],
  [{ a: 1 }, { a: 1, b: undefined }, true, true, true],
  [{ a: 1 }, { a: 1, b: null }, false, true, true],
  [{ a: 1 }, { a: 1, b: [] }, false, true, true],
  [{ a: 1 }, { a: 1, b: {} }, false, false, true],
  [{ a: 1 }, { a: 1, b: { c: [], d: {} } }, false, false, true],
  [{ b: [] }, { b: {} }, false, false, true],
  [{ a: 1 }, { a: 1, b: 0 }, false, false, false],
  [{ a: 1 }, { a: 1, b: "" }, false, false, false],
  [{ a: [] }, { b: 1 }, false, false, false],
  [[1, 2], [2, 1], false, false, false],
  [[1], [1, 1], false, false, false],
  [[1], { 0: 1 }, false, false, false],
  [{ constructor: 1 }, { toString: 1 }, false, false, false],
  [JSON.parse('{"__proto__":{"a":1}}'), { a: 1 }, false, false, false],
];

test("values are equal to the letter, in meaning, or but for empty objects", () => {
  for (const [left, right, exact, semantic, same] of PAIRS) {
    const text = `${JSON.stringify(left)} ${JSON.stringify(right)}`;
    for (const [a, b] of [
      [left, right],
      [right, left],
    ])
      assert.deepEqual([equalJson(a, b), semanticEqual(a, b), sameJson(a, b)], [exact, semantic, same], text);
  }
});
