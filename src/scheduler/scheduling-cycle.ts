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

/** What one search for a node is about. */
interface Search {
  readonly profile: Profile;
  readonly state: CycleState;
  readonly pod: PodInfo;
  readonly nominated: NominatedPods;
}

/** What the PreFilter plug-ins left: all nodes, or some. */
type PreFiltered =
  | { readonly type: "all" }
  | { readonly type: "some"; readonly names: ReadonlySet<string>; readonly plugins: readonly string[] }
  | { readonly type: "refused"; readonly diagnosis: Diagnosis };

/** As Go prints a list of names. */
const goList = (names: readonly string[]): string => `[${[...names].sort().join(" ")}]`;

function emptyReason(narrowed: readonly string[]): string {
  if (narrowed.length === 1) return `node(s) didn't satisfy plugin ${narrowed[0]}`;
  return `node(s) didn't satisfy plugin(s) ${goList(narrowed)} simultaneously`;
}

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

  /** Looks for a node; the one that the pod is nominated for, if any, is asked first. */
  run(
    profile: Profile,
    pod: PodInfo,
    options: { readonly nominated: NominatedPods; readonly nominatedNode?: string },
  ): CycleResult {
    const nodes = this.#nodes;
    nodes.refreshOrder();
    const state = new CycleState();
    const search: Search = { profile, state, pod, nominated: options.nominated };
    const pre = this.#preFilter(profile, state, pod);
    if (pre.type === "refused") return { type: "unplaced", state, diagnosis: pre.diagnosis };
    const statuses = new Map<number, PluginStatus>();
    const feasible = this.#feasible;
    feasible.length = 0;
    if (options.nominatedNode) this.#filterNominated(search, options.nominatedNode, statuses);
    if (feasible.length === 0) this.#filterAll(search, pre, statuses);
    if (feasible.length === 0) return { type: "unplaced", state, diagnosis: this.#diagnosis(pre, statuses) };
    const evaluated = feasible.length + statuses.size;
    const node = feasible.length === 1 ? feasible[0]! : this.#best(profile, state, pod);
    return { type: "placed", node, state, evaluated, feasible: feasible.length };
  }

  /** What the filters say of one node; also used by preemption, after shifting pods. */
  filterNode(state: CycleState, pod: PodInfo, node: number): PluginStatus | undefined {
    const { filters } = state;
    for (let i = 0; i < filters.length; i++) {
      const plugin = filters[i]!;
      const status = plugin.filter(state, pod, node, this.#nodes);
      if (!status) continue;
      // Constant statuses are shared: the name is the same each time.
      status.plugin ??= plugin.name;
      return status;
    }
    return undefined;
  }

  /** A node must fit with and without the pods nominated to it, which may leave for elsewhere. */
  filterWithNominated(search: Search, node: number): PluginStatus | undefined {
    const { profile, state, pod, nominated } = search;
    const extra = nominated === noNominatedPods ? NONE : nominated(this.#nodes.names[node]!, pod);
    if (extra.length > 0) {
      for (const other of extra) this.shift(profile, state, pod, other, node, 1);
      const crowded = this.filterNode(state, pod, node);
      for (const other of extra) this.shift(profile, state, pod, other, node, -1);
      if (crowded) return crowded;
    }
    return this.filterNode(state, pod, node);
  }

  /** Adds a pod to a node or takes it away, in the table and in the plug-ins' scratch space. */
  shift(profile: Profile, state: CycleState, pod: PodInfo, other: PodInfo, node: number, sign: 1 | -1): void {
    const name = this.#nodes.names[node]!;
    if (sign > 0) this.#nodes.addPod(other, name);
    else this.#nodes.removePod(other, name);
    for (const plugin of profile.preFilter)
      if (!state.skipFilter.has(plugin.name)) plugin.shift?.(state, pod, other, node, sign, this.#nodes);
  }

  #preFilter(profile: Profile, state: CycleState, pod: PodInfo): PreFiltered {
    let names: ReadonlySet<string> | undefined;
    const narrowed: string[] = [];
    for (const plugin of profile.preFilter) {
      const result: PreFilterResult = plugin.preFilter(state, pod, this.#nodes);
      if (result === undefined) continue;
      if (result === "skip") {
        state.skipFilter.add(plugin.name);
        continue;
      }
      if (result.type === "refused") return { type: "refused", diagnosis: this.#refused([plugin.name], result.status) };
      narrowed.push(plugin.name);
      const allowed: ReadonlySet<string> = result.names;
      names = names ? names.intersection(allowed) : allowed;
      if (names.size > 0) continue;
      const status = { code: "UnschedulableAndUnresolvable", reasons: [emptyReason(narrowed)] } as const;
      return { type: "refused", diagnosis: this.#refused(narrowed, status) };
    }
    const { skipFilter } = state;
    state.filters = skipFilter.size > 0 ? profile.filter.filter(({ name }) => !skipFilter.has(name)) : profile.filter;
    return names ? { type: "some", names, plugins: narrowed } : { type: "all" };
  }

  #refused(plugins: readonly string[], status: PluginStatus): Diagnosis {
    status.plugin ??= plugins[0]!;
    return {
      nodeCount: this.#nodes.size,
      statuses: new Map(),
      others: status,
      preFilterStatus: status,
      plugins: new Set(plugins),
    };
  }

  #filterNominated(search: Search, name: string, statuses: Map<number, PluginStatus>): void {
    const node = this.#nodes.slot(name);
    if (node !== undefined) this.#ask(search, node, statuses);
  }

  #ask(search: Search, node: number, statuses: Map<number, PluginStatus>): void {
    const status = this.filterWithNominated(search, node);
    if (status) statuses.set(node, status);
    else this.#feasible.push(node);
  }

  #filterAll(search: Search, pre: PreFiltered, statuses: Map<number, PluginStatus>): void {
    const { order } = this.#nodes;
    const nodes = pre.type === "some" ? this.#slotsOf(pre.names) : order;
    const feasible = this.#feasible;
    const count = nodes.length;
    const { profile } = search;
    const wanted = profile.score.length === 0 ? 1 : feasibleNodesWanted(profile.percentageOfNodesToScore, count);
    for (let looked = 0; looked < count && feasible.length < wanted; looked++)
      this.#ask(search, nodes[(this.#start + looked) % count]!, statuses);
    if (order.length > 0) this.#start = (this.#start + feasible.length + statuses.size) % order.length;
  }

  /** The nodes of these names that exist, in a fixed order. */
  #slotsOf(names: ReadonlySet<string>): number[] {
    const slots: number[] = [];
    for (const name of names) {
      const slot = this.#nodes.slot(name);
      if (slot !== undefined) slots.push(slot);
    }
    return slots;
  }

  #diagnosis(pre: PreFiltered, statuses: Map<number, PluginStatus>): Diagnosis {
    const plugins = new Set<string>(pre.type === "some" ? pre.plugins : []);
    for (const status of statuses.values()) if (status.plugin) plugins.add(status.plugin);
    const reason = pre.type === "some" ? [`node(s) didn't satisfy plugin(s) ${goList(pre.plugins)}`] : [];
    const others: PluginStatus = { code: "UnschedulableAndUnresolvable", reasons: reason };
    return { nodeCount: this.#nodes.size, statuses, others, plugins };
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
    let highest = Number.NEGATIVE_INFINITY;
    let equals = 0;
    for (let i = 0; i < count; i++) {
      if (totals[i]! > highest) {
        highest = totals[i]!;
        equals = 1;
      } else if (totals[i] === highest) equals++;
    }
    let chosen = equals > 1 ? randomInt(this.#random, equals) : 0;
    for (let i = 0; i < count; i++) if (totals[i] === highest && chosen-- === 0) return i;
    return 0;
  }
}
