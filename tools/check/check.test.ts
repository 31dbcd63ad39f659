// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { PARTS, ROOMS, STORE_USERS } from "./rooms.ts";
import { checkFile, checkSourceTree } from "./source-tree.ts";

const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const HEAD = "// SPDX-License-Identifier: Apache-2.0\n";
let scratch = "";

before(() => {
  scratch = mkdtempSync(join(tmpdir(), "knarr-gate-"));
  for (const folder of ["src", "tools", "test", "bench"]) {
    cpSync(join(checkout, folder), join(scratch, folder), {
      recursive: true,
      filter: (path) => !path.includes("/generated/"),
    });
  }
});
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Plants a file in the scratch copy, and gives what the gate says of it. */
function findingsFor(path: string, text: string): string[] {
  const file = join(scratch, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, HEAD + text);
  try {
    return checkFile(scratch, path).map((f) => f.message);
  } finally {
    rmSync(file);
  }
}

const caught = (path: string, text: string): void =>
  assert.notDeepEqual(findingsFor(path, text), [], `not caught in ${path}: ${text}`);
const passes = (path: string, text: string): void => assert.deepEqual(findingsFor(path, text), [], `${path}: ${text}`);

test("the checkout itself has no findings, and the gate looked at its files", () => {
  const { files, findings } = checkSourceTree(checkout);
  assert.deepEqual(findings, []);
  assert.ok(files > 100, `only ${files} files`);
});

test("the gate finds what is planted in a copy of the checkout", () => {
  const planted = "src/base/planted.ts";
  writeFileSync(join(scratch, planted), `${HEAD}export const y = () => Date.now();\n`);
  const found = checkSourceTree(scratch).findings.map((f) => f.path);
  rmSync(join(scratch, planted));
  assert.ok(found.includes(planted));
});

test("a gate that finds no files fails", () => {
  const empty = mkdtempSync(join(tmpdir(), "knarr-empty-"));
  assert.notDeepEqual(checkSourceTree(empty).findings, []);
  rmSync(empty, { recursive: true });
});

test("no room imports a room above it, in whatever form", () => {
  const forms = (target: string) => [
    `import { x } from "${target}";\nexport const y = x;\n`,
    `import type { X } from "${target}";\nexport type Y = X;\n`,
    `export { x } from "${target}";\n`,
    `export * from "${target}";\n`,
    `export type { X } from "${target}";\n`,
    `export const load = () => import("${target}");\n`,
    `export type Y = import("${target}").X;\n`,
  ];
  ROOMS.forEach((room, i) => {
    for (const other of ROOMS.slice(i + 1))
      for (const text of forms(`../${other}/index.ts`)) caught(`src/${room}/planted.ts`, text);
  });
});

test("parts never import one another", () => {
  for (const part of PARTS)
    for (const other of PARTS)
      if (part !== other)
        caught(`src/${part}/planted.ts`, `import type { X } from "../${other}/index.ts";\nexport type Y = X;\n`);
});

test("only the API server and what wires it touch a store", () => {
  for (const room of ROOMS.slice(ROOMS.indexOf("store") + 1))
    (STORE_USERS.has(room) ? passes : caught)(
      `src/${room}/planted.ts`,
      `import type { Store } from "../store/index.ts";\nexport type Y = Store;\n`,
    );
});

test("rooms are entered by their door", () => {
  caught("src/scheduler/planted.ts", `import { x } from "../client/informer.ts";\nexport const y = x;\n`);
  passes("src/scheduler/planted.ts", `import { Informer } from "../client/index.ts";\nexport const y = Informer;\n`);
});

test("the machine is reached from the rim only", () => {
  for (const what of ["node:fs", "node:timers", "fs", "lmdb", "pino"]) {
    caught("src/scheduler/planted.ts", `import * as x from "${what}";\nexport const y = x;\n`);
    caught("src/base/planted.ts", `export const y = () => import("${what}");\n`);
    passes("src/platform/planted.ts", `import * as x from "${what}";\nexport const y = x;\n`);
  }
  caught("src/base/planted.ts", `const name = "node:fs";\nexport const y = () => import(name);\n`);
});

test("time, timers, randomness and network come in through ports", () => {
  const banned = [
    "Date.now()",
    "new Date()",
    "new Date(0)",
    'Date["now"]()',
    "performance.now()",
    "setTimeout(() => {}, 1)",
    "setInterval(() => {}, 1)",
    "setImmediate(() => {})",
    'fetch("http://127.0.0.1")',
    "crypto.randomUUID()",
    "Math.random()",
    'Math["random"]()',
    "globalThis.setTimeout(() => {}, 1)",
    "globalThis.crypto.randomUUID()",
    "process.env",
  ];
  for (const expression of banned) {
    for (const room of ["base", "apiserver", "kubelet", "simulation", "cluster"])
      caught(`src/${room}/planted.ts`, `export const y = () => ${expression};\n`);
    passes("src/platform/planted.ts", `export const y = () => ${expression};\n`);
  }
  caught("src/base/planted.ts", "const later = setTimeout;\nexport const y = later;\n");
  caught("src/base/planted.ts", "const { now } = Date;\nexport const y = now;\n");
});

test("files and functions have a size", () => {
  caught("src/base/planted.ts", "export const a = 1;\n".repeat(1) + "// line\n".repeat(601));
  caught("src/base/planted.ts", `export function long(): void {\n${"  void 0;\n".repeat(70)}}\n`);
  passes("src/base/planted.ts", `export function fits(): void {\n${"  void 0;\n".repeat(60)}}\n`);
});

test("a room that the architecture does not know is no room", () => {
  caught("src/misc/planted.ts", "export const a = 1;\n");
});
