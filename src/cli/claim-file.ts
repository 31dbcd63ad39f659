// SPDX-License-Identifier: Apache-2.0

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

export interface Claim {
  /** What the file says of whoever holds it. */
  readonly text: string;
  /** Whether the one that a file tells of still holds it; false for what a dead process left. */
  isHeld(text: string): boolean;
}

const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes the file with its text, both at once; false when there is one. */
function make(path: string, text: string): boolean {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text, { mode: 0o600 });
  try {
    linkSync(fresh, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** Replaces what a dead process left. Whoever does so has claimed the right to it, so that no other does it too. */
function takeOver(path: string, left: string, claim: Claim): "taken" | "changed" | "held" {
  const right = `${path}.next`;
  if (!claimFile(right, claim)) return "held";
  try {
    if (read(path) !== left) return "changed";
    const fresh = `${path}.${process.pid}`;
    writeFileSync(fresh, claim.text, { mode: 0o600 });
    renameSync(fresh, path);
    return "taken";
  } finally {
    rmSync(right, { force: true });
  }
}

/** Claims a file: true for one of any number of processes that try at the same moment, false for the others. */
export function claimFile(path: string, claim: Claim): boolean {
  for (;;) {
    if (make(path, claim.text)) return true;
    const left = read(path);
    if (left === undefined) continue;
    if (claim.isHeld(left)) return false;
    const outcome = takeOver(path, left, claim);
    if (outcome !== "changed") return outcome === "taken";
  }
}
