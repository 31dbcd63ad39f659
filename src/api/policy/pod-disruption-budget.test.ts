// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds, createErrors } from "../index.ts";
import { KindSteps } from "../kind-steps.test.ts";

const kind = builtInKinds().find((each) => each.kind === "PodDisruptionBudget")!;
const errorsOf = (metadata: object, spec: object): readonly string[] =>
  createErrors(kind, new KindSteps(kind.kind).created({ metadata: { namespace: "default", ...metadata }, spec })).map(
    ({ field }) => field,
  );

test("a budget may have any name that fits into a path", () => {
  assert.deepEqual(errorsOf({ name: "A_B", finalizers: ["x"] }, { minAvailable: 1 }), []);
  assert.deepEqual(errorsOf({ name: "a%b" }, { minAvailable: 1 }), ["metadata.name"]);
});

test("the metadata of a budget is looked at when its spec is right", () => {
  assert.deepEqual(errorsOf({ name: "a%b" }, { minAvailable: -1 }), ["spec.minAvailable"]);
});
