// SPDX-License-Identifier: Apache-2.0
// Plain JavaScript, for the Node.js that is there.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const isSource = (name) => /\.(ts|json)$/.test(name) && !name.endsWith(".test.ts");

/**
 * What tells one state of a checkout's sources from another: their names, sizes and times. Not which is newer: clocks
 * go wrong, an older file may be put back, and one that is gone has no time.
 */
export function sourcesStamp(root) {
  const lines = [];
  for (const entry of readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !isSource(entry.name)) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const { size, mtimeMs } = statSync(path);
    lines.push(`${path.slice(root.length)} ${size} ${mtimeMs}`);
  }
  return createHash("sha256").update(lines.sort().join("\n")).digest("hex");
}

/** What the last build left: its files, and the stamp of what they were made of. */
export function lastBuild(root) {
  try {
    return JSON.parse(readFileSync(join(root, "dist", "built.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/** The built command line of a package, or of a checkout that is as it was built; undefined where there is none. */
export function builtMain(root) {
  const main = join(root, "dist", "main.js");
  if (!existsSync(join(root, "src", "cli"))) return existsSync(main) ? main : undefined;
  const build = lastBuild(root);
  if (!build) return undefined;
  const there = new Set(readdirSync(join(root, "dist")));
  const isWhole = build.files.every((name) => there.has(name));
  return isWhole && build.sources === sourcesStamp(root) ? main : undefined;
}
