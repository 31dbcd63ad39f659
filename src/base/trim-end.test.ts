// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { trimEnd } from "./trim-end.ts";

test("trimEnd() takes away characters at the end alone", () => {
  assert.equal(trimEnd("/a//b//", "/"), "/a//b");
  assert.equal(trimEnd("a", "/"), "a");
  assert.equal(trimEnd("//", "/"), "");
  assert.equal(trimEnd("", "/"), "");
});
