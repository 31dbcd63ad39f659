// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Taint } from "../../api/index.ts";
import { toleratesTaint } from "../../rules/index.ts";
import { type CycleState, defaultNormalize, type Plugin, type PluginStatus, unresolvable } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";

const NAME = "TaintToleration";

/** What the pod makes of each distinct list of taints: decided once a cycle, since many nodes share one. */
interface TaintVerdicts {
  readonly refusal: Map<number, PluginStatus | null>;
  readonly intolerable: Map<number, number>;
}

const tolerated = (pod: PodInfo, taint: DeepReadonly<Taint>): boolean =>
  pod.tolerations.some((toleration) => toleratesTaint(toleration, taint));

function refusalOf(pod: PodInfo, taints: readonly DeepReadonly<Taint>[]): PluginStatus | null {
  const bad = taints.find((t) => (t.effect === "NoSchedule" || t.effect === "NoExecute") && !tolerated(pod, t));
  return bad ? unresolvable("node(s) had untolerated taint(s)") : null;
}

function intolerableCount(pod: PodInfo, taints: readonly DeepReadonly<Taint>[]): number {
  const preferring = pod.tolerations.filter((t) => !t.effect || t.effect === "PreferNoSchedule");
  return taints.filter((t) => t.effect === "PreferNoSchedule" && !preferring.some((p) => toleratesTaint(p, t))).length;
}

/** Refuses nodes with taints that the pod does not tolerate; prefers nodes with fewer PreferNoSchedule ones. */
export const taintToleration = (): Plugin => ({
  name: NAME,
  preFilter(state: CycleState) {
    const verdicts: TaintVerdicts = { refusal: new Map([[0, null]]), intolerable: new Map([[0, 0]]) };
    state.write(NAME, verdicts);
    return undefined;
  },
  filter(state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) {
    const list = nodes.taintList[node]!;
    if (list === 0) return undefined;
    const { refusal } = state.read<TaintVerdicts>(NAME);
    let verdict = refusal.get(list);
    if (verdict === undefined) {
      verdict = refusalOf(pod, nodes.taintLists[list]!.taints);
      refusal.set(list, verdict);
    }
    return verdict ?? undefined;
  },
  preScore(_state: CycleState, _pod: PodInfo, feasible: readonly number[], nodes: NodeTable) {
    for (const node of feasible) if (nodes.taintList[node] !== 0) return undefined;
    return "skip";
  },
  score(state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) {
    const list = nodes.taintList[node]!;
    const { intolerable } = state.read<TaintVerdicts>(NAME);
    let count = intolerable.get(list);
    if (count === undefined) {
      count = intolerableCount(pod, nodes.taintLists[list]!.taints);
      intolerable.set(list, count);
    }
    return count;
  },
  normalize: (_state: CycleState, _pod: PodInfo, scores: Float64Array, count: number) =>
    defaultNormalize(scores, count, true),
  events: [{ event: "NodeAdd" }, { event: "NodeUpdateTaint" }, { event: "UnscheduledPodUpdate" }],
});
