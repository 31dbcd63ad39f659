// SPDX-License-Identifier: Apache-2.0

import { type CycleState, MAX_NODE_SCORE, type Plugin } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";

const share = (requested: number, allocatable: number): number => Math.min(1, requested / allocatable);

/** How far apart the used shares of CPU and memory are: their standard deviation, which for two is half the distance. */
function deviation(milliCpu: number, memoryBytes: number, node: number, nodes: NodeTable): number {
  const cpu = nodes.allocatableMilliCpu[node]!;
  const memory = nodes.allocatableMemory[node]!;
  if (cpu === 0 || memory === 0) return 0;
  return (
    Math.abs(
      share(nodes.requestedMilliCpu[node]! + milliCpu, cpu) - share(nodes.requestedMemory[node]! + memoryBytes, memory),
    ) / 2
  );
}

/** Prefers nodes whose CPU and memory are used evenly once the pod is there. */
export const balancedAllocation = (): Plugin => ({
  name: "NodeResourcesBalancedAllocation",
  preScore: (_state: CycleState, pod: PodInfo) =>
    pod.requests.milliCpu === 0 && pod.requests.memoryBytes === 0 ? "skip" : undefined,
  score(_state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) {
    const after = deviation(pod.requests.milliCpu, pod.requests.memoryBytes, node, nodes);
    return Math.trunc((1 - after) * MAX_NODE_SCORE);
  },
});
