// SPDX-License-Identifier: Apache-2.0

import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodePodRange, type ClusterRanges } from "./cluster-ranges.ts";
import type { Commands } from "./commands.ts";
import { exists, ignore, readIfExists, writeAtomically } from "./files.ts";
import { addressAt, rangeOf } from "../../network/index.ts";
import type { ClusterLayout } from "./layout.ts";
import type { SysctlChange } from "./machine-record.ts";
import { kill, processesInNetns } from "./processes.ts";
import { waitUntil } from "./wait-until.ts";

/** What a fabric is made of. */
export interface FabricOptions {
  readonly layout: ClusterLayout;
  readonly ranges: ClusterRanges;
  /** How many nodes are attached; they count from 1. */
  readonly nodes: number;
  readonly commands: Commands;
  readonly signal?: AbortSignal;
}

/** A node's place in the network. */
export interface FabricNode {
  readonly index: number;
  readonly address: string;
  readonly podRange: string;
  /** The file that its network namespace is bound to. */
  readonly netns: string;
}

/** The network between a cluster's nodes and the machine. */
export interface Fabric {
  /** The machine's address in it: the API server listens there. */
  readonly machineAddress: string;
  readonly nodes: readonly FabricNode[];
}

/** Names inside namespaces of our own need not differ between clusters. */
const BRIDGE = "fabric";
const MACHINE_PORT = "machine";
const NODE_LINK = "eth0";
const nodePort = (index: number): string => `node-${index}`;

const NETNS_END_TIMEOUT_MS = 10_000;

/** Forwarding is needed for pods that talk to the outside; the kernel changes redirects along with it. */
export const fabricSysctls: readonly SysctlChange[] = [
  { path: "net/ipv4/ip_forward", value: "1", alsoChanges: ["net/ipv4/conf/all/accept_redirects"] },
];

/** The place that a node has in the network of its cluster. */
export function fabricNode(layout: ClusterLayout, ranges: ClusterRanges, index: number): FabricNode {
  return {
    index,
    address: addressAt(rangeOf(ranges.nodes), index + 1),
    podRange: nodePodRange(ranges.pods, index),
    netns: layout.nodeNetns(index),
  };
}

/** The machine's address in a cluster's network. */
export const machineAddress = (ranges: ClusterRanges): string => addressAt(rangeOf(ranges.nodes), 1);

/** Makes what is missing of the network between a cluster's nodes and the machine; what is half made is made anew. */
export async function createFabric(options: FabricOptions): Promise<Fabric> {
  const { layout, ranges, commands } = options;
  const nodes = Array.from({ length: options.nodes }, (_, i) => fabricNode(layout, ranges, i + 1));
  const made = await completedNodes(layout, ranges);
  const missing = nodes.filter((node) => node.index > made);
  if (made === 0) {
    await removeFabric(layout, commands);
    await mkdir(layout.runFolder, { recursive: true });
    await createBridge(options);
  }
  for (const node of missing) {
    await removeNetns(node.netns, commands);
    await createNetns(options, node.netns);
  }
  if (missing.length > 0) {
    await attachNodes(options, missing);
    await Promise.all(nodes.map((node) => routeNode(options, node, nodes)));
    await routeMachine(options, nodes);
    const completed: CompletedFabric = { ranges, nodes: options.nodes };
    await writeAtomically(markerOf(layout), JSON.stringify(completed));
  }
  return { machineAddress: machineAddress(ranges), nodes };
}

/** Written when all is in place: without it a fabric is the leftover of a crash. */
interface CompletedFabric {
  readonly ranges: ClusterRanges;
  readonly nodes: number;
}

const markerOf = (layout: ClusterLayout): string => join(layout.runFolder, "fabric.json");

/** How many nodes of a living fabric with these ranges are attached; 0 when there is no such fabric. */
async function completedNodes(layout: ClusterLayout, ranges: ClusterRanges): Promise<number> {
  const text = await readIfExists(markerOf(layout));
  if (text === undefined || !(await isNetns(layout.fabricNetns)) || !(await linkExists(layout.machineLink))) return 0;
  const completed = JSON.parse(text) as CompletedFabric;
  return JSON.stringify(completed.ranges) === JSON.stringify(ranges) ? completed.nodes : 0;
}

/** Removes the network of a cluster, whole or in part; processes in its namespaces are ended. */
export async function removeFabric(layout: ClusterLayout, commands: Commands): Promise<void> {
  const files = await readdir(layout.runFolder).catch(ignore("ENOENT"));
  const netns = (files ?? []).map((file) => join(layout.runFolder, file)).filter((path) => layout.isNodeNetns(path));
  for (const path of netns) await removeNetns(path, commands);
  await removeLink(layout.machineLink, commands);
  await removeNetns(layout.fabricNetns, commands);
  await commands.run(["nft", "-f", "-"], { input: withoutTable(layout.machineTable) });
  await rm(markerOf(layout), { force: true });
}

/** Whether anything of a cluster's network is on the machine. */
export async function fabricIsLeft(layout: ClusterLayout): Promise<boolean> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  return mounts.includes(` ${layout.runFolder}/`) || linkExists(layout.machineLink);
}

const linkExists = (link: string): Promise<boolean> => exists(`/sys/class/net/${link}`);

/** Whether a file is a namespace: a file whose namespace is gone is an empty one on an ordinary file system. */
async function isNetns(path: string): Promise<boolean> {
  const [file, own] = await Promise.all([stat(path).catch(() => undefined), stat("/proc/self/ns/net")]);
  return file !== undefined && file.dev === own.dev;
}

/** Makes a network namespace that lives as long as its file is bound to it. */
async function createNetns({ commands, signal }: FabricOptions, path: string): Promise<void> {
  await writeFile(path, "");
  await commands.run(["unshare", `--net=${path}`, "ip", "link", "set", "lo", "up"], { signal });
}

const inNetns = (netns: string, argv: readonly string[]): string[] => ["nsenter", `--net=${netns}`, ...argv];

/** Several `ip` commands in one process; `netns` undefined means the machine's own. */
async function ip({ commands, signal }: FabricOptions, netns: string | undefined, lines: readonly string[]) {
  if (lines.length === 0) return;
  const argv = ["ip", "-batch", "-"];
  await commands.run(netns ? inNetns(netns, argv) : argv, { input: `${lines.join("\n")}\n`, signal });
}

async function setSysctls({ commands, signal }: FabricOptions, netns: string, values: Record<string, string>) {
  const script = Object.entries(values).map(([path, value]) => `echo ${value} > /proc/sys/${path}`);
  await commands.run(inNetns(netns, ["sh", "-ec", script.join("\n")]), { signal });
}

/** The bridge is not in the machine's namespace, so that no firewall of the machine sees frames from node to node. */
async function createBridge(options: FabricOptions): Promise<void> {
  const { layout, ranges } = options;
  const { fabricNetns: netns, machineLink: link } = layout;
  await createNetns(options, netns);
  if (await exists("/proc/sys/net/bridge")) await setSysctls(options, netns, bridgeCalls("0"));
  await ip(options, undefined, [`link add ${link} type veth peer name ${MACHINE_PORT} netns ${netns}`]);
  await ip(options, netns, [
    `link add ${BRIDGE} type bridge forward_delay 0`,
    `link set ${BRIDGE} up`,
    `link set ${MACHINE_PORT} master ${BRIDGE} up`,
  ]);
  const bits = rangeOf(ranges.nodes).bits;
  await ip(options, undefined, [`address add ${machineAddress(ranges)}/${bits} dev ${link}`, `link set ${link} up`]);
}

/** Whether frames that a bridge forwards pass the rules for packets. */
const bridgeCalls = (value: "0" | "1"): Record<string, string> => ({
  "net/bridge/bridge-nf-call-iptables": value,
  "net/bridge/bridge-nf-call-ip6tables": value,
});

async function attachNodes(options: FabricOptions, nodes: readonly FabricNode[]): Promise<void> {
  const fabric = options.layout.fabricNetns;
  await ip(
    options,
    fabric,
    nodes.flatMap((node) => [
      `link add ${nodePort(node.index)} type veth peer name ${NODE_LINK} netns ${node.netns}`,
      `link set ${nodePort(node.index)} master ${BRIDGE} up`,
    ]),
  );
  await Promise.all(nodes.map((node) => setUpNode(options, node)));
}

async function setUpNode(options: FabricOptions, node: FabricNode): Promise<void> {
  const { ranges } = options;
  await setSysctls(options, node.netns, {
    "net/ipv4/ip_forward": "1",
    // A hostPort on 127.0.0.1 is answered by a pod; Knarr's table refuses such packets from outside.
    "net/ipv4/conf/all/route_localnet": "1",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    // The first node passes the machine's packets to Services on to other nodes, which is no mistake of the machine's.
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    [`net/ipv4/conf/${NODE_LINK}/send_redirects`]: "0",
    // Every client of a Service without endpoints is told so, not only some in a second.
    "net/ipv4/icmp_ratelimit": "0",
  });
  // Frames between pods of one bridge must pass the Service rules.
  if (await exists("/proc/sys/net/bridge")) await setSysctls(options, node.netns, bridgeCalls("1"));
  await ip(options, node.netns, [
    `address add ${node.address}/${rangeOf(ranges.nodes).bits} dev ${NODE_LINK}`,
    `link set ${NODE_LINK} up`,
    `route add default via ${machineAddress(ranges)}`,
  ]);
}

/** Every other node's pods by that node. */
async function routeNode(options: FabricOptions, node: FabricNode, all: readonly FabricNode[]): Promise<void> {
  const others = all.filter((other) => other.index !== node.index);
  await ip(
    options,
    node.netns,
    others.map((other) => `route replace ${other.podRange} via ${other.address}`),
  );
}

async function routeMachine(options: FabricOptions, nodes: readonly FabricNode[]): Promise<void> {
  const { layout, ranges, commands, signal } = options;
  const dev = layout.machineLink;
  const lines = nodes.map((node) => `route replace ${node.podRange} via ${node.address} dev ${dev}`);
  const first = nodes[0];
  if (first) lines.push(`route replace ${ranges.services} via ${first.address} dev ${dev}`);
  await ip(options, undefined, lines);
  await commands.run(["nft", "-f", "-"], { input: machineTable(layout, ranges), signal });
}

/** Deletes a table that may not exist. */
const withoutTable = (table: string): string => `add table ip ${table}\ndelete table ip ${table}\n`;

/** Nodes, and their pods behind them, reach the outside under the machine's address. */
function machineTable(layout: ClusterLayout, ranges: ClusterRanges): string {
  return `${withoutTable(layout.machineTable)}
table ip ${layout.machineTable} {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr ${ranges.nodes} oifname != "${layout.machineLink}" masquerade
  }
}
`;
}

/** Ends what runs in a namespace and unbinds it; the kernel removes its links afterwards, which is waited for. */
async function removeNetns(path: string, commands: Commands): Promise<void> {
  if (await isNetns(path)) {
    const name = `net:[${(await stat(path)).ino}]`;
    const processes = await processesInNetns(name);
    for (const pid of processes) kill(pid);
    await waitUntil(async () => (await processesInNetns(name)).length === 0, {
      timeoutMs: NETNS_END_TIMEOUT_MS,
      what: `the end of the processes in ${path}`,
    });
    await commands.run(["umount", path]);
  }
  await rm(path, { force: true });
}

async function removeLink(link: string, commands: Commands): Promise<void> {
  if (await linkExists(link)) await commands.run(["ip", "link", "delete", link]);
}
