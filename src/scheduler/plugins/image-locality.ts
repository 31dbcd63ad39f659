// SPDX-License-Identifier: Apache-2.0

import { type CycleState, MAX_NODE_SCORE, type Plugin } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";

const MEGABYTE = 1024 * 1024;
const MIN_BYTES = 23 * MEGABYTE;
const MAX_BYTES_PER_CONTAINER = 1000 * MEGABYTE;

/** Prefers nodes that have the pod's images, weighed by size and by how widely each image is spread. */
export const imageLocality = (): Plugin => ({
  name: "ImageLocality",
  preScore: (_state: CycleState, pod: PodInfo, _feasible: readonly number[], nodes: NodeTable) =>
    pod.images.some((name) => nodes.knowsImage(name)) ? undefined : "skip",
  score(_state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) {
    let sum = 0;
    for (const name of pod.images) {
      const image = nodes.image(node, name);
      if (image) sum += Math.trunc(image.sizeBytes * (image.nodeCount / nodes.size));
    }
    const max = MAX_BYTES_PER_CONTAINER * pod.images.length;
    const clamped = Math.min(Math.max(sum, MIN_BYTES), max);
    return Math.trunc((MAX_NODE_SCORE * (clamped - MIN_BYTES)) / (max - MIN_BYTES));
  },
});
