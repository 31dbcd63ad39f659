// SPDX-License-Identifier: Apache-2.0

import { type Measure, observe, scaled } from "../harness/measure.ts";
import { createPods, makeNamespace, plainPod, podsPath, removeNamespace } from "../harness/objects.ts";

const NAMESPACE = "bench-p1";
const CLIENTS = 64;
const PODS = 20_000;
const WARM_UP = 4_000;
const WARM_UP_FIRST = 10_000_000;

/** P1: pods created over HTTPS, durable when answered. */
export const createMeasure: Measure = {
  id: "P1",
  title: "durable pod creates over HTTPS, 64 clients",
  parts: false,
  async run(target, options) {
    await makeNamespace(target, NAMESPACE);
    await createPods(target, NAMESPACE, { ...options, count: scaled(WARM_UP, options), firstNumber: WARM_UP_FIRST });
    const seen = await observe(
      target,
      {
        type: "requests",
        method: "POST",
        path: podsPath(NAMESPACE),
        body: JSON.stringify(plainPod()),
        count: scaled(PODS, options),
        clients: CLIENTS,
        connections: options.connections,
      },
      { ...options, profile: "p1-create" },
    );
    await removeNamespace(target, NAMESPACE);
    return [
      {
        id: "P1",
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
