// SPDX-License-Identifier: Apache-2.0

import { type CycleState, MAX_NODE_SCORE, type Plugin, type PluginStatus } from "../framework.ts";
import type { NodeTable } from "../node-table.ts";
import { amountsOf, type PodInfo } from "../pod-info.ts";

/** How much of each resource counts in the score, and which of the three shapes it takes. */
export interface FitOptions {
  readonly strategy: "LeastAllocated" | "MostAllocated" | "RequestedToCapacityRatio";
  readonly resources: readonly { readonly name: string; readonly weight: number }[];
  /** For RequestedToCapacityRatio: utilisation in percent → score 0..10, ascending. */
  readonly shape?: readonly { readonly utilization: number; readonly score: number }[];
}

export const DEFAULT_FIT: FitOptions = {
  strategy: "LeastAllocated",
  resources: [
    { name: "cpu", weight: 1 },
    { name: "memory", weight: 1 },
  ],
};

/** One bit for each resource that every node has; their refusals are made once. */
const PODS = 1;
const CPU = 2;
const MEMORY = 4;
const EPHEMERAL = 8;
const REASONS: readonly (readonly [number, string])[] = [
  [PODS, "Too many pods"],
  [CPU, "Insufficient cpu"],
  [MEMORY, "Insufficient memory"],
  [EPHEMERAL, "Insufficient ephemeral-storage"],
];
const REFUSALS = new Map<string, PluginStatus>();

/** The refusal for a set of lacks; unresolvable when no eviction could make room for it. */
function refusal(lacking: number, scalars: readonly string[], hopeless: boolean): PluginStatus {
  const key = `${lacking}/${hopeless ? 1 : 0}/${scalars.join(",")}`;
  let status = REFUSALS.get(key);
  if (!status) {
    const reasons = REASONS.filter(([bit]) => lacking & bit).map(([, text]) => text);
    for (const name of scalars) reasons.push(`Insufficient ${name}`);
    status = { code: hopeless ? "UnschedulableAndUnresolvable" : "Unschedulable", reasons };
    REFUSALS.set(key, status);
  }
  return status;
}

/** Which resources a node lacks for the pod; 0 and no scalars when it fits. */
function lacks(pod: PodInfo, node: number, nodes: NodeTable, freeOfPods: boolean): { bits: number; scalars: string[] } {
  const used = freeOfPods ? 0 : 1;
  const { requests } = pod;
  let bits = 0;
  if (nodes.podCount[node]! * used + 1 > nodes.allocatablePods[node]!) bits |= PODS;
  if (
    requests.milliCpu > 0 &&
    requests.milliCpu > nodes.allocatableMilliCpu[node]! - used * nodes.requestedMilliCpu[node]!
  )
    bits |= CPU;
  if (
    requests.memoryBytes > 0 &&
    requests.memoryBytes > nodes.allocatableMemory[node]! - used * nodes.requestedMemory[node]!
  )
    bits |= MEMORY;
  if (
    requests.ephemeralBytes > 0 &&
    requests.ephemeralBytes > nodes.allocatableEphemeral[node]! - used * nodes.requestedEphemeral[node]!
  )
    bits |= EPHEMERAL;
  const scalars: string[] = [];
  for (const [name, value] of requests.scalars ?? [])
    if (value > 0 && value > nodes.scalarAllocatable(name, node) - used * nodes.scalarRequested(name, node))
      scalars.push(name);
  return { bits, scalars };
}

/** The hot test: numbers only, nothing allocated. */
function fitsPlain(pod: PodInfo, node: number, nodes: NodeTable): boolean {
  const { requests } = pod;
  return (
    requests.scalars === undefined &&
    nodes.podCount[node]! + 1 <= nodes.allocatablePods[node]! &&
    (requests.milliCpu === 0 ||
      requests.milliCpu <= nodes.allocatableMilliCpu[node]! - nodes.requestedMilliCpu[node]!) &&
    (requests.memoryBytes === 0 ||
      requests.memoryBytes <= nodes.allocatableMemory[node]! - nodes.requestedMemory[node]!) &&
    (requests.ephemeralBytes === 0 ||
      requests.ephemeralBytes <= nodes.allocatableEphemeral[node]! - nodes.requestedEphemeral[node]!)
  );
}

const leastScore = (requested: number, capacity: number): number =>
  capacity === 0 || requested > capacity ? 0 : Math.trunc(((capacity - requested) * MAX_NODE_SCORE) / capacity);

const mostScore = (requested: number, capacity: number): number =>
  capacity === 0 ? 0 : Math.trunc((Math.min(requested, capacity) * MAX_NODE_SCORE) / capacity);

/** What a point of the shape counts for: shapes go from 0 to 10, scores to 100. */
const SHAPE_FACTOR = MAX_NODE_SCORE / 10;

/** Linear between the points of the shape, in whole numbers as upstream computes. */
function ratioScore(shape: NonNullable<FitOptions["shape"]>, requested: number, capacity: number): number {
  const used = capacity === 0 || requested > capacity ? 100 : Math.trunc((requested * 100) / capacity);
  for (const [index, point] of shape.entries()) {
    if (used > point.utilization) continue;
    const before = shape[index - 1];
    if (!before) return point.score * SHAPE_FACTOR;
    const rise = (point.score - before.score) * SHAPE_FACTOR;
    const part = (rise * (used - before.utilization)) / (point.utilization - before.utilization);
    return before.score * SHAPE_FACTOR + Math.trunc(part);
  }
  return (shape.at(-1)?.score ?? 0) * SHAPE_FACTOR;
}

/** How much of a resource a node has, as scoring counts it: nothing of what the pod does not ask for. */
function capacityOf(name: string, pod: PodInfo, node: number, nodes: NodeTable): number {
  if (name === "cpu") return nodes.allocatableMilliCpu[node]!;
  if (name === "memory") return nodes.allocatableMemory[node]!;
  if (name === "ephemeral-storage") return nodes.allocatableEphemeral[node]!;
  return pod.requests.scalars?.get(name) ? nodes.scalarAllocatable(name, node) : 0;
}

/** How much of a resource would be used with the pod there, as scoring counts it. */
function usedOf(name: string, pod: PodInfo, node: number, nodes: NodeTable): number {
  if (name === "cpu") return nodes.scoringMilliCpu[node]! + pod.scoringMilliCpu;
  if (name === "memory") return nodes.scoringMemory[node]! + pod.scoringMemoryBytes;
  if (name === "ephemeral-storage") return nodes.requestedEphemeral[node]! + pod.requests.ephemeralBytes;
  return nodes.scalarRequested(name, node) + pod.requests.scalars!.get(name)!;
}

/** Refuses nodes without room; by default prefers those with the most room left. */
export const nodeResourcesFit = (options: FitOptions = DEFAULT_FIT): Plugin => {
  const scoreOf =
    options.strategy === "LeastAllocated"
      ? leastScore
      : options.strategy === "MostAllocated"
        ? mostScore
        : (requested: number, capacity: number) => ratioScore(options.shape ?? [], requested, capacity);
  const { resources } = options;
  const shaped = options.strategy === "RequestedToCapacityRatio";
  return {
    name: "NodeResourcesFit",
    filter(_state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) {
      if (fitsPlain(pod, node, nodes)) return undefined;
      const { bits, scalars } = lacks(pod, node, nodes, false);
      if (bits === 0 && scalars.length === 0) return undefined;
      const empty = lacks(pod, node, nodes, true);
      return refusal(bits, scalars, (empty.bits & ~PODS) !== 0 || empty.scalars.length > 0);
    },
    score(_state: CycleState, pod: PodInfo, node: number, nodes: NodeTable) {
      let sum = 0;
      let weights = 0;
      for (let i = 0; i < resources.length; i++) {
        const resource = resources[i]!;
        const capacity = capacityOf(resource.name, pod, node, nodes);
        if (capacity === 0) continue;
        const score = scoreOf(usedOf(resource.name, pod, node, nodes), capacity);
        // Resources that would score nothing do not count in a shape.
        if (shaped && score === 0) continue;
        sum += score * resource.weight;
        weights += resource.weight;
      }
      if (weights === 0) return 0;
      return shaped ? Math.round(sum / weights) : Math.trunc(sum / weights);
    },
    events: [
      { event: "AssignedPodDelete" },
      { event: "NodeAdd", hint: (pod, e) => (e.node && couldHold(pod, e.node) ? "Queue" : "Skip") },
      { event: "NodeUpdateAllocatable", hint: (pod, e) => (e.node && couldHold(pod, e.node) ? "Queue" : "Skip") },
      { event: "UnscheduledPodUpdate" },
      { event: "AssignedPodUpdate" },
    ],
  };
};

/** Whether the node is large enough when empty. */
function couldHold(pod: PodInfo, node: NonNullable<NodeTable["nodes"][number]>): boolean {
  const amounts = amountsOf((node.status?.allocatable ?? {}) as Readonly<Record<string, string>>);
  if (pod.requests.milliCpu > amounts.milliCpu || pod.requests.memoryBytes > amounts.memoryBytes) return false;
  if (pod.requests.ephemeralBytes > amounts.ephemeralBytes) return false;
  for (const [name, value] of pod.requests.scalars ?? []) if (value > (amounts.scalars?.get(name) ?? 0)) return false;
  return true;
}
