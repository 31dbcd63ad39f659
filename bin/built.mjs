// SPDX-License-Identifier: Apache-2.0
// Plain JavaScript, for the Node.js that is there.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const isSource = (name) => /\.(ts|json)$/.test(name) && !name.endsWith(".test.ts");

/** True when a file of the folder was written after that moment. */
function hasNewer(folder, mtimeMs) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && isSource(entry.name) && statSync(join(entry.parentPath, entry.name)).mtimeMs > mtimeMs,
  );
}

/** The built command line of a package or checkout; undefined where there is none, or its sources were changed since. */
export function builtMain(root) {
  const built = join(root, "dist", "main.js");
  if (!existsSync(built)) return undefined;
  const source = join(root, "src", "cli");
  return existsSync(source) && hasNewer(join(root, "src"), statSync(built).mtimeMs) ? undefined : built;
}
