// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { addWarning, MAX_WARNINGS } from "./write-parts.ts";

test("a warning is noted once, and no more than an answer can tell", () => {
  const warnings: string[] = [];
  for (let i = 0; i < MAX_WARNINGS + 5; i++) for (const text of [`w${i}`, "again"]) addWarning(warnings, text);
  assert.equal(warnings.length, MAX_WARNINGS);
  assert.deepEqual(warnings.slice(0, 3), ["w0", "again", "w1"]);
});
