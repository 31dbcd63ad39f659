// SPDX-License-Identifier: Apache-2.0

import { createHash } from "node:crypto";
import { isIPv4 } from "node:net";
import { readFile } from "node:fs/promises";
import type { Commands } from "./commands.ts";
import { formatRange, overlaps, parseRange, rangeOf, subrange, type Ipv4Range } from "../../network/index.ts";

/** The addresses of one cluster on a machine. */
export interface ClusterRanges {
  /** Of the fabric: the machine has the first address, node N the one after N. */
  readonly nodes: string;
  readonly pods: string;
  readonly services: string;
}

/** What the user asked for, or the cluster had before; the rest is chosen. */
export type WantedRanges = Partial<ClusterRanges>;

export interface RangeChoice {
  /** Where the search among the candidates begins. */
  readonly first?: number;
  /** Taken if it is free: nothing that outlives the nodes names their addresses. */
  readonly lastNodes?: string;
}

/** A node's part of the pod range: 254 pods. */
export const NODE_POD_RANGE_BITS = 24;
const CANDIDATES = 32;
/** The cluster that most people have only. */
const USUAL_NAME = "default";

/** Ranges that are tried in this order; away from what Docker, k3s, kubeadm and flannel take by default. */
function candidate(index: number): ClusterRanges {
  return {
    nodes: `10.224.${index}.0/24`,
    pods: `10.${160 + index}.0.0/16`,
    services: `10.${112 + index}.0.0/16`,
  };
}

/** Clusters begin at different candidates, so that one that comes back finds its ranges free although others came. */
export function firstCandidate(cluster: string): number {
  if (cluster === USUAL_NAME) return 0;
  return 1 + (createHash("sha256").update(cluster).digest().readUInt32BE() % (CANDIDATES - 1));
}

/** The part of a cluster's pod range for one node; nodes count from 1. */
export function nodePodRange(pods: string, index: number): string {
  return formatRange(subrange(rangeOf(pods), NODE_POD_RANGE_BITS, index - 1));
}

/**
 * Chooses ranges that collide neither with what is taken nor with each other.
 * What was asked for is taken as it is, when it is free.
 */
export function chooseRanges(
  taken: readonly Ipv4Range[],
  wanted: WantedRanges = {},
  { first = 0, lastNodes }: RangeChoice = {},
): ClusterRanges {
  for (const text of Object.values(wanted)) {
    const range = parseRange(text);
    if (!range) throw new Error(`${text} is not an IPv4 range such as 10.0.0.0/16`);
    const other = taken.find((used) => overlaps(used, range));
    if (other) throw new Error(`${text} overlaps ${formatRange(other)}, which this machine uses; choose another range`);
  }
  const candidates = Array.from({ length: CANDIDATES }, (_, index) => candidate((first + index) % CANDIDATES));
  const attempts = lastNodes ? [{ ...candidates[0]!, nodes: lastNodes }, ...candidates] : candidates;
  for (const attempt of attempts) {
    const ranges = { ...attempt, ...wanted };
    const all = [ranges.nodes, ranges.pods, ranges.services].map(rangeOf);
    const fits = all.every(
      (range, i) => !taken.some((used) => overlaps(used, range)) && !all.slice(i + 1).some((o) => overlaps(o, range)),
    );
    if (fits) return ranges;
  }
  throw new Error("No free address ranges are left on this machine; remove clusters, or name ranges yourself");
}

interface IpAddress {
  readonly addr_info?: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

interface IpRoute {
  readonly dst: string;
}

/** The ranges that the machine's links, routes and name servers use. */
export async function usedRanges(commands: Commands): Promise<Ipv4Range[]> {
  const [addresses, routes, resolvers] = await Promise.all([
    commands.run(["ip", "-json", "address", "show"]),
    commands.run(["ip", "-json", "-4", "route", "show", "table", "all"]),
    readFile("/etc/resolv.conf", "utf8").catch(() => ""),
  ]);
  const texts = [
    ...(JSON.parse(addresses) as IpAddress[])
      .flatMap((link) => link.addr_info ?? [])
      .filter((address) => address.family === "inet")
      .map((address) => `${address.local}/${address.prefixlen}`),
    ...(JSON.parse(routes || "[]") as IpRoute[]).map((route) => route.dst).filter((dst) => dst !== "default"),
    ...[...resolvers.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? "").filter(isIPv4),
  ];
  return texts.map(parseRange).filter((range) => range !== undefined);
}
