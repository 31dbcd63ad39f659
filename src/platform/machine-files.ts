// SPDX-License-Identifier: Apache-2.0

import { mkdirSync } from "node:fs";
import { readdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Writes a file that only its owner reads, all at once. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.new`;
  await writeFile(fresh, text, { mode: 0o600 });
  await rename(fresh, path);
}

/** Paths of the files in a folder, in order; none when there is no such folder. */
export async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort().map((name) => join(folder, name));
  } catch {
    return [];
  }
}
