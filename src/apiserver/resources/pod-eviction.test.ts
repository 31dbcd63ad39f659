// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Eviction } from "../../api/index.ts";
import { checkEviction, isDryEviction } from "./pod-eviction.ts";

const evictionOf = (deleteOptions?: object): Eviction =>
  ({ metadata: { name: "p" }, ...(deleteOptions && { deleteOptions }) }) as Eviction;

test("an eviction names its pod and reads what it deletes", () => {
  checkEviction(evictionOf(), "p");
  assert.throws(() => checkEviction(evictionOf(), "q"), {
    message: "name in URL does not match name in Eviction object",
  });
  const unsafe = evictionOf({ ignoreStoreReadErrorWithClusterBreakingPotential: true });
  assert.throws(() => checkEviction(unsafe, "p"), /can not be set for pod eviction, try after removing the option$/);
});

test("an eviction is dry when the request or its delete options say so, and they agree", () => {
  assert.equal(isDryEviction(evictionOf(), false), false);
  assert.equal(isDryEviction(evictionOf(), true), true);
  assert.equal(isDryEviction(evictionOf({ dryRun: ["All"] }), false), true);
  assert.equal(isDryEviction(evictionOf({ dryRun: ["All"] }), true), true);
  assert.throws(() => isDryEviction(evictionOf({ dryRun: ["x", "y"] }), true), {
    message: "Non-matching dry-run options in request and content: [All] and [x y]",
  });
});
