// SPDX-License-Identifier: Apache-2.0

import { labelSelectorOf } from "../../apimachinery/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { TopologySpreadConstraint } from "../../api/index.ts";
import { podMatchesNode, toleratesTaint } from "../../rules/index.ts";
import { type CycleState, MAX_NODE_SCORE, type Plugin, unresolvable, unschedulable } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";

const NAME = "PodTopologySpread";
const SCORE = `${NAME}/score`;
const HOSTNAME = "kubernetes.io/hostname";
const REFUSED = unschedulable("node(s) didn't match pod topology spread constraints");
const LABEL_REFUSED = unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");

type CompiledSelector = ReturnType<typeof labelSelectorOf>;

/** A constraint with how many matching pods each topology value has. */
interface Spread {
  readonly constraint: DeepReadonly<TopologySpreadConstraint>;
  readonly selector: CompiledSelector;
  readonly counts: Map<string, number>;
  readonly selfMatch: boolean;
}

/** Adds matchLabelKeys of the pod itself (KEP-3243). */
function selectorOf(constraint: DeepReadonly<TopologySpreadConstraint>, pod: PodInfo) {
  const keys = (constraint.matchLabelKeys ?? []).filter((key) => key in pod.labels);
  const selector = constraint.labelSelector;
  if (!selector || keys.length === 0) return selector;
  const more = keys.map((key) => ({ key, operator: "In", values: [pod.labels[key]!] }));
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...more] };
}

/** Whether a node takes part in the constraint (KEP-3094: nodeAffinityPolicy, nodeTaintsPolicy). */
function included(spread: Spread, pod: PodInfo, node: number, nodes: NodeTable): boolean {
  if ((spread.constraint.nodeAffinityPolicy ?? "Honor") === "Honor" && !podMatchesNode(pod.pod, nodes.nodes[node]!))
    return false;
  if ((spread.constraint.nodeTaintsPolicy ?? "Ignore") !== "Honor") return true;
  return nodes.taintLists[nodes.taintList[node]!]!.taints.every(
    (taint) => taint.effect === "PreferNoSchedule" || pod.tolerations.some((t) => toleratesTaint(t, taint)),
  );
}

function matchingPods(spread: Spread, pod: PodInfo, node: number, nodes: NodeTable): number {
  let count = 0;
  for (const other of nodes.pods[node]!)
    if (!other.terminating && other.namespace === pod.namespace && spread.selector.matches(other.labels)) count++;
  return count;
}

function spreadsOf(pod: PodInfo, nodes: NodeTable, when: "DoNotSchedule" | "ScheduleAnyway"): Spread[] {
  const spreads = (pod.pod.spec?.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === when)
    .map((constraint): Spread => {
      const selector = labelSelectorOf(selectorOf(constraint, pod));
      return { constraint, selector, counts: new Map(), selfMatch: selector.matches(pod.labels) };
    });
  if (spreads.length === 0) return spreads;
  for (const node of nodes.order) {
    const labels = nodes.nodes[node]!.metadata.labels ?? {};
    // Nodes that lack one of the keys do not count for any constraint.
    if (!spreads.every((s) => s.constraint.topologyKey in labels)) continue;
    for (const spread of spreads) {
      if (!included(spread, pod, node, nodes)) continue;
      const value = labels[spread.constraint.topologyKey]!;
      spread.counts.set(value, (spread.counts.get(value) ?? 0) + matchingPods(spread, pod, node, nodes));
    }
  }
  return spreads;
}

/** The least count over topology values; 0 while there are fewer values than minDomains asks for. */
function minimum(spread: Spread): number {
  if (spread.counts.size < (spread.constraint.minDomains ?? 1)) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (const count of spread.counts.values()) if (count < least) least = count;
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}

function filterNode(spreads: readonly Spread[], node: number, nodes: NodeTable) {
  const labels = nodes.nodes[node]!.metadata.labels ?? {};
  for (const spread of spreads) {
    const value = labels[spread.constraint.topologyKey];
    if (value === undefined) return LABEL_REFUSED;
    const skew = (spread.counts.get(value) ?? 0) + (spread.selfMatch ? 1 : 0) - minimum(spread);
    if (skew > spread.constraint.maxSkew) return REFUSED;
  }
  return undefined;
}

/** Nodes that lack a key are not scored; values' counts weigh more where there are many values. */
interface SpreadScores {
  readonly spreads: readonly { readonly spread: Spread; readonly weight: number }[];
  readonly ignored: ReadonlySet<number>;
  feasible: readonly number[];
}

function scoresOf(pod: PodInfo, feasible: readonly number[], nodes: NodeTable): SpreadScores | undefined {
  const spreads = spreadsOf(pod, nodes, "ScheduleAnyway");
  if (spreads.length === 0) return undefined;
  const ignored = new Set<number>();
  const values = new Map<string, Set<string>>();
  for (const node of feasible) {
    const labels = nodes.nodes[node]!.metadata.labels ?? {};
    if (!spreads.every((s) => s.constraint.topologyKey in labels)) {
      ignored.add(node);
      continue;
    }
    for (const { constraint } of spreads) {
      const seen = values.get(constraint.topologyKey) ?? new Set<string>();
      values.set(constraint.topologyKey, seen.add(labels[constraint.topologyKey]!));
    }
  }
  const size = (key: string) => (key === HOSTNAME ? feasible.length - ignored.size : (values.get(key)?.size ?? 0));
  return {
    spreads: spreads.map((spread) => ({ spread, weight: Math.log(size(spread.constraint.topologyKey) + 2) })),
    ignored,
    feasible,
  };
}

function normalizeSpread(state: SpreadScores, scores: Float64Array, count: number): void {
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

/** Spreads pods evenly over topology values (KEP-895). */
export const podTopologySpread = (): Plugin => ({
  name: NAME,
  preFilter(state: CycleState, pod: PodInfo, nodes: NodeTable) {
    const spreads = spreadsOf(pod, nodes, "DoNotSchedule");
    state.write(NAME, spreads);
    return spreads.length === 0 ? "skip" : undefined;
  },
  shift(state, pod, other, node, sign, nodes) {
    const labels = nodes.nodes[node]!.metadata.labels ?? {};
    for (const spread of state.read<Spread[]>(NAME)) {
      const value = labels[spread.constraint.topologyKey];
      if (value === undefined || other.namespace !== pod.namespace) continue;
      if (!spread.selector.matches(other.labels) || !included(spread, pod, node, nodes)) continue;
      spread.counts.set(value, (spread.counts.get(value) ?? 0) + sign);
    }
  },
  filter: (state: CycleState, _pod: PodInfo, node: number, nodes: NodeTable) =>
    filterNode(state.read<Spread[]>(NAME), node, nodes),
  preScore(state: CycleState, pod: PodInfo, feasible: readonly number[], nodes: NodeTable) {
    const scores = scoresOf(pod, feasible, nodes);
    if (!scores) return "skip";
    state.write(SCORE, scores);
    return undefined;
  },
  score(state: CycleState, _pod: PodInfo, node: number, nodes: NodeTable) {
    const { spreads, ignored } = state.read<SpreadScores>(SCORE);
    if (ignored.has(node)) return 0;
    const labels = nodes.nodes[node]!.metadata.labels ?? {};
    let score = 0;
    for (const { spread, weight } of spreads) {
      const { topologyKey, maxSkew } = spread.constraint;
      const count =
        topologyKey === HOSTNAME
          ? matchingPods(spread, _pod, node, nodes)
          : (spread.counts.get(labels[topologyKey]!) ?? 0);
      score += count * weight + (maxSkew - 1);
    }
    return Math.round(score);
  },
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
