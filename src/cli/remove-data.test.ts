// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeData } from "./remove-data.ts";

function folderOf(...files: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "knarr-data-"));
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  return folder;
}

test("a cluster's data goes with its folder", () => {
  const folder = folderOf("pki/pki.json", "store/data.mdb");
  removeData(folder);
  assert.ok(!existsSync(folder));
  removeData(folder);
});

test("what else is in the folder stays", () => {
  const folder = folderOf("pki/pki.json", "store/data.mdb", "thesis.txt");
  removeData(folder);
  assert.deepEqual(readdirSync(folder), ["thesis.txt"]);
  rmSync(folder, { recursive: true });
});
