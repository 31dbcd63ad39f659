// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { ownedChunks } from "../../client/index.ts";
import { bodyOf } from "./object-form.ts";

const PIECES = Array.from({ length: 300 }, (_, i) => Buffer.from(`${"x".repeat(999)}${i},`));

async function keptBytes(pieces: readonly Buffer[]): Promise<string> {
  const body = bodyOf(pieces);
  assert.equal(body.type, "chunks");
  if (body.type !== "chunks") return "";
  const kept: Uint8Array[] = [];
  for await (const chunk of ownedChunks(body)) kept.push(chunk);
  return Buffer.concat(kept).toString();
}

test("chunks of a long list that are kept stay as they were", async () => {
  assert.equal(await keptBytes(PIECES), PIECES.join(""));
});

test("the short start of a list is kept when a long object follows", async () => {
  const pieces = [Buffer.from("start,"), Buffer.alloc(65_533, "a"), ...PIECES];
  assert.equal(await keptBytes(pieces), pieces.join(""));
});
