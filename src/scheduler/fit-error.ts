// SPDX-License-Identifier: Apache-2.0

import type { Diagnosis } from "./framework.ts";

/** `3 Insufficient cpu, 1 node(s) were unschedulable`: how often each reason was given, sorted as text. */
export function reasonCounts(statuses: Iterable<{ readonly reasons: readonly string[] }>): string {
  const counts = new Map<string, number>();
  for (const { reasons } of statuses) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .join(", ");
}

/** Why a pod fits nowhere, worded as upstream's FitError. */
export function fitErrorMessage(diagnosis: Diagnosis, postFilterMessage: string): string {
  const head = `0/${diagnosis.nodeCount} nodes are available`;
  const tail = postFilterMessage ? ` ${postFilterMessage}` : "";
  if (diagnosis.preFilterStatus) return `${head}: ${diagnosis.preFilterStatus.reasons.join(", ")}.${tail}`;
  const reasons = reasonCounts(diagnosis.statuses.values());
  return reasons ? `${head}: ${reasons}.${tail}` : `${head}${tail ? `:${tail}` : ""}`;
}
