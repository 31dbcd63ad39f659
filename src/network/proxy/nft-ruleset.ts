// SPDX-License-Identifier: Apache-2.0

import { ElementTable, type Element, type ElementChange } from "./element-table.ts";
import { IdAllocator } from "./id-allocator.ts";
import {
  affinityChain,
  affinityChainText,
  baseTable,
  chooseChain,
  chooseChainText,
  GROUP_MASK,
  MASQUERADE_MARK,
  nftFamily,
  SETS,
  type NftSettings,
} from "./nft-base.ts";
import type { Backend, BackendGroup, Frontend, HostPort, ServiceRules, Target } from "./service-rules.ts";
import { assignSlots } from "./slots.ts";

interface GroupState {
  readonly id: number;
  /** Backends by their number. */
  slots: readonly string[];
  /** Numbers of backends that clients return to. */
  readonly backendIds: Map<string, number>;
}

type Groups = Map<string, GroupState>;

/** Keys and values in the text of nft. */
const join = (...parts: readonly (string | number)[]): string => parts.join(" . ");
const backendText = (backend: Backend): string => join(backend.address, backend.port);

/**
 * The rules of all owners as flat maps of nftables. Each packet costs a few lookups, however many Services there are,
 * and a change of one Service is a change of a few elements.
 */
export class NftRuleset {
  readonly #settings: NftSettings;
  readonly #elements = new ElementTable();
  readonly #groups = new Map<string, Groups>();
  readonly #groupIds = new IdAllocator(GROUP_MASK);
  readonly #backendIds = new IdAllocator(GROUP_MASK);
  /** Chains by name, with their text; made when first needed, and kept. */
  readonly #chains = new Map<string, string>();
  #newChains: string[] = [];

  constructor(settings: NftSettings) {
    this.#settings = settings;
  }

  /** Replaces what an owner wants; NO_RULES for an owner that is gone. */
  replace(owner: string, rules: ServiceRules): void {
    const groups = this.#replaceGroups(owner, rules.groups);
    const elements: Element[] = [];
    for (const group of rules.groups) {
      const state = groups.get(group.name);
      if (state) this.#addGroup(elements, group, state);
    }
    const markOf = (name: string) => groups.get(name)?.id ?? 0;
    for (const frontend of rules.frontends) addFrontend(elements, frontend, markOf);
    for (const hostPort of rules.hostPorts) addHostPort(elements, hostPort);
    this.#elements.replace(owner, elements);
  }

  get hasChanges(): boolean {
    return this.#elements.hasChanges;
  }

  /** The difference to what was taken before, as one transaction; undefined when there is none. */
  takeChanges(): string | undefined {
    const changes = this.#elements.takeChanges();
    if (changes.length === 0) return undefined;
    const chains = this.#newChains;
    this.#newChains = [];
    return chains.join("") + this.#changesText(changes);
  }

  /** The whole table, in place of whatever is there under its name. */
  takeAll(): string {
    this.#newChains = [];
    const elements = this.#elements.takeAll();
    const chains = [...this.#chains.values()].join("");
    return baseTable(this.#settings) + chains + this.#elementsText("add", elements);
  }

  #replaceGroups(owner: string, wanted: readonly BackendGroup[]): Groups {
    const old = this.#groups.get(owner);
    const groups: Groups = new Map();
    for (const { name } of wanted) {
      const known = old?.get(name);
      groups.set(name, known ?? { id: this.#groupIds.take(), slots: [], backendIds: new Map() });
      old?.delete(name);
    }
    for (const gone of old?.values() ?? []) {
      this.#groupIds.release(gone.id);
      for (const id of gone.backendIds.values()) this.#backendIds.release(id);
    }
    if (groups.size > 0) this.#groups.set(owner, groups);
    else this.#groups.delete(owner);
    return groups;
  }

  #addGroup(elements: Element[], group: BackendGroup, state: GroupState): void {
    const backends = group.backends.map(backendText);
    state.slots = assignSlots(state.slots, backends);
    if (group.affinitySeconds === undefined) this.#addPlainGroup(elements, state);
    else this.#addAffineGroup(elements, state, group.affinitySeconds);
    for (const { address, isLocalPod } of group.backends) {
      if (isLocalPod) elements.push({ set: SETS.hairpin, key: join(address, address), value: "" });
    }
  }

  #addPlainGroup(elements: Element[], { id, slots, backendIds }: GroupState): void {
    for (const backendId of backendIds.values()) this.#backendIds.release(backendId);
    backendIds.clear();
    slots.forEach((backend, slot) => elements.push({ set: SETS.slots, key: join(id, slot), value: backend }));
    const { family, table } = this.#settings;
    const chain = chooseChain(slots.length);
    this.#needChain(chain, () => chooseChainText(family, table, slots.length));
    elements.push({ set: SETS.groups, key: `${id}`, value: `goto ${chain}` });
  }

  #addAffineGroup(elements: Element[], { id, slots, backendIds }: GroupState, seconds: number): void {
    for (const [backend, backendId] of backendIds) {
      if (slots.includes(backend)) continue;
      this.#backendIds.release(backendId);
      backendIds.delete(backend);
    }
    slots.forEach((backend, slot) => {
      const backendId = backendIds.get(backend) ?? this.#backendIds.take();
      backendIds.set(backend, backendId);
      elements.push({ set: SETS.affinitySlots, key: join(id, slot), value: `${backendId}` });
      elements.push({ set: SETS.affinityBackends, key: `${backendId}`, value: backend });
    });
    const { family, table } = this.#settings;
    const chain = affinityChain(slots.length, seconds);
    this.#needChain(chain, () => affinityChainText(family, table, slots.length, seconds));
    elements.push({ set: SETS.groups, key: `${id}`, value: `goto ${chain}` });
  }

  #needChain(name: string, text: () => string): void {
    if (this.#chains.has(name)) return;
    const made = text();
    this.#chains.set(name, made);
    this.#newChains.push(made);
  }

  #changesText(changes: readonly ElementChange[]): string {
    const removed: Element[] = [];
    const added: Element[] = [];
    for (const { set, key, before, after } of changes) {
      if (before !== undefined) removed.push({ set, key, value: "" });
      if (after !== undefined) added.push({ set, key, value: after });
    }
    return this.#elementsText("delete", removed) + this.#elementsText("add", added);
  }

  #elementsText(verb: "add" | "delete", elements: readonly Element[]): string {
    const bySet = new Map<string, string[]>();
    for (const { set, key, value } of elements) {
      const texts = bySet.get(set) ?? [];
      if (texts.length === 0) bySet.set(set, texts);
      texts.push(value === "" ? key : `${key} : ${value}`);
    }
    const table = `${nftFamily(this.#settings.family)} ${this.#settings.table}`;
    let text = "";
    for (const [set, texts] of bySet) text += `${verb} element ${table} ${set} { ${texts.join(", ")} }\n`;
    return text;
  }
}

type MarkOf = (group: string) => number;

function addFrontend(elements: Element[], frontend: Frontend, markOf: MarkOf): void {
  const { kind, address = "", protocol, port, target, outsideTarget, sourceRanges } = frontend;
  const key = kind === "node" ? join(protocol, port) : join(address, protocol, port);
  if (kind === "cluster") elements.push({ set: SETS.clusterIps, key: address, value: "" });
  const mark = kind === "cluster" ? 0 : MASQUERADE_MARK;
  addTarget(elements, key, target, { ...TARGET_SETS[kind], mark, markOf });
  if (outsideTarget) addTarget(elements, key, outsideTarget, { ...OUTSIDE_TARGET_SETS[kind], mark: 0, markOf });
  if (!sourceRanges) return;
  elements.push({ set: SETS.firewalled, key, value: "" });
  for (const range of sourceRanges) elements.push({ set: SETS.allowedSources, key: join(key, range), value: "" });
}

interface TargetSets {
  readonly group: string;
  readonly reject: string;
  readonly drop: string;
}

const TARGET_SETS: Readonly<Record<Frontend["kind"], TargetSets>> = {
  cluster: { group: SETS.clusterPorts, reject: SETS.rejected, drop: SETS.dropped },
  external: { group: SETS.externalPorts, reject: SETS.rejected, drop: SETS.dropped },
  node: { group: SETS.nodePorts, reject: SETS.rejectedNodePorts, drop: SETS.droppedNodePortsOutside },
};

const OUTSIDE_TARGET_SETS: Readonly<Record<Frontend["kind"], TargetSets>> = {
  cluster: TARGET_SETS.cluster,
  external: { group: SETS.externalPortsOutside, reject: SETS.rejected, drop: SETS.droppedOutside },
  node: { group: SETS.nodePortsOutside, reject: SETS.rejectedNodePorts, drop: SETS.droppedNodePortsOutside },
};

function addTarget(
  elements: Element[],
  key: string,
  target: Target,
  sets: TargetSets & { readonly mark: number; readonly markOf: MarkOf },
): void {
  if (target.type === "group") {
    elements.push({ set: sets.group, key, value: `${(sets.mark | sets.markOf(target.group)) >>> 0}` });
  } else elements.push({ set: sets[target.type], key, value: "" });
}

function addHostPort(elements: Element[], { address, protocol, port, backend }: HostPort): void {
  const value = backendText(backend);
  if (address === undefined) elements.push({ set: SETS.anyHostPorts, key: join(protocol, port), value });
  else elements.push({ set: SETS.hostPorts, key: join(address, protocol, port), value });
  elements.push({ set: SETS.hairpin, key: join(backend.address, backend.address), value: "" });
}
