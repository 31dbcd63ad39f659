// SPDX-License-Identifier: Apache-2.0

import { rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** What a cluster keeps in its data folder. */
const PARTS = ["pki", "store", "images"];

/** Removes a cluster's data, and its folder when that holds nothing else: `--data-dir` may name a folder of the user. */
export function removeData(folder: string): void {
  for (const part of PARTS) rmSync(join(folder, part), { recursive: true, force: true });
  try {
    rmdirSync(folder);
  } catch {
    // Something else is in it, or it was never made.
  }
}
