// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient } from "../harness/api-client.ts";
import { type Measure, type MeasureOptions, observe, scaled } from "../harness/measure.ts";
import {
  currentRevision,
  makeNamespace,
  podsPath,
  removeNamespace,
  schedulingNode,
  schedulingPod,
} from "../harness/objects.ts";
import type { Target } from "../harness/target.ts";
import { runLoad } from "../load/load-runner.ts";
import type { WatchesTask } from "../load/load-task.ts";

const NAMESPACE = "bench-p5";
const NODES_PATH = "/api/v1/nodes";
const NODES = 5_000;
const PODS = 10_000;
const CLIENTS = 64;
/** As upstream's workload, which also begins with some pods there; so few that the nodes stay as good as empty. */
const WARM_UP = 1_000;
const WARM_UP_FIRST = 10_000_000;
const TAINTS_POLL_MS = 500;

async function createNodes(target: Target, options: MeasureOptions, count: number): Promise<void> {
  await runLoad(target.access, {
    type: "requests",
    method: "POST",
    path: NODES_PATH,
    body: JSON.stringify(schedulingNode()),
    count,
    clients: CLIENTS,
    connections: options.connections,
    accepted: [201, 409],
  });
}

/** New nodes are tainted until the node controller has seen that they are ready. */
async function waitForNodes(target: Target): Promise<void> {
  using client = new ApiClient(target.access);
  for (;;) {
    const { items } = (await client.must("GET", NODES_PATH)) as { items: { spec: { taints?: unknown[] } }[] };
    if (items.every((node) => !node.spec.taints?.length)) return;
    await sleep(TAINTS_POLL_MS);
  }
}

/** Creates pods, and ends when a watch has seen each of them bound. */
const taskOf = (
  options: MeasureOptions,
  work: { readonly count: number; readonly firstNumber: number; readonly revision: string },
): WatchesTask => ({
  type: "watches",
  path: `${podsPath(NAMESPACE)}?watch=1&fieldSelector=spec.nodeName!%3D&resourceVersion=${work.revision}&timeoutSeconds=3600`,
  watchers: 1,
  connections: 1,
  followNumbers: true,
  writes: {
    method: "POST",
    path: podsPath(NAMESPACE),
    body: JSON.stringify(schedulingPod()),
    count: work.count,
    clients: CLIENTS,
    connections: options.connections,
    firstNumber: work.firstNumber,
  },
});

/** P5: SchedulingBasic, from the creation over HTTPS to the binding that a watch sees. */
export const schedulingMeasure: Measure = {
  id: "P5",
  title: "SchedulingBasic, 5,000 nodes",
  parts: true,
  async run(target, options) {
    await makeNamespace(target, NAMESPACE);
    const nodes = scaled(NODES, options);
    await createNodes(target, options, nodes);
    await waitForNodes(target);
    const path = podsPath(NAMESPACE);
    const warmUp = { count: scaled(WARM_UP, options), firstNumber: WARM_UP_FIRST };
    await runLoad(target.access, taskOf(options, { ...warmUp, revision: await currentRevision(target, path) }));
    const count = scaled(PODS, options);
    const task = taskOf(options, { count, firstNumber: 0, revision: await currentRevision(target, path) });
    const seen = await observe(target, task, { ...options, profile: "p5-scheduling" });
    await removeNamespace(target, NAMESPACE);
    return [
      {
        id: "P5",
        what: `SchedulingBasic, ${nodes.toLocaleString("en")} nodes, ${count.toLocaleString("en")} pods`,
        value: seen.count / seen.seconds,
        unit: " pods/s",
        serverMicros: seen.serverMicros,
        clientMicros: seen.cpuMicros / seen.count,
        p50Ms: seen.p50Ms,
        p99Ms: seen.p99Ms,
        memoryBytes: seen.residentBytes,
        memoryOf: "resident",
      },
    ];
  },
};
