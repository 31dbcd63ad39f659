// SPDX-License-Identifier: Apache-2.0

import type { Cached } from "../client/index.ts";
import type { Node } from "../api/index.ts";
import type { ClusterEventKind } from "./cluster-event.ts";

const differs = (a: unknown, b: unknown): boolean => a !== b && JSON.stringify(a) !== JSON.stringify(b);

/** Which events a change of a node is, as far as scheduling cares. */
export function nodeChanges(old: Cached<Node>, node: Cached<Node>): ClusterEventKind[] {
  const kinds: ClusterEventKind[] = [];
  if (differs(old.status?.allocatable, node.status?.allocatable)) kinds.push("NodeUpdateAllocatable");
  if (differs(old.metadata.labels, node.metadata.labels)) kinds.push("NodeUpdateLabel");
  if (differs(old.spec?.taints, node.spec?.taints) || old.spec?.unschedulable !== node.spec?.unschedulable)
    kinds.push("NodeUpdateTaint");
  if (differs(conditionsOf(old), conditionsOf(node))) kinds.push("NodeUpdateCondition");
  return kinds;
}

const conditionsOf = (node: Cached<Node>): string[] =>
  (node.status?.conditions ?? []).map((c) => `${c.type}=${c.status}`);
