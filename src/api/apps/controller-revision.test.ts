// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { KindSteps } from "../kind-steps.test.ts";

const steps = new KindSteps("ControllerRevision");

test("the data of a revision is an object", () => {
  assert.deepEqual(steps.mistakes({ revision: 1, data: { a: 1 } }), []);
  assert.deepEqual(steps.mistakes({ revision: 1 }), ["data: Required value: data is mandatory"]);
  for (const data of [1, "x", [1]])
    assert.deepEqual(steps.mistakes({ revision: 1, data }), ["data: Required value: data must be a valid JSON object"]);
});

test("the data of a revision stays as it was written, the revision may change", () => {
  const before = { revision: 1, data: { a: 1, b: {} } };
  assert.deepEqual(steps.mistakesOfUpdate(before, { ...before, revision: 2 }), []);
  assert.deepEqual(steps.mistakesOfUpdate(before, { revision: 1, data: { a: 1 } }), [
    'data: Invalid value: {"a":1}: field is immutable',
  ]);
  assert.deepEqual(steps.mistakesOfUpdate(before, { revision: 1, data: { b: {}, a: 1 } }), [
    'data: Invalid value: {"b":{},"a":1}: field is immutable',
  ]);
});
