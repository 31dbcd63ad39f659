// SPDX-License-Identifier: Apache-2.0

import {
  type CycleState,
  MAX_NODE_SCORE,
  type Plugin,
  type PluginStatus,
  unresolvable,
  unschedulable,
} from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";
import { type CompiledTerm, compileTerm, type NamespaceLabels } from "./topology-terms.ts";

const NAME = "InterPodAffinity";
const SCORE = `${NAME}/score`;
/** What a required affinity of an existing pod adds to a node's score (upstream's hardPodAffinityWeight). */
const HARD_AFFINITY_WEIGHT = 1;
const AFFINITY_REFUSED = unresolvable("node(s) didn't match pod affinity rules");
const ANTI_AFFINITY_REFUSED = unschedulable("node(s) didn't match pod anti-affinity rules");
const EXISTING_REFUSED = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");

/** Pods counted by topology key and value. */
class TopologyCounts {
  readonly #counts = new Map<string, number>();

  get empty(): boolean {
    return this.#counts.size === 0;
  }

  add(key: string, value: string | undefined, by: number): void {
    if (value === undefined) return;
    const id = `${key}\n${value}`;
    const count = (this.#counts.get(id) ?? 0) + by;
    if (count === 0) this.#counts.delete(id);
    else this.#counts.set(id, count);
  }

  get(key: string, value: string): number {
    return this.#counts.get(`${key}\n${value}`) ?? 0;
  }
}

interface AffinityState {
  /** Existing pods whose anti-affinity the pod would break. */
  readonly existing: TopologyCounts;
  readonly affinity: TopologyCounts;
  readonly antiAffinity: TopologyCounts;
  readonly affinityTerms: readonly CompiledTerm[];
  readonly antiAffinityTerms: readonly CompiledTerm[];
}

const labelOf = (nodes: NodeTable, node: number, key: string): string | undefined =>
  nodes.nodes[node]!.metadata.labels?.[key];

/** Counts one existing pod for or against the new one. */
function countPod(
  state: AffinityState,
  pod: PodInfo,
  other: PodInfo,
  node: number,
  nodes: NodeTable,
  sign: number,
  namespaceLabels: NamespaceLabels,
): void {
  for (const term of other.requiredAntiAffinity)
    if (compileTerm(term, other, namespaceLabels).matches(pod))
      state.existing.add(term.topologyKey, labelOf(nodes, node, term.topologyKey), sign);
  if (state.affinityTerms.length > 0 && state.affinityTerms.every((term) => term.matches(other)))
    for (const term of state.affinityTerms)
      state.affinity.add(term.topologyKey, labelOf(nodes, node, term.topologyKey), sign);
  for (const term of state.antiAffinityTerms)
    if (term.matches(other)) state.antiAffinity.add(term.topologyKey, labelOf(nodes, node, term.topologyKey), sign);
}

function gather(pod: PodInfo, nodes: NodeTable, namespaceLabels: NamespaceLabels): AffinityState {
  const state: AffinityState = {
    existing: new TopologyCounts(),
    affinity: new TopologyCounts(),
    antiAffinity: new TopologyCounts(),
    affinityTerms: pod.requiredAffinity.map((t) => compileTerm(t, pod, namespaceLabels)),
    antiAffinityTerms: pod.requiredAntiAffinity.map((t) => compileTerm(t, pod, namespaceLabels)),
  };
  if (state.affinityTerms.length > 0 || state.antiAffinityTerms.length > 0) {
    for (const node of nodes.order)
      for (const other of nodes.pods[node]!) countPod(state, pod, other, node, nodes, 1, namespaceLabels);
    return state;
  }
  for (const [node, pods] of nodes.antiAffinityNodes)
    for (const other of pods) countPod(state, pod, other, node, nodes, 1, namespaceLabels);
  return state;
}

function filterAffinity(state: AffinityState, pod: PodInfo, node: number, nodes: NodeTable): PluginStatus | undefined {
  let everyKey = true;
  let matched = true;
  for (const term of state.affinityTerms) {
    const value = labelOf(nodes, node, term.topologyKey);
    if (value === undefined) everyKey = false;
    else if (state.affinity.get(term.topologyKey, value) <= 0) matched = false;
  }
  if (!everyKey) return AFFINITY_REFUSED;
  if (matched) return undefined;
  // The first pod of a group that wants to be together may go anywhere.
  const alone = state.affinity.empty && state.affinityTerms.every((term) => term.matches(pod));
  return alone ? undefined : AFFINITY_REFUSED;
}

function filterNode(state: AffinityState, pod: PodInfo, node: number, nodes: NodeTable): PluginStatus | undefined {
  const affinity = filterAffinity(state, pod, node, nodes);
  if (affinity) return affinity;
  for (const term of state.antiAffinityTerms) {
    const value = labelOf(nodes, node, term.topologyKey);
    if (value !== undefined && state.antiAffinity.get(term.topologyKey, value) > 0) return ANTI_AFFINITY_REFUSED;
  }
  if (state.existing.empty) return undefined;
  const labels = nodes.nodes[node]!.metadata.labels ?? {};
  for (const key in labels) if (state.existing.get(key, labels[key]!) > 0) return EXISTING_REFUSED;
  return undefined;
}

/** Adds what one existing pod says for or against the topology values of its node. */
function scorePod(
  counts: TopologyCounts,
  preferred: readonly CompiledTerm[],
  pod: PodInfo,
  other: PodInfo,
  node: number,
  nodes: NodeTable,
  namespaceLabels: NamespaceLabels,
): void {
  const add = (term: CompiledTerm, weight: number) =>
    counts.add(term.topologyKey, labelOf(nodes, node, term.topologyKey), weight);
  for (const term of preferred) if (term.matches(other)) add(term, term.weight);
  const theirs = other.affinity;
  if (!theirs) return;
  for (const raw of other.requiredAffinity) {
    const term = compileTerm(raw, other, namespaceLabels);
    if (term.matches(pod)) add(term, HARD_AFFINITY_WEIGHT);
  }
  for (const { weight, podAffinityTerm } of theirs.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
    const term = compileTerm(podAffinityTerm, other, namespaceLabels);
    if (term.matches(pod)) add(term, weight);
  }
  for (const { weight, podAffinityTerm } of theirs.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ??
    []) {
    const term = compileTerm(podAffinityTerm, other, namespaceLabels);
    if (term.matches(pod)) add(term, -weight);
  }
}

/** The preferred terms of the pod, avoidance with negative weight. */
function preferredTerms(pod: PodInfo, namespaceLabels: NamespaceLabels): CompiledTerm[] {
  const near = pod.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const far = pod.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...near.map((t) => compileTerm(t.podAffinityTerm, pod, namespaceLabels, t.weight)),
    ...far.map((t) => compileTerm(t.podAffinityTerm, pod, namespaceLabels, -t.weight)),
  ];
}

function normalizeSpread(scores: Float64Array, count: number): void {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    if (scores[i]! < min) min = scores[i]!;
    if (scores[i]! > max) max = scores[i]!;
  }
  // The order of the operations is upstream's: another one rounds some scores differently.
  for (let i = 0; i < count; i++)
    scores[i] = max > min ? Math.trunc(MAX_NODE_SCORE * ((scores[i]! - min) / (max - min))) : 0;
}

/** Puts pods near or away from other pods, by topology. */
export const interPodAffinity = (namespaceLabels: NamespaceLabels): Plugin => ({
  name: NAME,
  preFilter(state: CycleState, pod: PodInfo, nodes: NodeTable) {
    const gathered = gather(pod, nodes, namespaceLabels);
    state.write(NAME, gathered);
    const nothing =
      gathered.existing.empty && gathered.affinityTerms.length === 0 && gathered.antiAffinityTerms.length === 0;
    return nothing ? "skip" : undefined;
  },
  shift: (state, pod, other, node, sign, nodes) =>
    countPod(state.read<AffinityState>(NAME), pod, other, node, nodes, sign, namespaceLabels),
  filter: (state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) =>
    filterNode(state.read<AffinityState>(NAME), pod, node, nodes),
  preScore(state: CycleState, pod: PodInfo, _feasible: readonly number[], nodes: NodeTable) {
    const preferred = preferredTerms(pod, namespaceLabels);
    if (preferred.length === 0 && nodes.affinityNodes.size === 0) return "skip";
    const counts = new TopologyCounts();
    if (preferred.length > 0)
      for (const node of nodes.order)
        for (const other of nodes.pods[node]!) scorePod(counts, preferred, pod, other, node, nodes, namespaceLabels);
    else
      for (const [node, pods] of nodes.affinityNodes)
        for (const other of pods) scorePod(counts, preferred, pod, other, node, nodes, namespaceLabels);
    if (counts.empty) return "skip";
    state.write(SCORE, counts);
    return undefined;
  },
  score(state: CycleState, _pod: PodInfo, node: number, nodes: NodeTable) {
    const counts = state.read<TopologyCounts>(SCORE);
    const labels = nodes.nodes[node]!.metadata.labels ?? {};
    let score = 0;
    for (const key in labels) score += counts.get(key, labels[key]!);
    return score;
  },
  normalize: (_state: CycleState, _pod: PodInfo, scores: Float64Array, count: number) => normalizeSpread(scores, count),
  events: [
    { event: "AssignedPodAdd" },
    { event: "AssignedPodUpdate" },
    { event: "AssignedPodDelete" },
    { event: "NodeAdd" },
    { event: "NodeUpdateLabel" },
    { event: "UnscheduledPodUpdate" },
  ],
});
