// SPDX-License-Identifier: Apache-2.0

import { type CycleState, type Plugin, unresolvable } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";

const REFUSED = unresolvable("node(s) didn't match the requested node name");

/** Keeps a pod that names its node to that node. */
export const nodeName = (): Plugin => ({
  name: "NodeName",
  preFilter: (_state: CycleState, pod: PodInfo) => (pod.nodeName === "" ? "skip" : undefined),
  filter: (_state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) =>
    pod.nodeName === nodes.names[node] ? undefined : REFUSED,
  events: [{ event: "NodeAdd" }],
});
