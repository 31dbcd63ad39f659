// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from "node:timers/promises";
import { PreparedLoad } from "../load/load-runner.ts";
import type { WatchesTask } from "../load/load-task.ts";
import { type Figure, type Measure, type MeasureOptions, observe, scaled, settle } from "../harness/measure.ts";
import { createPods, currentRevision, makeNamespace, plainPod, podsPath, removeNamespace } from "../harness/objects.ts";
import { residentBytes } from "../harness/process-usage.ts";
import type { Target } from "../harness/target.ts";

const NAMESPACE = "bench-p4";
const WATCHERS = [100, 1_000];
const WATCHERS_PER_CONNECTION = 50;
const DELIVERIES = 1_000_000;
const WRITERS = 16;
const WARM_UP = 2_000;
const WARM_UP_FIRST = 10_000_000;
const IDLE_MS = 1_000;

const taskOf = (watchers: number, count: number, revision: string): WatchesTask => ({
  type: "watches",
  path: `${podsPath(NAMESPACE)}?watch=1&resourceVersion=${revision}&timeoutSeconds=3600`,
  watchers,
  connections: Math.ceil(watchers / WATCHERS_PER_CONNECTION),
  writes: {
    method: "POST",
    path: podsPath(NAMESPACE),
    body: JSON.stringify(plainPod()),
    count,
    clients: WRITERS,
    connections: 1,
    firstNumber: watchers * 1_000,
  },
});

/** Memory that open watches take. */
async function memoryOfWatches(target: Target, watchers: number): Promise<number> {
  await settle(target);
  const revision = await currentRevision(target, podsPath(NAMESPACE));
  const before = residentBytes(target.pids);
  using _open = await PreparedLoad.prepare(target.access, taskOf(watchers, 1, revision));
  await target.devtools?.collectGarbage();
  await sleep(IDLE_MS);
  return Math.max(0, residentBytes(target.pids) - before) / watchers;
}

async function measureWatchers(target: Target, options: MeasureOptions, watchers: number): Promise<Figure> {
  const each = await memoryOfWatches(target, watchers);
  const revision = await currentRevision(target, podsPath(NAMESPACE));
  const task = taskOf(watchers, scaled(DELIVERIES / watchers, options), revision);
  const seen = await observe(target, task, { ...options, profile: `p4-watch-${watchers}` });
  return {
    id: `P4 ${watchers.toLocaleString("en")}`,
    what: `watch events to ${watchers.toLocaleString("en")} watchers, creates included`,
    value: seen.count / seen.seconds,
    unit: " deliveries/s",
    serverMicros: seen.serverMicros,
    clientMicros: seen.cpuMicros / seen.count,
    p50Ms: seen.p50Ms,
    p99Ms: seen.p99Ms,
    memoryBytes: each,
    memoryOf: "a watcher",
  };
}

/** P4: one event to many watchers. */
export const watchMeasure: Measure = {
  id: "P4",
  title: "watch events delivered",
  parts: false,
  async run(target, options) {
    await makeNamespace(target, NAMESPACE);
    await createPods(target, NAMESPACE, { ...options, count: scaled(WARM_UP, options), firstNumber: WARM_UP_FIRST });
    const figures: Figure[] = [];
    for (const watchers of WATCHERS) figures.push(await measureWatchers(target, options, watchers));
    await removeNamespace(target, NAMESPACE);
    return figures;
  },
};
