// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { textDigest } from "./text-digest.ts";

test("texts that differ in one letter, in order or in length have digests of their own", () => {
  const texts = new Set<string>();
  for (let i = 0; i < 20_000; i++) texts.add(`{"description":"${"x".repeat(i % 50)}${i}"}`);
  assert.equal(new Set([...texts].map(textDigest)).size, texts.size);
  assert.notEqual(textDigest("ab"), textDigest("ba"));
  assert.equal(textDigest("same"), textDigest("same"));
});
