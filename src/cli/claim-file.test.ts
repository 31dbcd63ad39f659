// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { claimFile } from "./claim-file.ts";

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "knarr-claim-"));
  readonly file = join(this.path, "run.json");

  /** Claims as one of several processes, of which only the named live. */
  claim(text: string, ...living: string[]): boolean {
    return claimFile(this.file, { text, isHeld: (held) => living.includes(held) });
  }

  get content(): string {
    return readFileSync(this.file, "utf8");
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

test("a file is claimed once while its holder lives", () => {
  using folder = new Folder();
  assert.equal(folder.claim("first"), true);
  assert.equal(folder.claim("second", "first"), false);
  assert.equal(folder.content, "first");
  assert.deepEqual(readdirSync(folder.path), ["run.json"]);
});

test("what the dead held is taken over, also when they died while they took over", () => {
  using folder = new Folder();
  writeFileSync(folder.file, "dead");
  writeFileSync(`${folder.file}.next`, "dead too");
  assert.equal(folder.claim("living"), true);
  assert.equal(folder.content, "living");
  assert.deepEqual(readdirSync(folder.path), ["run.json"]);
});

test("who comes while another takes over does not", () => {
  using folder = new Folder();
  writeFileSync(folder.file, "dead");
  writeFileSync(`${folder.file}.next`, "faster");
  assert.equal(folder.claim("slower", "faster"), false);
  assert.equal(folder.content, "dead");
});

test("who saw the dead before another took over does not replace that one", () => {
  using folder = new Folder();
  writeFileSync(folder.file, "dead");
  let looked = 0;
  const isHeld = (text: string) => {
    // Between the look and the right to take over, another has come and gone through both.
    if (text === "dead" && looked++ === 0) writeFileSync(folder.file, "faster");
    return text === "faster";
  };
  assert.equal(claimFile(folder.file, { text: "slower", isHeld }), false);
  assert.equal(folder.content, "faster");
  assert.equal(existsSync(`${folder.file}.next`), false);
});
