// SPDX-License-Identifier: Apache-2.0

import { createHash } from "node:crypto";
import { join } from "node:path";
import { assert } from "../../base/index.ts";

/** Where clusters keep what belongs to this machine. */
export interface MachineLayout {
  /** What ends with the machine's run: network namespaces, process ids. */
  readonly runRoot: string;
  /** What outlives it: containerd's images and containers, volumes, logs. Short: sockets are in it. */
  readonly dataRoot: string;
}

/** The places of a usual machine. */
export const defaultLayout: MachineLayout = { runRoot: "/run/knarr", dataRoot: "/var/lib/knarr" };

/** The kernel's limit for the name of a network interface. */
const MAX_LINK_NAME = 15;
const LINK_PREFIX = "knarr-";
const CLUSTER_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Everything a cluster has on a machine is named from the cluster's name, so that it is found again after a crash. */
export class ClusterLayout {
  readonly cluster: string;
  readonly machine: MachineLayout;

  constructor(cluster: string, machine: MachineLayout = defaultLayout) {
    assert(CLUSTER_NAME.test(cluster), `${cluster} is not a cluster name`);
    this.cluster = cluster;
    this.machine = machine;
  }

  get runFolder(): string {
    return join(this.machine.runRoot, this.cluster);
  }

  get dataFolder(): string {
    return join(this.machine.dataRoot, this.cluster);
  }

  /** The machine's end of the veth to the fabric; a name that is too long becomes a hash. */
  get machineLink(): string {
    const plain = LINK_PREFIX + this.cluster;
    if (plain.length <= MAX_LINK_NAME) return plain;
    return LINK_PREFIX + createHash("sha256").update(this.cluster).digest("hex").slice(0, 9);
  }

  /** Knarr's nft table in the machine's own network namespace. */
  get machineTable(): string {
    return `knarr-${this.cluster}`;
  }

  get fabricNetns(): string {
    return join(this.runFolder, "fabric");
  }

  nodeNetns(index: number): string {
    return join(this.runFolder, `net-${index}`);
  }

  /** Whether a file is one that `nodeNetns` names. */
  isNodeNetns(path: string): boolean {
    return path.startsWith(join(this.runFolder, "net-"));
  }

  /** A node's images, containers, volumes, logs and process ids; in the node it has the same path. */
  nodeFolder(index: number): string {
    return join(this.dataFolder, `node-${index}`);
  }

  /** The index of the node that a folder of this name belongs to. */
  nodeOfFolder(name: string): number | undefined {
    const index = /^node-(\d+)$/.exec(name)?.[1];
    return index === undefined ? undefined : Number(index);
  }

  /** The node's cgroup below the root of each hierarchy; its pods and its own daemons are in it. */
  nodeCgroup(index: number): string {
    return `knarr-${this.cluster}-${index}`;
  }

  /** The index of the node that a cgroup of this name belongs to, or undefined when it is not this cluster's. */
  nodeOfCgroup(name: string): number | undefined {
    const prefix = `knarr-${this.cluster}-`;
    if (!name.startsWith(prefix) || !/^\d+$/.test(name.slice(prefix.length))) return undefined;
    return Number(name.slice(prefix.length));
  }
}
