// SPDX-License-Identifier: Apache-2.0

import { type CycleState, type Plugin, unschedulable } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";

const REFUSED = unschedulable("node(s) didn't have free ports for the requested pod ports");

/** Refuses nodes where a wanted host port is taken. */
export const nodePorts = (): Plugin => ({
  name: "NodePorts",
  preFilter: (_state: CycleState, pod: PodInfo) => (pod.hostPorts.length === 0 ? "skip" : undefined),
  filter(_state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) {
    for (const port of pod.hostPorts) if (nodes.hostPortTaken(node, port)) return REFUSED;
    return undefined;
  },
  events: [
    { event: "AssignedPodDelete", hint: (_pod, e) => (e.pod && e.pod.hostPorts.length > 0 ? "Queue" : "Skip") },
    { event: "NodeAdd" },
    { event: "UnscheduledPodUpdate" },
  ],
});
