// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SortedMap } from "./sorted-map.ts";

const keyOf = (n: number): string => `key-${String(n).padStart(5, "0")}`;

test("a sorted map holds what a plain map holds, in order, whatever is written and deleted", () => {
  const step = fc.record({ remove: fc.boolean(), key: fc.nat(400), value: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 300, maxLength: 2000 }), (steps) => {
      const map = new SortedMap<number>();
      const model = new Map<string, number>();
      for (const { remove, key, value } of steps) {
        if (remove) assert.equal(map.delete(keyOf(key)), model.delete(keyOf(key)));
        else {
          map.set(keyOf(key), value);
          model.set(keyOf(key), value);
        }
      }
      const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
      assert.deepEqual([...map.values()], expected);
      assert.equal(map.size, model.size);
      for (const [key, value] of model) assert.equal(map.get(key), value);
    }),
    { numRuns: 60 },
  );
});

test("a snapshot does not change when the map does", () => {
  const map = new SortedMap<number>();
  for (let i = 0; i < 1000; i++) map.set(keyOf(i), i);
  const snapshot = map.snapshot();
  for (let i = 0; i < 1000; i += 2) map.delete(keyOf(i));
  for (let i = 1; i < 1000; i += 2) map.set(keyOf(i), -i);
  for (let i = 1000; i < 1500; i++) map.set(keyOf(i), i);
  assert.deepEqual([...snapshot.values()], [...Array(1000).keys()]);
  assert.equal(snapshot.size, 1000);
  assert.equal(snapshot.get(keyOf(4)), 4);
  assert.equal(map.size, 1000);
});

test("a range starts at its first key and stops before its last", () => {
  const map = new SortedMap<number>();
  for (let i = 999; i >= 0; i--) map.set(keyOf(i), i);
  assert.deepEqual([...map.values(keyOf(100), keyOf(103))], [100, 101, 102]);
  const seen: number[] = [];
  map.forEach(keyOf(998), undefined, (value) => {
    seen.push(value);
  });
  assert.deepEqual(seen, [998, 999]);
  map.forEach("", undefined, (value) => {
    seen.push(value);
    return false;
  });
  assert.deepEqual(seen, [998, 999, 0]);
});
