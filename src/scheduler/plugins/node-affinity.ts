// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { NodeSelectorTerm } from "../../api/index.ts";
import { matchesNodeSelectorTerm, podMatchesNode } from "../../rules/index.ts";
import { type CycleState, defaultNormalize, type Plugin, unresolvable } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";

const REFUSED = unresolvable("node(s) didn't match Pod's node affinity/selector");

/** Names of the only nodes that a term can match, when it says so by metadata.name. */
function namesOf(term: DeepReadonly<NodeSelectorTerm>): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined;
  for (const field of term.matchFields ?? []) {
    if (field.key !== "metadata.name" || field.operator !== "In") continue;
    const values = new Set<string>(field.values ?? []);
    names = names ? new Set([...names].filter((n) => values.has(n))) : values;
  }
  return names;
}

/** Union over the terms; undefined when some term leaves the name open. */
function requiredNames(terms: readonly DeepReadonly<NodeSelectorTerm>[]): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  for (const term of terms) {
    const names = namesOf(term);
    if (!names) return undefined;
    for (const name of names) all.add(name);
  }
  return all;
}

/** Keeps a pod to nodes that match its node selector and required affinity; prefers the preferred ones. */
export const nodeAffinity = (): Plugin => ({
  name: "NodeAffinity",
  preFilter(_state: CycleState, pod: PodInfo) {
    const required = pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!required && !pod.pod.spec?.nodeSelector) return "skip";
    if (!required?.nodeSelectorTerms?.length) return undefined;
    const names = requiredNames(required.nodeSelectorTerms);
    if (!names) return undefined;
    if (names.size > 0) return { type: "nodes", names };
    return { type: "refused", status: unresolvable("pod affinity terms conflict") };
  },
  filter: (_state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) =>
    podMatchesNode(pod.pod, nodes.nodes[node]!) ? undefined : REFUSED,
  preScore: (_state: CycleState, pod: PodInfo) =>
    pod.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.length ? undefined : "skip",
  score(_state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) {
    let score = 0;
    for (const term of pod.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
      if (term.weight !== 0 && matchesNodeSelectorTerm(term.preference, nodes.nodes[node]!)) score += term.weight;
    return score;
  },
  normalize: (_state: CycleState, _pod: PodInfo, scores: Float64Array, count: number) =>
    defaultNormalize(scores, count, false),
  events: [
    { event: "NodeAdd", hint: (pod, e) => (e.node && podMatchesNode(pod.pod, e.node) ? "Queue" : "Skip") },
    { event: "NodeUpdateLabel", hint: (pod, e) => (e.node && podMatchesNode(pod.pod, e.node) ? "Queue" : "Skip") },
    // No hint: upstream looks again at pods that it refused when taints change, whatever their affinity.
    { event: "NodeUpdateTaint" },
    { event: "UnscheduledPodUpdate" },
  ],
});
