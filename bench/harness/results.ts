// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import type { Figure } from "./measure.ts";

const folder = join(dirname(import.meta.dirname), "results");

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: folder, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

/** Keeps the figures of a run; the file's name without its folder. */
export function saveResults(run: {
  readonly ours: readonly Figure[];
  readonly theirs: readonly Figure[];
  readonly scale: number;
  readonly connections: number;
}): string {
  mkdirSync(folder, { recursive: true });
  const at = new Date().toISOString();
  const { ours, theirs, ...sizes } = run;
  const record = {
    at,
    commit: commit(),
    machine: { processors: cpus().length, model: cpus()[0]?.model, memoryBytes: totalmem(), node: process.version },
    ...sizes,
    figures: ours,
    ...(theirs.length > 0 ? { against: theirs } : {}),
  };
  const name = `${at.replaceAll(/[:.]/g, "-")}.json`;
  writeFileSync(join(folder, name), `${JSON.stringify(record, null, 2)}\n`);
  return name;
}
