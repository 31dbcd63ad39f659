// SPDX-License-Identifier: Apache-2.0

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addressAt, rangeOf, type ProxyNode } from "../../network/index.ts";
import {
  ClusterLayout,
  createFabric,
  enterCluster,
  machineCommands,
  removeCluster,
  type ClusterRanges,
  type Commands,
  type Fabric,
  type FabricNode,
} from "../node/index.ts";

/** What a call got. */
export interface CallResult {
  readonly name?: string;
  /** The client's address as the server saw it. */
  readonly source?: string;
  readonly error?: string;
}

/** A place where programs run: the machine, a node, a pod. */
export interface Place {
  readonly name: string;
  readonly address: string;
  /** Undefined is the machine's own. */
  readonly netns: string | undefined;
}

const PEER = join(import.meta.dirname, "service-lab-peer.ts");

/**
 * A cluster's network without a cluster, for tests of the Service rules: real namespaces with the routes, bridges and
 * settings of real nodes, in which small servers stand for pods.
 */
export class ServiceLab implements AsyncDisposable {
  readonly ranges: ClusterRanges;
  readonly fabric: Fabric;
  readonly machine: Place;
  readonly #layout: ClusterLayout;
  readonly #children: ChildProcess[] = [];
  readonly #pods: string[] = [];

  private constructor(layout: ClusterLayout, ranges: ClusterRanges, fabric: Fabric) {
    this.#layout = layout;
    this.ranges = ranges;
    this.fabric = fabric;
    this.machine = { name: "machine", address: fabric.machineAddress, netns: undefined };
  }

  static async create(cluster: string, nodes: number): Promise<ServiceLab> {
    const layout = new ClusterLayout(cluster);
    const ranges = await enterCluster(layout, machineCommands);
    const fabric = await createFabric({ layout, ranges, nodes, commands: machineCommands });
    const lab = new ServiceLab(layout, ranges, fabric);
    for (const node of fabric.nodes) await lab.#createBridge(node);
    return lab;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    for (const path of this.#pods) {
      await machineCommands.run(["umount", path]);
      await rm(path);
    }
    await removeCluster(this.#layout, machineCommands);
  }

  node(index: number): FabricNode & Place {
    const node = this.fabric.nodes[index - 1];
    if (!node) throw new Error(`There is no node ${index}`);
    return { ...node, name: `node-${index}` };
  }

  proxyNode(index: number, zone?: string): ProxyNode {
    return { name: `node-${index}`, addresses: [this.node(index).address], zone };
  }

  /** Commands in the network namespace of a node, as its agent would run them. */
  nodeCommands(index: number): Commands {
    const { netns } = this.node(index);
    return {
      run: (argv, options) => machineCommands.run(["nsenter", `--net=${netns}`, ...argv], options),
    };
  }

  /** A pod on a node, connected as the CNI bridge plug-in does. */
  async createPod(nodeIndex: number, offset: number): Promise<Place> {
    const node = this.node(nodeIndex);
    const range = rangeOf(node.podRange);
    const address = addressAt(range, offset);
    const netns = join(this.#layout.runFolder, `pod-${nodeIndex}-${offset}`);
    const link = `veth${offset}`;
    await mkdir(this.#layout.runFolder, { recursive: true });
    await writeFile(netns, "");
    await machineCommands.run(["unshare", `--net=${netns}`, "ip", "link", "set", "lo", "up"]);
    this.#pods.push(netns);
    await ip(node.netns, [
      `link add ${link} type veth peer name eth0 netns ${netns}`,
      `link set ${link} master cni0 up`,
      `link set ${link} type bridge_slave hairpin on`,
    ]);
    await ip(netns, [
      `address add ${address}/${range.bits} dev eth0`,
      "link set eth0 up",
      `route add default via ${addressAt(range, 1)}`,
    ]);
    return { name: `pod-${nodeIndex}-${offset}`, address, netns };
  }

  /** Starts a server that answers with its place's name; resolves when it listens. */
  async serve(place: Place, port: number, protocol: "tcp" | "udp" = "tcp"): Promise<ChildProcess> {
    const [file = "", ...args] = this.#peer(place, ["serve", place.name, protocol, `${port}`]);
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#children.push(child);
    await Promise.race([once(child.stdout, "data"), failIfEnded(child)]);
    return child;
  }

  /** Connects from a place so many times, one after the other. `local` is the source address, or for UDP its port. */
  async call(
    from: Place,
    address: string,
    port: number,
    options: { readonly count?: number; readonly protocol?: "tcp" | "udp"; readonly local?: string } = {},
  ): Promise<CallResult[]> {
    const { count = 1, protocol = "tcp", local } = options;
    const args = ["call", protocol, address, `${port}`, `${count}`, ...(local ? [local] : [])];
    const output = await machineCommands.run(this.#peer(from, args));
    return output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as CallResult);
  }

  #peer(place: Place, args: readonly string[]): string[] {
    const argv = [process.execPath, PEER, ...args];
    return place.netns ? ["nsenter", `--net=${place.netns}`, ...argv] : argv;
  }

  async #createBridge(node: FabricNode): Promise<void> {
    const range = rangeOf(node.podRange);
    await ip(node.netns, [
      "link add cni0 type bridge forward_delay 0",
      `address add ${addressAt(range, 1)}/${range.bits} dev cni0`,
      "link set cni0 up",
    ]);
  }
}

async function ip(netns: string, lines: readonly string[]): Promise<void> {
  const input = `${lines.join("\n")}\n`;
  await machineCommands.run(["nsenter", `--net=${netns}`, "ip", "-batch", "-"], { input });
}

async function failIfEnded(child: ChildProcess): Promise<never> {
  await once(child, "exit");
  throw new Error("The server ended");
}
