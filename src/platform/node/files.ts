// SPDX-License-Identifier: Apache-2.0

import { access, readFile, rename, rmdir, writeFile } from "node:fs/promises";

/** Swallows failures that mean that there is nothing to do; rethrows the others. */
export function ignore(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  };
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The text of a file, or undefined when there is none. */
export async function readIfExists(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(ignore("ENOENT", "ENOTDIR", "ESRCH", "ENODEV"));
}

/** Writes so that readers see the old text or the new one. */
export async function writeAtomically(path: string, text: string, mode = 0o600): Promise<void> {
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
}

/** Removes a folder that nobody put anything into. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(ignore("ENOENT", "ENOTEMPTY", "EBUSY"));
}
