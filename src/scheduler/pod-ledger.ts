// SPDX-License-Identifier: Apache-2.0

import type { NodeTable } from "./node-table.ts";
import type { PodInfo } from "./pod-info.ts";

interface Entry {
  info: PodInfo;
  node: string;
  /** Placed by this scheduler, and not yet seen bound. */
  assumed: boolean;
}

/** Which pods count on which nodes: those that the API says are bound, and those that were assumed meanwhile. */
export class PodLedger {
  readonly #nodes: NodeTable;
  readonly #entries = new Map<string, Entry>();

  constructor(nodes: NodeTable) {
    this.#nodes = nodes;
  }

  get size(): number {
    return this.#entries.size;
  }

  isAssumed(uid: string): boolean {
    return this.#entries.get(uid)?.assumed === true;
  }

  has(uid: string): boolean {
    return this.#entries.has(uid);
  }

  info(uid: string): PodInfo | undefined {
    return this.#entries.get(uid)?.info;
  }

  /** Counts the pod on the node before the binding is written. */
  assume(info: PodInfo, node: string): void {
    this.#entries.set(info.uid, { info, node, assumed: true });
    this.#nodes.addPod(info, node);
  }

  /** The binding failed. */
  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    if (!entry?.assumed) return;
    this.#entries.delete(uid);
    this.#nodes.removePod(entry.info, entry.node);
  }

  /** The API says that the pod is on its node. */
  set(info: PodInfo): void {
    const entry = this.#entries.get(info.uid);
    if (entry) this.#nodes.removePod(entry.info, entry.node);
    this.#entries.set(info.uid, { info, node: info.nodeName, assumed: false });
    this.#nodes.addPod(info, info.nodeName);
  }

  remove(uid: string): PodInfo | undefined {
    const entry = this.#entries.get(uid);
    if (!entry) return undefined;
    this.#entries.delete(uid);
    this.#nodes.removePod(entry.info, entry.node);
    return entry.info;
  }
}
