// SPDX-License-Identifier: Apache-2.0

import type { ClusterEventKind, HintingEvent } from "./cluster-event.ts";
import type { NodeTable } from "./node-table.ts";
import type { PodInfo } from "./pod-info.ts";

/** What a plug-in decided. Success is `undefined`, so that the hot path allocates nothing. */
export interface PluginStatus {
  /** Unschedulable may change by preemption; UnschedulableAndUnresolvable may not; Error is a fault. */
  readonly code: "Unschedulable" | "UnschedulableAndUnresolvable" | "Error" | "Pending";
  readonly reasons: readonly string[];
  /** Filled by the framework: the plug-in that said so. */
  plugin?: string;
}

/** Makes a constant status of one reason. */
export const unschedulable = (reason: string): PluginStatus => ({ code: "Unschedulable", reasons: [reason] });
export const unresolvable = (reason: string): PluginStatus => ({
  code: "UnschedulableAndUnresolvable",
  reasons: [reason],
});

/** Scratch space of one scheduling cycle, by plug-in name. */
export class CycleState {
  readonly #data = new Map<string, unknown>();
  /** Filter plug-ins whose PreFilter said that there is nothing to check. */
  readonly skipFilter = new Set<string>();
  /** The others: what every node is asked. */
  filters: readonly FilterPlugin[] = [];

  read<T>(key: string): T {
    return this.#data.get(key) as T;
  }

  write(key: string, value: unknown): void {
    this.#data.set(key, value);
  }
}

/** A PreFilter's answer: nothing, "skip" (Filter has nothing to check), a set of nodes, or a refusal. */
export type PreFilterResult =
  | undefined
  | "skip"
  | { readonly type: "nodes"; readonly names: ReadonlySet<string> }
  | { readonly type: "refused"; readonly status: PluginStatus };

export interface PreEnqueuePlugin {
  readonly name: string;
  preEnqueue(pod: PodInfo): PluginStatus | undefined;
}

export interface QueueSortPlugin {
  readonly name: string;
  less(a: QueueSortKey, b: QueueSortKey): boolean;
}

/** What the queue is sorted by. */
export interface QueueSortKey {
  readonly pod: PodInfo;
  /** When the pod was (last) added to the active queue, in milliseconds. */
  readonly timestampMs: number;
}

export interface PreFilterPlugin {
  readonly name: string;
  preFilter(state: CycleState, pod: PodInfo, nodes: NodeTable): PreFilterResult;
  /** Updates the state as if `other` were added to (1) or removed from (-1) the node; needed by preemption. */
  shift?(state: CycleState, pod: PodInfo, other: PodInfo, node: number, sign: 1 | -1, nodes: NodeTable): void;
}

export interface FilterPlugin {
  readonly name: string;
  filter(state: CycleState, pod: PodInfo, node: number, nodes: NodeTable): PluginStatus | undefined;
}

/** What a PostFilter plug-in made of a pod that fits nowhere. */
export interface PostFilterResult {
  /** The node that the pod is promised; "" takes an earlier promise back, nothing leaves it as it is. */
  readonly nominatedNode?: string;
  readonly message: string;
  readonly error?: boolean;
}

/** The pod fits nowhere: what each node said. */
export interface Diagnosis {
  readonly nodeCount: number;
  /** By node index, for the nodes that were asked. */
  readonly statuses: ReadonlyMap<number, PluginStatus>;
  /** What holds for every other node. */
  readonly others?: PluginStatus;
  /** A PreFilter plug-in refused the pod before any node was asked. */
  readonly preFilterStatus?: PluginStatus;
  /** Names of plug-ins that refused. */
  readonly plugins: ReadonlySet<string>;
}

/** What a node said, or what holds for all that were not asked. */
export const statusOfNode = (diagnosis: Diagnosis, node: number): PluginStatus | undefined =>
  diagnosis.statuses.get(node) ?? diagnosis.others;

export interface PostFilterPlugin {
  readonly name: string;
  postFilter(state: CycleState, pod: PodInfo, diagnosis: Diagnosis, nodes: NodeTable): PostFilterResult;
}

export interface ScorePlugin {
  readonly name: string;
  /** "skip" when every node would get the same. */
  preScore?(state: CycleState, pod: PodInfo, feasible: readonly number[], nodes: NodeTable): "skip" | undefined;
  score(state: CycleState, pod: PodInfo, node: number, nodes: NodeTable): number;
  /** Brings the scores to 0..100, in place. */
  normalize?(state: CycleState, pod: PodInfo, scores: Float64Array, count: number): void;
}

export interface ReservePlugin {
  readonly name: string;
  reserve(state: CycleState, pod: PodInfo, nodeName: string): PluginStatus | undefined;
  unreserve(state: CycleState, pod: PodInfo, nodeName: string): void;
}

/** "wait" holds the pod until allow() or reject() is called, at most `timeoutMs`. */
export type PermitResult = PluginStatus | { readonly wait: true; readonly timeoutMs: number } | undefined;

export interface PermitPlugin {
  readonly name: string;
  permit(state: CycleState, pod: PodInfo, nodeName: string): PermitResult;
}

export interface PreBindPlugin {
  readonly name: string;
  preBind(
    state: CycleState,
    pod: PodInfo,
    nodeName: string,
    options: { signal: AbortSignal },
  ): Promise<PluginStatus | undefined>;
}

export interface BindPlugin {
  readonly name: string;
  /** "skip" leaves the pod to the next bind plug-in. */
  bind(
    state: CycleState,
    pod: PodInfo,
    nodeName: string,
    options: { signal: AbortSignal },
  ): Promise<PluginStatus | "skip" | undefined>;
}

export interface PostBindPlugin {
  readonly name: string;
  postBind(state: CycleState, pod: PodInfo, nodeName: string): void;
}

/** Whether an event may make a pod schedulable that this plug-in refused. */
export type QueueingHint = "Queue" | "Skip";

export interface EventRegistration {
  readonly event: ClusterEventKind;
  /** Without a hint every such event queues the pod. */
  hint?(pod: PodInfo, event: HintingEvent): QueueingHint;
}

/** A plug-in implements whichever extension points it needs; the framework finds them by their methods. */
export interface Plugin
  extends Partial<Omit<PreEnqueuePlugin, "name">>,
    Partial<Omit<QueueSortPlugin, "name">>,
    Partial<Omit<PreFilterPlugin, "name">>,
    Partial<Omit<FilterPlugin, "name">>,
    Partial<Omit<PostFilterPlugin, "name">>,
    Partial<Omit<ScorePlugin, "name">>,
    Partial<Omit<ReservePlugin, "name">>,
    Partial<Omit<PermitPlugin, "name">>,
    Partial<Omit<PreBindPlugin, "name">>,
    Partial<Omit<BindPlugin, "name">>,
    Partial<Omit<PostBindPlugin, "name">> {
  readonly name: string;
  /** Events that may help a pod that this plug-in refused; without them only time helps. */
  readonly events?: readonly EventRegistration[];
}

/** The highest score of a node from one plug-in, before its weight. */
export const MAX_NODE_SCORE = 100;

/** Scales scores to 0..100 by the highest, optionally reversed, as upstream's DefaultNormalizeScore does. */
export function defaultNormalize(scores: Float64Array, count: number, reverse: boolean): void {
  let max = 0;
  for (let i = 0; i < count; i++) if (scores[i]! > max) max = scores[i]!;
  if (max === 0) {
    if (reverse) scores.fill(MAX_NODE_SCORE, 0, count);
    return;
  }
  for (let i = 0; i < count; i++) {
    const score = Math.trunc((MAX_NODE_SCORE * scores[i]!) / max);
    scores[i] = reverse ? MAX_NODE_SCORE - score : score;
  }
}
