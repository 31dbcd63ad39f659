// SPDX-License-Identifier: Apache-2.0

import type { Diagnosis, PluginStatus } from "./framework.ts";

/** `3 Insufficient cpu, 1 node(s) were unschedulable`: how often each reason was given, sorted as text. */
function reasonCounts(diagnosis: Diagnosis): string {
  const counts = new Map<string, number>();
  const add = (reason: string, by: number) => counts.set(reason, (counts.get(reason) ?? 0) + by);
  for (const { reasons } of diagnosis.statuses.values()) for (const reason of reasons) add(reason, 1);
  const others = diagnosis.nodeCount - diagnosis.statuses.size;
  if (others > 0) for (const reason of diagnosis.others?.reasons ?? []) add(reason, others);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .join(", ");
}

/** Why a pod fits nowhere, worded as upstream's FitError. */
export function fitErrorMessage(diagnosis: Diagnosis, postFilterMessage = ""): string {
  const head = `0/${diagnosis.nodeCount} nodes are available:`;
  const why = diagnosis.preFilterStatus?.reasons.join(", ") ?? reasonCounts(diagnosis);
  return `${head}${why ? ` ${why}.` : ""}${postFilterMessage ? ` ${postFilterMessage}` : ""}`;
}

/** The same wording where one node alone was refused, after the pod had been given to it. */
export const oneNodeMessage = (status: PluginStatus): string =>
  fitErrorMessage({ nodeCount: 1, statuses: new Map([[0, status]]), plugins: new Set() });
