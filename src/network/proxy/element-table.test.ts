// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { ElementTable } from "./element-table.ts";

const element = (key: string, value = "") => ({ set: "s", key, value });

test("a change is told once, and one that was taken back not at all", () => {
  const table = new ElementTable();
  table.replace("a", [element("k", "1")]);
  assert.deepEqual(table.takeChanges(), [{ set: "s", key: "k", before: undefined, after: "1" }]);
  assert.deepEqual(table.takeChanges(), []);
  table.replace("a", [element("k", "2")]);
  table.replace("a", [element("k", "1")]);
  assert.deepEqual(table.takeChanges(), []);
  table.replace("a", []);
  assert.deepEqual(table.takeChanges(), [{ set: "s", key: "k", before: "1", after: undefined }]);
});

test("of two owners of a key the first keeps it, and the second gets it afterwards", () => {
  const table = new ElementTable();
  table.replace("first", [element("k", "1")]);
  table.replace("second", [element("k", "2")]);
  assert.deepEqual(table.takeAll(), [element("k", "1")]);
  table.replace("first", []);
  assert.deepEqual(table.takeChanges(), [{ set: "s", key: "k", before: "1", after: "2" }]);
  table.replace("second", []);
  assert.deepEqual(table.takeChanges(), [{ set: "s", key: "k", before: "2", after: undefined }]);
  assert.deepEqual(table.takeAll(), []);
});

test("after everything was taken there is no change left", () => {
  const table = new ElementTable();
  table.replace("a", [element("k", "1"), element("l")]);
  assert.equal(table.takeAll().length, 2);
  assert.equal(table.hasChanges, false);
  table.replace("a", [element("l")]);
  assert.deepEqual(table.takeChanges(), [{ set: "s", key: "k", before: "1", after: undefined }]);
});
