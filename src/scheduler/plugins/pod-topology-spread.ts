// SPDX-License-Identifier: Apache-2.0

import { type CycleState, type Plugin, unresolvable, unschedulable } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";
import { included, ownSpreads, preferredSpreads, type SiblingSelector, type Spread } from "./spread-constraints.ts";
import { normalizeSpread, type SpreadScores, spreadScore, spreadScores } from "./spread-scores.ts";

const NAME = "PodTopologySpread";
const SCORE = `${NAME}/score`;
const REFUSED = unschedulable("node(s) didn't match pod topology spread constraints");
const LABEL_REFUSED = unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");

/** A constraint that must hold, with how many matching pods each topology value has. */
interface RequiredSpread extends Spread {
  readonly counts: Map<string, number>;
  readonly selfMatch: boolean;
  /** The least count; unknown after a count has changed. */
  least: number | undefined;
}

const hasAllKeys = (spreads: readonly Spread[], labels: Readonly<Record<string, string>>): boolean =>
  spreads.every((s) => Object.hasOwn(labels, s.constraint.topologyKey));

function requiredSpreads(pod: PodInfo, nodes: NodeTable): RequiredSpread[] {
  const spreads = ownSpreads(pod, "DoNotSchedule").map((spread) => ({
    ...spread,
    counts: new Map<string, number>(),
    selfMatch: spread.selector.matches(pod.labels),
    least: undefined,
  }));
  if (spreads.length === 0) return spreads;
  const matching = spreads.map(({ selector }) => nodes.matching.of(pod.namespace, selector));
  for (const node of nodes.order) {
    const labels = nodes.nodes[node]!.metadata.labels ?? {};
    // Nodes that lack one of the keys do not count for any constraint.
    if (!hasAllKeys(spreads, labels)) continue;
    for (const [index, spread] of spreads.entries()) {
      if (!included(spread, pod, node, nodes)) continue;
      const value = labels[spread.constraint.topologyKey]!;
      spread.counts.set(value, (spread.counts.get(value) ?? 0) + (matching[index]!.get(node) ?? 0));
    }
  }
  return spreads;
}

/** The least count over topology values; 0 while there are fewer values than minDomains asks for. */
function minimum(spread: RequiredSpread): number {
  if (spread.counts.size < (spread.constraint.minDomains ?? 1)) return 0;
  if (spread.least === undefined) {
    spread.least = Number.POSITIVE_INFINITY;
    for (const count of spread.counts.values()) if (count < spread.least) spread.least = count;
  }
  return spread.least;
}

function filterNode(spreads: readonly RequiredSpread[], node: number, nodes: NodeTable) {
  const labels = nodes.nodes[node]!.metadata.labels ?? {};
  for (const spread of spreads) {
    const value = labels[spread.constraint.topologyKey];
    if (value === undefined) return LABEL_REFUSED;
    const skew = (spread.counts.get(value) ?? 0) + (spread.selfMatch ? 1 : 0) - minimum(spread);
    if (skew > spread.constraint.maxSkew) return REFUSED;
  }
  return undefined;
}

/** Spreads pods evenly over topology values (KEP-895). */
export const podTopologySpread = (siblings: SiblingSelector): Plugin => ({
  name: NAME,
  preFilter(state: CycleState, pod: PodInfo, nodes: NodeTable) {
    const spreads = requiredSpreads(pod, nodes);
    if (spreads.length === 0) return "skip";
    state.write(NAME, spreads);
    return undefined;
  },
  shift(state, pod, other, node, sign, nodes) {
    const spreads = state.read<RequiredSpread[]>(NAME);
    const labels = nodes.nodes[node]!.metadata.labels ?? {};
    if (other.namespace !== pod.namespace || !hasAllKeys(spreads, labels)) return;
    for (const spread of spreads) {
      if (!spread.selector.matches(other.labels) || !included(spread, pod, node, nodes)) continue;
      const value = labels[spread.constraint.topologyKey]!;
      spread.counts.set(value, (spread.counts.get(value) ?? 0) + sign);
      spread.least = undefined;
    }
  },
  filter: (state: CycleState, _pod: PodInfo, node: number, nodes: NodeTable) =>
    filterNode(state.read<RequiredSpread[]>(NAME), node, nodes),
  preScore(state: CycleState, pod: PodInfo, feasible: readonly number[], nodes: NodeTable) {
    const { spreads, needAllKeys } = preferredSpreads(pod, siblings);
    if (spreads.length === 0) return "skip";
    state.write(SCORE, spreadScores(spreads, pod, { feasible, nodes, needAllKeys }));
    return undefined;
  },
  score: (state: CycleState, _pod: PodInfo, node: number, nodes: NodeTable) =>
    spreadScore(state.read<SpreadScores>(SCORE), node, nodes),
  normalize: (state: CycleState, _pod: PodInfo, scores: Float64Array, count: number) =>
    normalizeSpread(state.read<SpreadScores>(SCORE), scores, count),
  events: [
    { event: "AssignedPodAdd" },
    { event: "AssignedPodUpdate" },
    { event: "AssignedPodDelete" },
    { event: "NodeAdd" },
    { event: "NodeUpdateLabel" },
    { event: "NodeUpdateTaint" },
    { event: "UnscheduledPodUpdate" },
  ],
});
