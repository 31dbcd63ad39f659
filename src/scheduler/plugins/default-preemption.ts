// SPDX-License-Identifier: Apache-2.0

import { type Random, randomInt } from "../../base/index.ts";
import { type Budgets, splitByBudgets } from "../disruption-budgets.ts";
import { fitErrorMessage } from "../fit-error.ts";
import {
  type CycleState,
  type Diagnosis,
  type Plugin,
  type PluginStatus,
  type PostFilterResult,
  statusOfNode,
} from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodInfo } from "../pod-info.ts";
import type { Profile } from "../profile.ts";
import type { NominatedPods, SchedulingCycle } from "../scheduling-cycle.ts";

const NOT_HELPFUL: PluginStatus = {
  code: "UnschedulableAndUnresolvable",
  reasons: ["Preemption is not helpful for scheduling"],
};
const NO_VICTIMS: PluginStatus = {
  code: "UnschedulableAndUnresolvable",
  reasons: ["No preemption victims found for incoming pod"],
};
/** At least this many nodes, and this share of them, are tried (upstream's defaults). */
const MIN_CANDIDATES = 100;
const MIN_CANDIDATE_PERCENT = 10;

/** What preemption needs of the scheduler around it. */
export interface PreemptionHost {
  readonly profile: () => Profile;
  readonly cycle: SchedulingCycle;
  readonly random: Random;
  /** Pods that count on nodes that they were promised. */
  nominated(): NominatedPods;
  budgets(): Budgets;
  /** Deletes the victims and takes back weaker promises of the node; goes on in the background. */
  evict(victims: readonly PodInfo[], preemptor: PodInfo, nodeName: string): void;
  /** The node that the pod was nominated to before, if any. */
  nominatedNode(pod: PodInfo): string;
}

interface Candidate {
  readonly node: number;
  readonly victims: readonly PodInfo[];
  readonly violations: number;
}

/** A pod that has not started counts as the youngest. */
const startOf = (pod: PodInfo): string => pod.pod.status?.startTime ?? "9999";

/** More important first: higher priority, then older. */
const byImportance = (a: PodInfo, b: PodInfo): number =>
  b.priority - a.priority || (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0);

/** Finds pods to evict on one node so that the pod fits, as few and as unimportant as can be. */
function victimsOn(
  host: PreemptionHost,
  state: CycleState,
  pod: PodInfo,
  node: number,
  nodes: NodeTable,
): Candidate | PluginStatus {
  const profile = host.profile();
  const weaker = nodes.pods[node]!.filter((p) => p.priority < pod.priority);
  if (weaker.length === 0) return NO_VICTIMS;
  const search = { profile, state, pod, nominated: host.nominated() };
  const shift = (other: PodInfo, sign: 1 | -1) => host.cycle.shift(profile, state, pod, other, node, sign);
  for (const other of weaker) shift(other, -1);
  const gone = new Set(weaker);
  try {
    const status = host.cycle.filterWithNominated(search, node);
    if (status) return status;
    const victims: PodInfo[] = [];
    let violations = 0;
    const reprieve = (other: PodInfo): boolean => {
      shift(other, 1);
      if (!host.cycle.filterWithNominated(search, node)) {
        gone.delete(other);
        return true;
      }
      shift(other, -1);
      victims.push(other);
      return false;
    };
    const { violating, harmless } = splitByBudgets([...weaker].sort(byImportance), host.budgets());
    for (const other of violating) if (!reprieve(other)) violations++;
    for (const other of harmless) reprieve(other);
    return { node, victims: victims.sort(byImportance), violations };
  } finally {
    for (const other of gone) shift(other, 1);
  }
}

/** The measures by which candidates are compared, in order; smaller is better. */
const MEASURES: readonly ((c: Candidate) => number)[] = [
  (c) => c.violations,
  (c) => c.victims[0]?.priority ?? Number.NEGATIVE_INFINITY,
  (c) => c.victims.reduce((sum, v) => sum + v.priority + 2 ** 31, 0),
  (c) => c.victims.length,
];

/** When the oldest of the most important victims started: the later, the better, so that long-running pods stay. */
const earliestStart = (c: Candidate): string => {
  const highest = c.victims[0]?.priority;
  return (
    c.victims
      .filter((v) => v.priority === highest)
      .map(startOf)
      .sort()[0] ?? ""
  );
};

function bestCandidate(candidates: readonly Candidate[]): Candidate {
  let left = [...candidates];
  for (const measure of MEASURES) {
    const least = Math.min(...left.map(measure));
    left = left.filter((c) => measure(c) === least);
    if (left.length === 1) return left[0]!;
  }
  return left.reduce((best, c) => (earliestStart(c) > earliestStart(best) ? c : best));
}

/** On its way out because a scheduler wanted its place. */
const isEndingByPreemption = ({ pod, terminating }: PodInfo): boolean =>
  terminating &&
  (pod.status?.conditions ?? []).some(
    (c) => c.type === "DisruptionTarget" && c.status === "True" && c.reason === "PreemptionByScheduler",
  );

/** Why the pod may not preempt now; undefined when it may. */
function ineligible(host: PreemptionHost, pod: PodInfo, diagnosis: Diagnosis, nodes: NodeTable): string | undefined {
  if (pod.pod.spec?.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
  const slot = nodes.slot(host.nominatedNode(pod));
  if (slot === undefined) return undefined;
  if (statusOfNode(diagnosis, slot)?.code === "UnschedulableAndUnresolvable") return undefined;
  const ending = nodes.pods[slot]!.some((p) => p.priority < pod.priority && isEndingByPreemption(p));
  return ending ? "not eligible due to a terminating pod on the nominated node." : undefined;
}

/** Tries nodes from a random one on, until there are enough candidates of which one breaks no budget. */
function candidatesFor(host: PreemptionHost, state: CycleState, pod: PodInfo, diagnosis: Diagnosis, nodes: NodeTable) {
  const helpful: number[] = [];
  for (const node of nodes.order) if (statusOfNode(diagnosis, node)?.code === "Unschedulable") helpful.push(node);
  const share = Math.trunc((helpful.length * MIN_CANDIDATE_PERCENT) / 100);
  const wanted = Math.min(helpful.length, Math.max(MIN_CANDIDATES, share));
  const offset = helpful.length > 0 ? randomInt(host.random, helpful.length) : 0;
  const statuses = new Map<number, PluginStatus>();
  const candidates: Candidate[] = [];
  let harmless = false;
  for (let i = 0; i < helpful.length && (candidates.length < wanted || !harmless); i++) {
    const node = helpful[(offset + i) % helpful.length]!;
    const found = victimsOn(host, state, pod, node, nodes);
    if ("victims" in found) {
      candidates.push(found);
      harmless ||= found.violations === 0;
    } else statuses.set(node, found);
  }
  return { candidates, statuses };
}

/** Makes room for a pod by evicting weaker ones (KEP-268 and the scheduling docs on preemption). */
export const defaultPreemption = (host: PreemptionHost): Plugin => ({
  name: "DefaultPreemption",
  postFilter(state: CycleState, pod: PodInfo, diagnosis: Diagnosis, nodes: NodeTable): PostFilterResult {
    const why = ineligible(host, pod, diagnosis, nodes);
    if (why) return { message: `preemption: ${why}` };
    const { candidates, statuses } = candidatesFor(host, state, pod, diagnosis, nodes);
    if (candidates.length === 0) {
      const { nodeCount } = diagnosis;
      const text = fitErrorMessage({ nodeCount, statuses, others: NOT_HELPFUL, plugins: new Set() });
      return { message: `preemption: ${text}`, nominatedNode: "" };
    }
    const best = bestCandidate(candidates);
    const nodeName = nodes.names[best.node]!;
    host.evict(best.victims, pod, nodeName);
    return { nominatedNode: nodeName, message: "" };
  },
});
