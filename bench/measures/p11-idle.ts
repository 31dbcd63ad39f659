// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from "node:timers/promises";
import type { Figure, MeasureOptions } from "../harness/measure.ts";
import { cpuMicros, proportionalBytes, residentBytes } from "../harness/process-usage.ts";
import { RealNodeCluster } from "../harness/real-node-cluster.ts";

const SETTLE_MS = 20_000;
const WATCHED_SECONDS = 60;
const WATCHED_SECONDS_MIN = 30;
const MICROS = 1_000_000;

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;

/** P11: what a cluster with one real node and one quiet pod takes. */
export async function measureIdle(options: MeasureOptions): Promise<Figure[]> {
  await using cluster = new RealNodeCluster();
  await cluster.start();
  const { parts, runtime } = await cluster.processes();
  const pids = parts.map((part) => part.pid);
  await sleep(SETTLE_MS);
  const seconds = Math.max(WATCHED_SECONDS_MIN, WATCHED_SECONDS * options.scale);
  const before = [...pids, ...runtime].map((pid) => cpuMicros([pid]));
  await sleep(seconds * 1_000);
  const shares = [...pids, ...runtime].map((pid, i) => ((cpuMicros([pid]) - before[i]!) / MICROS / seconds) * 100);
  for (const [index, part] of parts.entries())
    options.say(`${part.name}: ${shares[index]!.toFixed(2)} %, ${megabytes(residentBytes([part.pid]))} resident`);
  const runtimeShare = shares.slice(pids.length).reduce((sum, share) => sum + share, 0);
  options.say(`runtime: ${runtimeShare.toFixed(2)} %, ${megabytes(residentBytes(runtime))} resident`);
  options.say(
    `proportional: parts ${megabytes(proportionalBytes(pids))}, runtime ${megabytes(proportionalBytes(runtime))}`,
  );
  return [
    {
      id: "P11",
      what: `idle, one real node, Knarr's own ${parts.length} processes`,
      value: shares.slice(0, pids.length).reduce((sum, share) => sum + share, 0),
      unit: " % of a core",
      memoryBytes: residentBytes(pids),
      memoryOf: "resident",
    },
  ];
}
