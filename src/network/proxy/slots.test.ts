// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assignSlots } from "./slots.ts";

test("backends that stay keep their number, and a new one takes the place of one that went", () => {
  assert.deepEqual(assignSlots(["a", "b", "c"], ["a", "c", "d"]), ["a", "d", "c"]);
  assert.deepEqual(assignSlots(["a", "b", "c"], ["c", "b"]), ["c", "b"]);
  assert.deepEqual(assignSlots([], ["a", "b"]), ["a", "b"]);
  assert.deepEqual(assignSlots(["a"], []), []);
});

test("numbers have no gaps, every backend has one, and no more move than must", () => {
  const names = fc.uniqueArray(fc.integer({ min: 0, max: 20 }).map((n) => `b${n}`));
  fc.assert(
    fc.property(names, names, (old, wanted) => {
      const slots = assignSlots(old, wanted);
      assert.deepEqual(slots.toSorted(), wanted.toSorted());
      const moved = slots.filter((backend, i) => old.includes(backend) && old[i] !== backend);
      assert.ok(moved.every((backend) => old.indexOf(backend) >= slots.length));
    }),
  );
});
