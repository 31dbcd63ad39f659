// SPDX-License-Identifier: Apache-2.0

import { MAX_NODE_SCORE } from "../framework.ts";
import type { MatchCounts } from "../match-counters.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";
import { included, type Spread } from "./spread-constraints.ts";

const HOSTNAME = "kubernetes.io/hostname";

/** How much one constraint counts, and how many matching pods each topology value has. */
interface WeighedSpread {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly weight: number;
  readonly matching: MatchCounts;
  /** By topology value; not for host names, where each node counts for itself. */
  readonly counts: Map<string, number>;
}

/** Nodes that lack a key are not scored; a constraint weighs more where its key has many values. */
export interface SpreadScores {
  readonly spreads: readonly WeighedSpread[];
  readonly ignored: ReadonlySet<number>;
  readonly feasible: readonly number[];
}

const labelsOf = (nodes: NodeTable, node: number): Readonly<Record<string, string>> =>
  nodes.nodes[node]!.metadata.labels ?? {};

/** Adds up matching pods over all nodes that take part, for values that some feasible node has. */
function fillCounts(spread: WeighedSpread, source: Spread, pod: PodInfo, nodes: NodeTable, keys: readonly string[]) {
  for (const [node, count] of spread.matching) {
    if (!nodes.nodes[node]) continue;
    const labels = labelsOf(nodes, node);
    if (!keys.every((key) => Object.hasOwn(labels, key))) continue;
    const value = labels[spread.topologyKey];
    if (value === undefined || !spread.counts.has(value) || !included(source, pod, node, nodes)) continue;
    spread.counts.set(value, spread.counts.get(value)! + count);
  }
}

/** What score() needs, computed once for all feasible nodes. */
export function spreadScores(
  sources: readonly Spread[],
  pod: PodInfo,
  where: { readonly feasible: readonly number[]; readonly nodes: NodeTable; readonly needAllKeys: boolean },
): SpreadScores {
  const { feasible, nodes, needAllKeys } = where;
  const keys = needAllKeys ? sources.map((s) => s.constraint.topologyKey) : [];
  const ignored = new Set<number>();
  const values = sources.map(() => new Map<string, number>());
  for (const node of feasible) {
    const labels = labelsOf(nodes, node);
    if (!keys.every((key) => Object.hasOwn(labels, key))) {
      ignored.add(node);
      continue;
    }
    // A node without the key is one more value where that is allowed.
    for (const [i, { constraint }] of sources.entries())
      if (constraint.topologyKey !== HOSTNAME) values[i]!.set(labels[constraint.topologyKey] ?? "", 0);
  }
  const spreads = sources.map(({ constraint, selector }, i): WeighedSpread => {
    const { topologyKey, maxSkew } = constraint;
    const size = topologyKey === HOSTNAME ? feasible.length - ignored.size : values[i]!.size;
    const matching = nodes.matching.of(pod.namespace, selector);
    return { topologyKey, maxSkew, weight: Math.log(size + 2), matching, counts: values[i]! };
  });
  for (const [i, spread] of spreads.entries())
    if (spread.topologyKey !== HOSTNAME) fillCounts(spread, sources[i]!, pod, nodes, keys);
  return { spreads, ignored, feasible };
}

/** Matching pods in the node's topology values, weighed; fewer is better. */
export function spreadScore({ spreads, ignored }: SpreadScores, node: number, nodes: NodeTable): number {
  if (ignored.has(node)) return 0;
  const labels = labelsOf(nodes, node);
  let score = 0;
  for (const { topologyKey, maxSkew, weight, matching, counts } of spreads) {
    const value = labels[topologyKey];
    if (value === undefined) continue;
    const count = (topologyKey === HOSTNAME ? matching.get(node) : counts.get(value)) ?? 0;
    score += count * weight + (maxSkew - 1);
  }
  return Math.round(score);
}

/** Turns scores around, so that the node with the fewest matching pods gets the most. */
export function normalizeSpread(state: SpreadScores, scores: Float64Array, count: number): void {
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (let i = 0; i < count; i++) {
    if (state.ignored.has(state.feasible[i]!)) continue;
    if (scores[i]! < min) min = scores[i]!;
    if (scores[i]! > max) max = scores[i]!;
  }
  for (let i = 0; i < count; i++) {
    if (state.ignored.has(state.feasible[i]!)) scores[i] = 0;
    else scores[i] = max === 0 ? MAX_NODE_SCORE : Math.trunc((MAX_NODE_SCORE * (max + min - scores[i]!)) / max);
  }
}
