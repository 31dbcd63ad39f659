// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

interface BuiltForm {
  sourcesStamp(root: string): string;
  builtMain(root: string): string | undefined;
}

const built = join(dirname(dirname(fileURLToPath(import.meta.url))), "bin", "built.mjs");
const { sourcesStamp, builtMain } = (await import(built)) as BuiltForm;

const THEN = new Date("2026-01-01");
const TOMORROW = new Date(Date.now() + 86_400_000);

/** A checkout of two sources, with what a build of them leaves. */
class Checkout implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "knarr-built-"));

  constructor() {
    this.write("src/cli/main.ts");
    this.write("src/store/store.ts");
    this.write("dist/piece.js");
    this.write("dist/main.js");
    this.build();
  }

  write(path: string, text = "text", time = THEN): void {
    const full = join(this.root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    utimesSync(full, time, time);
  }

  build(): void {
    const files = ["piece.js", "main.js"];
    this.write("dist/built.json", JSON.stringify({ sources: sourcesStamp(this.root), files }));
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  get isBuilt(): boolean {
    return builtMain(this.root) === join(this.root, "dist", "main.js");
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}

const CHANGES: readonly [string, (checkout: Checkout) => void][] = [
  ["an edit", (c) => c.write("src/store/store.ts", "text", new Date())],
  ["an edit that leaves the time", (c) => c.write("src/store/store.ts", "longer")],
  ["an older source put back", (c) => c.write("src/store/store.ts", "text", new Date("2020-01-01"))],
  ["a source from the future", (c) => c.write("src/store/store.ts", "text", TOMORROW)],
  ["a new source", (c) => c.write("src/store/more.ts")],
  ["a source that is gone", (c) => c.remove("src/store/store.ts")],
  ["a built piece that is gone", (c) => c.remove("dist/piece.js")],
  ["a build that was cut short", (c) => c.write("dist/built.json", "{")],
  ["a built form that is gone", (c) => c.remove("dist")],
];

test("the built form runs only while it is whole and the sources are as they were built", () => {
  for (const [change, make] of CHANGES) {
    using checkout = new Checkout();
    assert.equal(checkout.isBuilt, true);
    make(checkout);
    assert.equal(checkout.isBuilt, false, change);
  }
});

test("after a build it runs again, whatever the clock says of the sources", () => {
  using checkout = new Checkout();
  checkout.write("src/store/store.ts", "text", TOMORROW);
  checkout.build();
  assert.equal(checkout.isBuilt, true);
});

test("tests are no sources, and a package has none", () => {
  using checkout = new Checkout();
  checkout.write("src/store/store.test.ts");
  assert.equal(checkout.isBuilt, true);
  checkout.remove("src");
  checkout.remove("dist/built.json");
  assert.equal(checkout.isBuilt, true);
});
