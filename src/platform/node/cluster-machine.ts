// SPDX-License-Identifier: Apache-2.0

import { readdir, rm, writeFile } from "node:fs/promises";
import { findCgroups } from "./cgroups.ts";
import { chooseRanges, firstCandidate, usedRanges, type ClusterRanges, type WantedRanges } from "./cluster-ranges.ts";
import type { Commands } from "./commands.ts";
import { fabricIsLeft, fabricSysctls, removeFabric } from "./fabric.ts";
import { exists, ignore, removeIfEmpty } from "./files.ts";
import { rangeOf } from "../../network/index.ts";
import type { ClusterLayout } from "./layout.ts";
import { MachineRecord } from "./machine-record.ts";
import { findNode, stopNode } from "./node-process.ts";
import { BIND_TARGETS } from "./node-scripts.ts";

/** What a cluster has on the machine, running or left by a crash. */
export interface ClusterLeftovers {
  /** Indices of nodes of which anything is there. */
  readonly nodes: readonly number[];
  /** Of those, the ones that run. */
  readonly runningNodes: readonly number[];
  readonly fabric: boolean;
  readonly ranges?: ClusterRanges;
}

/**
 * Enters a cluster on this machine: gives its address ranges and makes the changes that all clusters share. A cluster
 * that is entered already keeps its ranges; asking for others is refused.
 */
export async function enterCluster(
  layout: ClusterLayout,
  commands: Commands,
  wanted: WantedRanges = {},
  options: { readonly lastNodes?: string } = {},
): Promise<ClusterRanges> {
  await ensureBridgeFilter(commands);
  const record = new MachineRecord(layout.machine);
  const ranges = await record.reserve(layout.cluster, async (others) => {
    const known = others.flatMap((other) => [other.nodes, other.pods, other.services].map(rangeOf));
    const taken = [...(await usedRanges(commands)), ...known];
    return chooseRanges(taken, wanted, { ...options, first: firstCandidate(layout.cluster) });
  });
  for (const [what, range] of Object.entries(wanted)) {
    const has = ranges[what as keyof ClusterRanges];
    if (range === has) continue;
    throw new Error(
      `Cluster ${layout.cluster} has the ${what} range ${has}, not ${range}; remove it first to change that`,
    );
  }
  await record.change({ sysctls: fabricSysctls, folders: BIND_TARGETS });
  return ranges;
}

const BRIDGE_FILTER = "/proc/sys/net/bridge";

/**
 * Packets between two pods of a node must meet the Service rules. Loading the module for that must not change anything
 * for the machine's own bridges, which worked without it.
 */
async function ensureBridgeFilter(commands: Commands): Promise<void> {
  if (await exists(BRIDGE_FILTER)) return;
  try {
    await commands.run(["modprobe", "br_netfilter"]);
  } catch (cause) {
    throw new Error("The kernel's module br_netfilter cannot be loaded; Services need it", { cause });
  }
  for (const name of ["iptables", "ip6tables", "arptables"]) {
    await writeFile(`${BRIDGE_FILTER}/bridge-nf-call-${name}`, "0");
  }
}

/** What of a cluster is on the machine; undefined when there is nothing. */
export async function findLeftovers(layout: ClusterLayout): Promise<ClusterLeftovers | undefined> {
  const nodes = await nodeIndices(layout);
  const runningNodes: number[] = [];
  for (const index of nodes) if (await findNode(layout.nodeFolder(index))) runningNodes.push(index);
  const fabric = await fabricIsLeft(layout);
  const ranges = (await new MachineRecord(layout.machine).clusters()).get(layout.cluster);
  if (nodes.length === 0 && !fabric && !ranges) return undefined;
  return { nodes, runningNodes, fabric, ranges };
}

/**
 * Removes all that a cluster has on the machine, from whatever state: nodes, cgroups, folders, network, nft table, and
 * the changes that no other cluster needs. Removing what is not there is no failure.
 */
export async function removeCluster(layout: ClusterLayout, commands: Commands): Promise<void> {
  const nodes = await nodeIndices(layout);
  await Promise.all(nodes.map((index) => stopNode(layout, index)));
  await removeFabric(layout, commands);
  for (const index of nodes) await rm(layout.nodeFolder(index), { recursive: true, force: true });
  await rm(layout.runFolder, { recursive: true, force: true });
  await removeIfEmpty(layout.dataFolder);
  await new MachineRecord(layout.machine).release(layout.cluster);
}

async function nodeIndices(layout: ClusterLayout): Promise<number[]> {
  const indices = new Set<number>();
  for (const name of await findCgroups((candidate) => layout.nodeOfCgroup(candidate) !== undefined)) {
    indices.add(layout.nodeOfCgroup(name) ?? 0);
  }
  for (const name of (await readdir(layout.dataFolder).catch(ignore("ENOENT"))) ?? []) {
    const index = layout.nodeOfFolder(name);
    if (index !== undefined && (await exists(layout.nodeFolder(index)))) indices.add(index);
  }
  return [...indices].sort((a, b) => a - b);
}
