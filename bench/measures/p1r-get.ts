// SPDX-License-Identifier: Apache-2.0

import type { RequestsTask } from "../load/load-task.ts";
import { runLoad } from "../load/load-runner.ts";
import { type Measure, observe, scaled } from "../harness/measure.ts";
import { createPods, makeNamespace, podsPath, removeNamespace } from "../harness/objects.ts";
import { NUMBER_MARK } from "../load/load-task.ts";

const NAMESPACE = "bench-p1r";
const CLIENTS = 64;
const PODS = 1_000;
const READS = 60_000;

/** P1r: GET of one pod. */
export const getMeasure: Measure = {
  id: "P1r",
  title: "GET of one pod, 64 clients",
  parts: false,
  async run(target, options) {
    await makeNamespace(target, NAMESPACE);
    await createPods(target, NAMESPACE, { ...options, count: scaled(PODS, options) });
    const read: RequestsTask = {
      type: "requests",
      method: "GET",
      path: `${podsPath(NAMESPACE)}/pod-${NUMBER_MARK}`,
      count: scaled(PODS, options),
      clients: CLIENTS,
      connections: options.connections,
    };
    await runLoad(target.access, read);
    const one = { ...read, path: `${podsPath(NAMESPACE)}/pod-00000007`, count: scaled(READS, options) };
    const seen = await observe(target, one, { ...options, profile: "p1r-get" });
    await removeNamespace(target, NAMESPACE);
    return [
      {
        id: "P1r",
        what: this.title,
        value: seen.count / seen.seconds,
        unit: "/s",
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
