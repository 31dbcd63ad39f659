// SPDX-License-Identifier: Apache-2.0

import { toleratesTaint } from "../../rules/index.ts";
import { type CycleState, type Plugin, unresolvable } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";

const REFUSED = unresolvable("node(s) were unschedulable");
const CORDON_TAINT = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" } as const;

/** Refuses cordoned nodes, unless the pod tolerates the cordon's taint. */
export const nodeUnschedulable = (): Plugin => ({
  name: "NodeUnschedulable",
  filter(_state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) {
    if (nodes.unschedulable[node] === 0) return undefined;
    return pod.tolerations.some((t) => toleratesTaint(t, CORDON_TAINT)) ? undefined : REFUSED;
  },
  events: [
    { event: "NodeAdd", hint: (_pod, e) => (e.node?.spec?.unschedulable ? "Skip" : "Queue") },
    {
      event: "NodeUpdateTaint",
      hint: (_pod, e) => (e.oldNode?.spec?.unschedulable && !e.node?.spec?.unschedulable ? "Queue" : "Skip"),
    },
    { event: "UnscheduledPodUpdate" },
  ],
});
