// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
  subtractQuantities,
} from "./quantity.ts";

const CANONICAL: readonly (readonly [text: string, canonical: string])[] = [
  ["0", "0"],
  ["0Ki", "0"],
  ["1000m", "1"],
  ["0.5", "500m"],
  ["1.5", "1500m"],
  ["1024Mi", "1Gi"],
  ["1.5Gi", "1536Mi"],
  ["1000", "1k"],
  ["1e3", "1e3"],
  ["1E6", "1E6"],
  ["1e5", "100e3"],
  ["12345678", "12345678"],
  ["0.1Ki", "102400m"],
  ["1023", "1023"],
  ["1Ki", "1Ki"],
  ["0.001n", "1n"],
  ["1n", "1n"],
  ["9223372036854775808Ki", "9223372036854775807"],
  ["-5Mi", "-5Mi"],
  ["+1", "+1"],
  ["1.", "1."],
  [".", "0"],
  ["k", "0"],
  ["1000E", "1"],
];

test("a quantity is written back in canonical form", () => {
  for (const [text, canonical] of CANONICAL) assert.equal(canonicalQuantity(text), canonical, text);
});

test("what is no quantity is refused in upstream's words", () => {
  const format = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  for (const text of ["", "abc", "1 Gi", "1.2.3", "5Zi"]) assert.throws(() => parseQuantity(text), { message: format });
  assert.throws(() => parseQuantity("--1"), { message: "unable to parse quantity's suffix" });
  assert.throws(() => parseQuantity("1K"), { message: "unable to parse quantity's suffix" });
  assert.throws(() => parseQuantity("Pi"), { message: "unable to parse numeric part of quantity" });
});

test("values and thousandths are rounded up", () => {
  assert.equal(quantityValue("1500m"), 2);
  assert.equal(quantityValue("1Gi"), 1073741824);
  assert.equal(quantityMilliValue("100m"), 100);
  assert.equal(quantityMilliValue("1u"), 1);
  assert.equal(quantityMilliValue("2"), 2000);
});

test("a sum is written as its first part is, unless that is zero", () => {
  assert.equal(formatQuantity(addQuantities("1Gi", "1Gi")), "2Gi");
  assert.equal(formatQuantity(addQuantities("100m", "1")), "1100m");
  assert.equal(formatQuantity(addQuantities("0", "1Ki")), "1Ki");
  assert.equal(formatQuantity(subtractQuantities("1Gi", "512Mi")), "512Mi");
});

test("huge exponents are compared without writing them out", () => {
  assert.equal(Math.sign(compareQuantities("1e2000000000", "1")), 1);
  assert.equal(Math.sign(compareQuantities("-1e2000000000", "1")), -1);
  assert.equal(compareQuantities("1000m", "1"), 0);
});

test("the canonical form is canonical, and compares equal to what it was made of", () => {
  const text = fc
    .tuple(
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.nat(9999),
      fc.constantFrom("", "m", "k", "Ki", "Mi", "Gi", "u", "e2"),
    )
    .map(([whole, fraction, suffix]) => `${whole}.${fraction}${suffix}`);
  fc.assert(
    fc.property(text, (t) => {
      const canonical = canonicalQuantity(t);
      assert.equal(canonicalQuantity(canonical), canonical);
      assert.equal(compareQuantities(canonical, t), 0);
    }),
  );
});
