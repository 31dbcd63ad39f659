// SPDX-License-Identifier: Apache-2.0

import type { Cached } from "../client/index.ts";
import { assert } from "../base/index.ts";
import type { DeepReadonly } from "../apimachinery/index.ts";
import type { Node, Taint } from "../api/index.ts";
import { MatchCounters } from "./match-counters.ts";
import { amountsOf, type HostPort, type PodInfo } from "./pod-info.ts";

const ZONE_LABEL = "topology.kubernetes.io/zone";
const REGION_LABEL = "topology.kubernetes.io/region";
const UNKNOWN_IMAGE_BYTES = 0;

/** Taints that many nodes share are one list, so that tolerating them is decided once for each pod. */
interface TaintList {
  readonly id: number;
  readonly taints: readonly DeepReadonly<Taint>[];
}

/** An image that some nodes have. */
interface ImageState {
  sizeBytes: number;
  nodeCount: number;
}

/**
 * All nodes as a struct of arrays: one column for each number that filters and scores read, indexed by a node's slot. A
 * slot stays with its node until the node goes. Slots that hold a node stand in `order`, zones taking turns.
 */
export class NodeTable {
  #capacity = 64;
  allocatableMilliCpu = new Float64Array(this.#capacity);
  allocatableMemory = new Float64Array(this.#capacity);
  allocatableEphemeral = new Float64Array(this.#capacity);
  allocatablePods = new Float64Array(this.#capacity);
  requestedMilliCpu = new Float64Array(this.#capacity);
  requestedMemory = new Float64Array(this.#capacity);
  requestedEphemeral = new Float64Array(this.#capacity);
  scoringMilliCpu = new Float64Array(this.#capacity);
  scoringMemory = new Float64Array(this.#capacity);
  podCount = new Float64Array(this.#capacity);
  unschedulable = new Uint8Array(this.#capacity);
  /** Index into taintLists. */
  taintList = new Int32Array(this.#capacity);
  readonly names: string[] = [];
  readonly nodes: (Cached<Node> | undefined)[] = [];
  readonly pods: PodInfo[][] = [];
  readonly taintLists: TaintList[] = [{ id: 0, taints: [] }];
  /** Slots in the order in which they are sampled. */
  order: Int32Array = new Int32Array(0);
  /** Pods with required anti-affinity, and pods with any inter-pod affinity, by slot: most nodes have none. */
  readonly antiAffinityNodes = new Map<number, Set<PodInfo>>();
  readonly affinityNodes = new Map<number, Set<PodInfo>>();
  /** Pods by selector and slot, for those who spread pods. */
  readonly matching = new MatchCounters(this.pods);

  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #taintIds = new Map<string, number>([["[]", 0]]);
  readonly #scalarAllocatable = new Map<string, Map<number, number>>();
  readonly #scalarRequested = new Map<string, Map<number, number>>();
  readonly #hostPorts = new Map<number, Map<string, HostPort & { count: number }>>();
  readonly #images = new Map<string, ImageState>();
  readonly #imageNames: (ReadonlySet<string> | undefined)[] = [];
  /** Pods whose node is not known (yet), by node name: they count once it appears. */
  readonly #homeless = new Map<string, Map<string, PodInfo>>();
  #orderStale = false;

  get size(): number {
    return this.#slots.size;
  }

  slot(name: string): number | undefined {
    return this.#slots.get(name);
  }

  /** Brings `order` up to date after nodes came or went. */
  refreshOrder(): void {
    if (!this.#orderStale) return;
    this.#orderStale = false;
    const zones = new Map<string, number[]>();
    for (const slot of this.#slots.values()) {
      const labels = this.nodes[slot]!.metadata.labels;
      const zone = `${labels?.[REGION_LABEL] ?? ""}:${labels?.[ZONE_LABEL] ?? ""}`;
      const list = zones.get(zone);
      if (list) list.push(slot);
      else zones.set(zone, [slot]);
    }
    const lists = [...zones.values()];
    const order: number[] = [];
    for (let turn = 0; order.length < this.#slots.size; turn++)
      for (const list of lists) if (turn < list.length) order.push(list[turn]!);
    this.order = Int32Array.from(order);
  }

  setNode(node: Cached<Node>): void {
    const name = node.metadata.name ?? "";
    let slot = this.#slots.get(name);
    if (slot === undefined) slot = this.#addSlot(name);
    else if (zoneOf(this.nodes[slot]!) !== zoneOf(node)) this.#orderStale = true;
    this.nodes[slot] = node;
    this.#setAllocatable(slot, node);
    this.unschedulable[slot] = node.spec?.unschedulable ? 1 : 0;
    this.taintList[slot] = this.#internTaints(node.spec?.taints ?? []);
    this.#setImages(slot, node);
    const homeless = this.#homeless.get(name);
    if (homeless) {
      this.#homeless.delete(name);
      for (const pod of homeless.values()) this.#attach(slot, pod);
    }
  }

  removeNode(name: string): void {
    const slot = this.#slots.get(name);
    if (slot === undefined) return;
    const left = [...this.pods[slot]!];
    for (const pod of left) this.#detach(slot, pod);
    this.#setImages(slot, undefined);
    for (const column of this.#scalarAllocatable.values()) column.delete(slot);
    this.nodes[slot] = undefined;
    this.names[slot] = "";
    this.#slots.delete(name);
    this.#free.push(slot);
    this.#orderStale = true;
    // The pods are not gone with their node's object: they count again if it comes back.
    for (const pod of left) this.addPod(pod, name);
  }

  /** Counts a pod on its node. */
  addPod(pod: PodInfo, nodeName: string): void {
    const slot = this.#slots.get(nodeName);
    if (slot !== undefined) this.#attach(slot, pod);
    else {
      const waiting = this.#homeless.get(nodeName) ?? new Map<string, PodInfo>();
      waiting.set(pod.uid, pod);
      this.#homeless.set(nodeName, waiting);
    }
  }

  removePod(pod: PodInfo, nodeName: string): void {
    const slot = this.#slots.get(nodeName);
    if (slot !== undefined) this.#detach(slot, pod);
    const waiting = this.#homeless.get(nodeName);
    if (waiting?.delete(pod.uid) && waiting.size === 0) this.#homeless.delete(nodeName);
  }

  /** Allocatable of an extended resource. */
  scalarAllocatable(resource: string, slot: number): number {
    return this.#scalarAllocatable.get(resource)?.get(slot) ?? 0;
  }

  scalarRequested(resource: string, slot: number): number {
    return this.#scalarRequested.get(resource)?.get(slot) ?? 0;
  }

  /** Whether a host port is taken; 0.0.0.0 clashes with every address. */
  hostPortTaken(slot: number, wanted: HostPort): boolean {
    const taken = this.#hostPorts.get(slot);
    if (!taken) return false;
    for (const port of taken.values()) {
      if (port.port !== wanted.port || port.protocol !== wanted.protocol) continue;
      if (port.ip === wanted.ip || port.ip === "0.0.0.0" || wanted.ip === "0.0.0.0") return true;
    }
    return false;
  }

  /** Whether any node has the image. */
  knowsImage(name: string): boolean {
    return this.#images.has(name);
  }

  /** Size in bytes and number of nodes of an image that the node has; undefined when it does not. */
  image(slot: number, name: string): { readonly sizeBytes: number; readonly nodeCount: number } | undefined {
    return this.#imageNames[slot]?.has(name) ? this.#images.get(name) : undefined;
  }

  #addSlot(name: string): number {
    const slot = this.#free.pop() ?? this.names.length;
    if (slot >= this.#capacity) this.#grow();
    this.#slots.set(name, slot);
    this.names[slot] = name;
    this.pods[slot] = [];
    for (const column of this.#numbers()) column[slot] = 0;
    this.#orderStale = true;
    return slot;
  }

  #numbers(): Float64Array[] {
    return [
      this.requestedMilliCpu,
      this.requestedMemory,
      this.requestedEphemeral,
      this.scoringMilliCpu,
      this.scoringMemory,
      this.podCount,
    ];
  }

  #grow(): void {
    this.#capacity *= 2;
    const wider = (old: Float64Array) => {
      const next = new Float64Array(this.#capacity);
      next.set(old);
      return next;
    };
    this.allocatableMilliCpu = wider(this.allocatableMilliCpu);
    this.allocatableMemory = wider(this.allocatableMemory);
    this.allocatableEphemeral = wider(this.allocatableEphemeral);
    this.allocatablePods = wider(this.allocatablePods);
    this.requestedMilliCpu = wider(this.requestedMilliCpu);
    this.requestedMemory = wider(this.requestedMemory);
    this.requestedEphemeral = wider(this.requestedEphemeral);
    this.scoringMilliCpu = wider(this.scoringMilliCpu);
    this.scoringMemory = wider(this.scoringMemory);
    this.podCount = wider(this.podCount);
    const flags = new Uint8Array(this.#capacity);
    flags.set(this.unschedulable);
    this.unschedulable = flags;
    const taints = new Int32Array(this.#capacity);
    taints.set(this.taintList);
    this.taintList = taints;
  }

  #setAllocatable(slot: number, node: Cached<Node>): void {
    const quantities = (node.status?.allocatable ?? {}) as Readonly<Record<string, string>>;
    const amounts = amountsOf(quantities);
    this.allocatableMilliCpu[slot] = amounts.milliCpu;
    this.allocatableMemory[slot] = amounts.memoryBytes;
    this.allocatableEphemeral[slot] = amounts.ephemeralBytes;
    this.allocatablePods[slot] = Number.parseInt(quantities["pods"] ?? "0", 10);
    for (const column of this.#scalarAllocatable.values()) column.delete(slot);
    for (const [name, value] of amounts.scalars ?? []) columnOf(this.#scalarAllocatable, name).set(slot, value);
  }

  #internTaints(taints: readonly DeepReadonly<Taint>[]): number {
    const text = JSON.stringify(taints.map((t) => [t.key, t.value ?? "", t.effect]));
    let id = this.#taintIds.get(text);
    if (id === undefined) {
      id = this.taintLists.length;
      this.taintLists.push({ id, taints });
      this.#taintIds.set(text, id);
    }
    return id;
  }

  #setImages(slot: number, node: Cached<Node> | undefined): void {
    const names = new Set<string>();
    for (const image of node?.status?.images ?? [])
      for (const name of image.names ?? []) {
        names.add(name);
        const state = this.#images.get(name) ?? { sizeBytes: UNKNOWN_IMAGE_BYTES, nodeCount: 0 };
        state.sizeBytes = Number(image.sizeBytes ?? 0);
        this.#images.set(name, state);
      }
    const before = this.#imageNames[slot];
    for (const name of names) if (!before?.has(name)) this.#images.get(name)!.nodeCount++;
    for (const name of before ?? []) {
      if (names.has(name)) continue;
      const state = this.#images.get(name)!;
      if (--state.nodeCount === 0) this.#images.delete(name);
    }
    this.#imageNames[slot] = names.size > 0 ? names : undefined;
  }

  #attach(slot: number, pod: PodInfo): void {
    this.pods[slot]!.push(pod);
    this.matching.count(slot, pod, 1);
    this.#count(slot, pod, 1);
    if (pod.requiredAntiAffinity.length > 0) membersOf(this.antiAffinityNodes, slot).add(pod);
    if (pod.affinity?.podAffinity || pod.affinity?.podAntiAffinity) membersOf(this.affinityNodes, slot).add(pod);
  }

  #detach(slot: number, pod: PodInfo): void {
    const pods = this.pods[slot]!;
    const index = pods.findIndex((p) => p.uid === pod.uid);
    if (index < 0) return;
    const counted = pods[index]!;
    pods[index] = pods[pods.length - 1]!;
    pods.pop();
    this.matching.count(slot, counted, -1);
    this.#count(slot, counted, -1);
    dropMember(this.antiAffinityNodes, slot, counted);
    dropMember(this.affinityNodes, slot, counted);
  }

  #count(slot: number, pod: PodInfo, sign: 1 | -1): void {
    this.requestedMilliCpu[slot]! += sign * pod.requests.milliCpu;
    this.requestedMemory[slot]! += sign * pod.requests.memoryBytes;
    this.requestedEphemeral[slot]! += sign * pod.requests.ephemeralBytes;
    this.scoringMilliCpu[slot]! += sign * pod.scoringMilliCpu;
    this.scoringMemory[slot]! += sign * pod.scoringMemoryBytes;
    this.podCount[slot]! += sign;
    for (const [name, value] of pod.requests.scalars ?? []) {
      const column = columnOf(this.#scalarRequested, name);
      column.set(slot, (column.get(slot) ?? 0) + sign * value);
    }
    if (pod.hostPorts.length > 0) this.#countPorts(slot, pod, sign);
    assert(this.podCount[slot]! >= 0, "A node holds fewer than no pods");
  }

  #countPorts(slot: number, pod: PodInfo, sign: 1 | -1): void {
    const taken = this.#hostPorts.get(slot) ?? new Map<string, HostPort & { count: number }>();
    this.#hostPorts.set(slot, taken);
    for (const port of pod.hostPorts) {
      const key = `${port.protocol}/${port.ip}/${port.port}`;
      const count = (taken.get(key)?.count ?? 0) + sign;
      if (count > 0) taken.set(key, { ...port, count });
      else taken.delete(key);
    }
    if (taken.size === 0) this.#hostPorts.delete(slot);
  }
}

const zoneOf = (node: Cached<Node>): string =>
  `${node.metadata.labels?.[REGION_LABEL] ?? ""}:${node.metadata.labels?.[ZONE_LABEL] ?? ""}`;

function columnOf(columns: Map<string, Map<number, number>>, name: string): Map<number, number> {
  const found = columns.get(name);
  if (found) return found;
  const made = new Map<number, number>();
  columns.set(name, made);
  return made;
}

function membersOf(sets: Map<number, Set<PodInfo>>, slot: number): Set<PodInfo> {
  const found = sets.get(slot);
  if (found) return found;
  const made = new Set<PodInfo>();
  sets.set(slot, made);
  return made;
}

function dropMember(sets: Map<number, Set<PodInfo>>, slot: number, pod: PodInfo): void {
  const members = sets.get(slot);
  if (members?.delete(pod) && members.size === 0) sets.delete(slot);
}
