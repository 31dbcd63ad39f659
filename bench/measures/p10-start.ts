// SPDX-License-Identifier: Apache-2.0

import { middle } from "../harness/middle.ts";
import type { Figure, MeasureOptions } from "../harness/measure.ts";
import { RealNodeCluster, type StartTimes } from "../harness/real-node-cluster.ts";

const RUNS = 3;

const seconds = (millis: number): string => `${(millis / 1000).toFixed(2)} s`;

function figureOf(id: string, what: string, times: readonly number[]): Figure {
  return { id, what, value: middle(times) / 1000, unit: " s", p50Ms: middle(times), p99Ms: Math.max(...times) };
}

/** P10: from nothing to /readyz, and to the first container on a real node, its image being there. */
export async function measureStart(options: MeasureOptions): Promise<Figure[]> {
  const runs: StartTimes[] = [];
  for (let i = 0; i < RUNS; i++) {
    await using cluster = new RealNodeCluster();
    const times = await cluster.start();
    runs.push(times);
    options.say(
      `ready ${seconds(times.readyMs)}, kubeconfig ${seconds(times.kubeconfigMs)}, node ready ${seconds(times.nodeReadyMs)}, pod accepted ${seconds(times.podAcceptedMs)}, container ${seconds(times.containerMs)}`,
    );
  }
  return [
    figureOf(
      "P10 ready",
      "cold start to /readyz, one real node",
      runs.map((r) => r.readyMs),
    ),
    figureOf(
      "P10 container",
      "cold start to the first running container",
      runs.map((r) => r.containerMs),
    ),
  ];
}
