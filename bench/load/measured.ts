// SPDX-License-Identifier: Apache-2.0

import { performance } from "node:perf_hooks";
import type { LoadResult } from "./load-task.ts";

/** The value below which this share of the sorted ones lies. */
export const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Runs a load, and adds how long it took and what it cost this process. */
export async function measured(run: () => Promise<Omit<LoadResult, "seconds" | "cpuMicros">>): Promise<LoadResult> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const result = await run();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { ...result, seconds, cpuMicros: user + system };
}
