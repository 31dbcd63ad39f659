// SPDX-License-Identifier: Apache-2.0

import { type DeepReadonly, type LabelSelector, labelSelectorOf } from "../../apimachinery/index.ts";
import type { TopologySpreadConstraint } from "../../api/index.ts";
import { podMatchesNode, toleratesTaint } from "../../rules/index.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";

/** Constraints of pods that have none of their own but belong to something (upstream's system defaults). */
const SYSTEM_DEFAULTS: readonly DeepReadonly<TopologySpreadConstraint>[] = [
  { topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway", maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway", maxSkew: 5 },
];

/** Selects the pods that belong together with a pod: by its services and its controller. */
export type SiblingSelector = (pod: PodInfo) => LabelSelector;

/** A constraint with its selector compiled. */
export interface Spread {
  readonly constraint: DeepReadonly<TopologySpreadConstraint>;
  readonly selector: LabelSelector;
}

/** Adds matchLabelKeys of the pod itself (KEP-3243). */
function selectorOf(constraint: DeepReadonly<TopologySpreadConstraint>, pod: PodInfo): LabelSelector {
  const keys = (constraint.matchLabelKeys ?? []).filter((key) => Object.hasOwn(pod.labels, key));
  const selector = constraint.labelSelector;
  if (!selector || keys.length === 0) return labelSelectorOf(selector);
  const more = keys.map((key) => ({ key, operator: "In", values: [pod.labels[key]!] }));
  return labelSelectorOf({ ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...more] });
}

/** Whether a node takes part in the constraint (KEP-3094: nodeAffinityPolicy, nodeTaintsPolicy). */
export function included(spread: Spread, pod: PodInfo, node: number, nodes: NodeTable): boolean {
  if ((spread.constraint.nodeAffinityPolicy ?? "Honor") === "Honor" && !podMatchesNode(pod.pod, nodes.nodes[node]!))
    return false;
  if ((spread.constraint.nodeTaintsPolicy ?? "Ignore") !== "Honor") return true;
  return nodes.taintLists[nodes.taintList[node]!]!.taints.every(
    (taint) => taint.effect === "PreferNoSchedule" || pod.tolerations.some((t) => toleratesTaint(t, taint)),
  );
}

/** The pod's own constraints of one sort. */
export const ownSpreads = (pod: PodInfo, when: string): Spread[] =>
  (pod.pod.spec?.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === when)
    .map((constraint) => ({ constraint, selector: selectorOf(constraint, pod) }));

/** The constraints by which nodes are preferred: the pod's own, or the system's for its siblings. */
export function preferredSpreads(
  pod: PodInfo,
  siblings: SiblingSelector,
): { readonly spreads: Spread[]; readonly needAllKeys: boolean } {
  if (pod.pod.spec?.topologySpreadConstraints?.length)
    return { spreads: ownSpreads(pod, "ScheduleAnyway"), needAllKeys: true };
  const selector = siblings(pod);
  if (selector.matchesEverything || selector.nothing) return { spreads: [], needAllKeys: false };
  return { spreads: SYSTEM_DEFAULTS.map((constraint) => ({ constraint, selector })), needAllKeys: false };
}
