// SPDX-License-Identifier: Apache-2.0

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LoadResult, LoadTask } from "../load/load-task.ts";
import { PreparedLoad } from "../load/load-runner.ts";
import { cpuMicros, forgetPeak, mainThreadMicros, peakResidentBytes, residentBytes } from "./process-usage.ts";
import type { Target } from "./target.ts";

/** One line of the table. */
export interface Figure {
  readonly id: string;
  readonly what: string;
  /** Operations a second, or seconds, as `unit` says. */
  readonly value: number;
  readonly unit: string;
  /** Processor time of the server for each operation. */
  readonly serverMicros?: number;
  readonly clientMicros?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly memoryBytes?: number;
  readonly memoryOf?: string;
}

/** How large a measure is, and what it leaves behind. */
export interface MeasureOptions {
  /** Multiplies the sizes; 1 is what the goals speak of. */
  readonly scale: number;
  readonly connections: number;
  /** Folder for processor profiles; none are taken unless given. */
  readonly profiles?: string;
  say(text: string): void;
}

/** A measure of a cluster that runs. */
export interface Measure {
  readonly id: string;
  readonly title: string;
  readonly parts: boolean;
  run(target: Target, options: MeasureOptions): Promise<Figure[]>;
}

export interface Observed extends LoadResult {
  readonly serverMicros: number;
  readonly extraBytes: number;
  readonly residentBytes: number;
}

const SETTLE_MS = 1_000;

/** Waits until what came before is done with: flushes, collections. */
export async function settle(target: Target): Promise<void> {
  await target.devtools?.collectGarbage();
  await sleep(SETTLE_MS);
}

/** Runs a load, and reads what it cost the server meanwhile. */
export async function observe(
  target: Target,
  task: LoadTask,
  options: MeasureOptions & { readonly profile?: string },
): Promise<Observed> {
  await settle(target);
  const before = residentBytes(target.pids);
  using load = await PreparedLoad.prepare(target.access, task);
  const profile = options.profiles && options.profile ? join(options.profiles, `${options.profile}.cpuprofile`) : "";
  if (profile) await target.devtools?.startProfile();
  forgetPeak(target.pids);
  const cpu = cpuMicros(target.pids);
  const main = mainThreadMicros(target.pids);
  const result = await load.run();
  const used = cpuMicros(target.pids) - cpu;
  const mainAfter = mainThreadMicros(target.pids);
  const each = (micros: number): string => (micros / result.count).toFixed(1);
  const user = mainAfter.user - main.user;
  const system = mainAfter.system - main.system;
  options.say(
    `main thread ${each(user)} µs user and ${each(system)} µs system each, other threads ${each(used - user - system)} µs; busy for ${((user + system) / 1e4 / result.seconds).toFixed(0)} % of the time`,
  );
  const extraBytes = peakResidentBytes(target.pids) - before;
  if (profile) await target.devtools?.endProfile(profile);
  return {
    ...result,
    serverMicros: used / result.count,
    extraBytes: Math.max(0, extraBytes),
    residentBytes: residentBytes(target.pids),
  };
}

/** A size for this scale, in whole tens. */
export const scaled = (size: number, options: MeasureOptions): number =>
  Math.max(10, Math.round((size * options.scale) / 10) * 10);
