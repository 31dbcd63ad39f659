// SPDX-License-Identifier: Apache-2.0

import { randomInt, type Random } from "../base/index.ts";
import { CycleState, type Diagnosis, type PluginStatus, type PreFilterResult } from "./framework.ts";
import type { NodeTable } from "./node-table.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Profile } from "./profile.ts";

/** Below this many nodes all are looked at. */
const MIN_FEASIBLE_NODES = 100;
const MIN_PERCENTAGE = 5;

/** How many nodes that fit are enough, as upstream's numFeasibleNodesToFind. */
export function feasibleNodesWanted(percentage: number, nodeCount: number): number {
  if (nodeCount < MIN_FEASIBLE_NODES) return nodeCount;
  const share = percentage > 0 ? percentage : Math.max(MIN_PERCENTAGE, 50 - Math.trunc(nodeCount / 125));
  return Math.max(MIN_FEASIBLE_NODES, Math.trunc((nodeCount * share) / 100));
}

export type CycleResult =
  | {
      readonly type: "placed";
      readonly node: number;
      readonly state: CycleState;
      readonly evaluated: number;
      readonly feasible: number;
    }
  | { readonly type: "unplaced"; readonly state: CycleState; readonly diagnosis: Diagnosis };

/** Pods that count on a node though they are not there yet: nominated ones of at least the pod's priority. */
export type NominatedPods = (nodeName: string, pod: PodInfo) => readonly PodInfo[];

const NONE: readonly PodInfo[] = [];
export const noNominatedPods: NominatedPods = () => NONE;

/**
 * One scheduling cycle: which node is best for a pod, looking at the table as it is. Everything here is synchronous and
 * changes nothing but its own scratch space.
 */
export class SchedulingCycle {
  readonly #nodes: NodeTable;
  readonly #random: Random;
  /** Where the next search starts, so that all nodes get their turn. */
  #start = 0;
  #scores = new Float64Array(256);
  #totals = new Float64Array(256);
  readonly #feasible: number[] = [];

  constructor(nodes: NodeTable, random: Random) {
    this.#nodes = nodes;
    this.#random = random;
  }

  run(profile: Profile, pod: PodInfo, nominated: NominatedPods): CycleResult {
    const nodes = this.#nodes;
    nodes.refreshOrder();
    const state = new CycleState();
    const pre = this.#preFilter(profile, state, pod);
    if (pre.type === "refused") return { type: "unplaced", state, diagnosis: pre.diagnosis };
    const statuses = new Map<number, PluginStatus>();
    this.#filterAll(profile, state, pod, pre.names, statuses, nominated);
    const feasible = this.#feasible;
    if (feasible.length === 0) return { type: "unplaced", state, diagnosis: this.#diagnosis(statuses) };
    const evaluated = feasible.length + statuses.size;
    const node = feasible.length === 1 ? feasible[0]! : this.#best(profile, state, pod);
    return { type: "placed", node, state, evaluated, feasible: feasible.length };
  }

  /** What the filters say of one node; also used by preemption, after shifting pods. */
  filterNode(profile: Profile, state: CycleState, pod: PodInfo, node: number): PluginStatus | undefined {
    for (const plugin of profile.filter) {
      if (state.skipFilter.size > 0 && state.skipFilter.has(plugin.name)) continue;
      const status = plugin.filter(state, pod, node, this.#nodes);
      if (!status) continue;
      // Constant statuses are shared: the name is the same each time.
      status.plugin ??= plugin.name;
      return status;
    }
    return undefined;
  }

  #preFilter(
    profile: Profile,
    state: CycleState,
    pod: PodInfo,
  ): { type: "go"; names: ReadonlySet<string> | undefined } | { type: "refused"; diagnosis: Diagnosis } {
    let names: ReadonlySet<string> | undefined;
    const narrowed: string[] = [];
    for (const plugin of profile.preFilter) {
      const result: PreFilterResult = plugin.preFilter(state, pod, this.#nodes);
      if (result === undefined) continue;
      if (result === "skip") {
        state.skipFilter.add(plugin.name);
        continue;
      }
      if (result.type === "refused") return { type: "refused", diagnosis: this.#refused(plugin.name, result.status) };
      narrowed.push(plugin.name);
      const allowed: ReadonlySet<string> = result.names;
      names = names ? new Set([...names].filter((n) => allowed.has(n))) : allowed;
      if (names.size > 0) continue;
      const reason = `node(s) didn't satisfy plugin(s) [${narrowed.join(",")}] simultaneously`;
      return {
        type: "refused",
        diagnosis: this.#refused(plugin.name, { code: "UnschedulableAndUnresolvable", reasons: [reason] }),
      };
    }
    return { type: "go", names };
  }

  #refused(plugin: string, status: PluginStatus): Diagnosis {
    status.plugin ??= plugin;
    const statuses = new Map<number, PluginStatus>();
    for (const node of this.#nodes.order) statuses.set(node, status);
    return { nodeCount: this.#nodes.size, statuses, preFilterStatus: status, plugins: new Set([status.plugin]) };
  }

  #filterAll(
    profile: Profile,
    state: CycleState,
    pod: PodInfo,
    names: ReadonlySet<string> | undefined,
    statuses: Map<number, PluginStatus>,
    nominated: NominatedPods,
  ): void {
    const { order } = this.#nodes;
    const feasible = this.#feasible;
    feasible.length = 0;
    const count = order.length;
    const wanted = feasibleNodesWanted(profile.percentageOfNodesToScore, count);
    let looked = 0;
    for (; looked < count && feasible.length < wanted; looked++) {
      const node = order[(this.#start + looked) % count]!;
      if (names && !names.has(this.#nodes.names[node]!)) continue;
      const status = this.#filterWithNominated(profile, state, pod, node, nominated);
      if (status) statuses.set(node, status);
      else feasible.push(node);
    }
    if (count > 0) this.#start = (this.#start + looked) % count;
  }

  /** A node must fit with and without the pods nominated to it, which may leave for elsewhere. */
  #filterWithNominated(
    profile: Profile,
    state: CycleState,
    pod: PodInfo,
    node: number,
    nominated: NominatedPods,
  ): PluginStatus | undefined {
    const extra = nominated === noNominatedPods ? NONE : nominated(this.#nodes.names[node]!, pod);
    if (extra.length > 0) {
      const name = this.#nodes.names[node]!;
      for (const other of extra) this.shift(profile, state, pod, other, name, node, 1);
      const crowded = this.filterNode(profile, state, pod, node);
      for (const other of extra) this.shift(profile, state, pod, other, name, node, -1);
      if (crowded) return crowded;
    }
    return this.filterNode(profile, state, pod, node);
  }

  /** Adds a pod to a node or takes it away, in the table and in the plug-ins' scratch space. */
  shift(
    profile: Profile,
    state: CycleState,
    pod: PodInfo,
    other: PodInfo,
    name: string,
    node: number,
    sign: 1 | -1,
  ): void {
    if (sign > 0) this.#nodes.addPod(other, name);
    else this.#nodes.removePod(other, name);
    for (const plugin of profile.preFilter)
      if (!state.skipFilter.has(plugin.name)) plugin.shift?.(state, pod, other, node, sign, this.#nodes);
  }

  #diagnosis(statuses: Map<number, PluginStatus>): Diagnosis {
    const plugins = new Set<string>();
    for (const status of statuses.values()) if (status.plugin) plugins.add(status.plugin);
    return { nodeCount: this.#nodes.size, statuses, plugins };
  }

  #best(profile: Profile, state: CycleState, pod: PodInfo): number {
    const feasible = this.#feasible;
    const count = feasible.length;
    if (this.#scores.length < count) {
      this.#scores = new Float64Array(count * 2);
      this.#totals = new Float64Array(count * 2);
    }
    const scores = this.#scores;
    const totals = this.#totals;
    totals.fill(0, 0, count);
    for (const { plugin, weight } of profile.score) {
      if (plugin.preScore?.(state, pod, feasible, this.#nodes) === "skip") continue;
      for (let i = 0; i < count; i++) scores[i] = plugin.score(state, pod, feasible[i]!, this.#nodes);
      plugin.normalize?.(state, pod, scores, count);
      for (let i = 0; i < count; i++) totals[i]! += scores[i]! * weight;
    }
    return feasible[this.#pick(totals, count)]!;
  }

  /** The highest total; among equals a random one, each with the same chance. */
  #pick(totals: Float64Array, count: number): number {
    let best = 0;
    let equals = 1;
    for (let i = 1; i < count; i++) {
      if (totals[i]! > totals[best]!) {
        best = i;
        equals = 1;
      } else if (totals[i] === totals[best] && randomInt(this.#random, ++equals) === 0) best = i;
    }
    return best;
  }
}
