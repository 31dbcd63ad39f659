// SPDX-License-Identifier: Apache-2.0

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { rolldown } from "rolldown";
import { middle } from "../harness/middle.ts";
import type { Figure, MeasureOptions } from "../harness/measure.ts";
import type { KindsCost } from "../load/kinds-process.ts";

const RUNS = 9;
/** As many as the goal speaks of. */
const ADDED = 60;
const root = join(import.meta.dirname, "..", "..");

/** The measured process in the form in which a cluster runs. */
async function built(folder: string): Promise<string> {
  const input = { kinds: join(import.meta.dirname, "..", "load", "kinds-process.ts") };
  const build = await rolldown({ input, platform: "node", external: (id) => !/^[./]/.test(id) });
  await build.write({ dir: folder, format: "esm" });
  await build.close();
  return join(folder, "kinds.js");
}

/** What it costs to serve more kinds: at the start, and in memory from then on. */
export async function measureKinds(options: MeasureOptions): Promise<Figure[]> {
  const folder = mkdtempSync(join(root, "node_modules", ".cache", "kinds-"));
  try {
    const main = await built(folder);
    const runs: Record<"few" | "all", KindsCost[]> = { few: [], all: [] };
    for (let i = 0; i <= RUNS; i++) {
      for (const which of ["few", "all"] as const) {
        const { stdout } = await promisify(execFile)(process.execPath, [main, which]);
        // The first run fills the cache of compiled code.
        if (i > 0) runs[which].push(JSON.parse(stdout) as KindsCost);
      }
    }
    return figures(runs.few, runs.all, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function figures(few: readonly KindsCost[], all: readonly KindsCost[], options: MeasureOptions): Figure[] {
  const of = (runs: readonly KindsCost[], field: keyof KindsCost): number => middle(runs.map((run) => run[field]));
  const more = all[0]!.kinds - few[0]!.kinds;
  const loadMs = (of(all, "loadMs") / all[0]!.kinds) * ADDED;
  const serveMs = ((of(all, "readyMs") - of(few, "readyMs")) / more) * ADDED;
  const loadBytes = (of(all, "loadBytes") / all[0]!.kinds) * ADDED;
  const serveBytes = ((of(all, "heapBytes") - of(few, "heapBytes")) / more) * ADDED;
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  options.say(`${ADDED} kinds: code ${loadMs.toFixed(1)} ms, ${megabytes(loadBytes)}`);
  options.say(`${ADDED} kinds: served ${serveMs.toFixed(1)} ms, ${megabytes(serveBytes)}`);
  return [
    {
      id: "kinds",
      what: `what ${ADDED} more kinds add to the cold start`,
      value: loadMs + serveMs,
      unit: " ms",
      memoryBytes: loadBytes + serveBytes,
      memoryOf: "heap",
    },
  ];
}
