// SPDX-License-Identifier: Apache-2.0

import type { IpFamily } from "./service-rules.ts";

/** What is the same for all Services of a node. */
export interface NftSettings {
  readonly family: IpFamily;
  /** The table's name; nothing outside it is touched. */
  readonly table: string;
  /** Addresses at which node ports and host ports are reached. */
  readonly nodeAddresses: readonly string[];
  /** The pods of this node. */
  readonly localPodRanges: readonly string[];
  /** The pods of the cluster. */
  readonly podRanges: readonly string[];
  readonly serviceRanges: readonly string[];
  /** Pods reach these under their own address: other pods, nodes, the machine. Everything else is outside. */
  readonly clusterRanges: readonly string[];
}

/** Sets and maps, flat: what a packet is looked up in. A value of `undefined` makes a set. */
export const SETS = {
  clusterPorts: "cluster-ports",
  clusterIps: "cluster-ips",
  externalPorts: "external-ports",
  externalPortsOutside: "external-ports-outside",
  nodePorts: "node-ports",
  nodePortsOutside: "node-ports-outside",
  rejected: "rejected-ports",
  rejectedNodePorts: "rejected-node-ports",
  dropped: "dropped-ports",
  droppedOutside: "dropped-ports-outside",
  droppedNodePortsOutside: "dropped-node-ports-outside",
  firewalled: "firewalled-ports",
  allowedSources: "allowed-sources",
  groups: "groups",
  slots: "slots",
  affinitySlots: "affinity-slots",
  affinityBackends: "affinity-backends",
  hairpin: "hairpin",
  hostPorts: "host-ports",
  anyHostPorts: "any-host-ports",
} as const;

/** A connection's mark: the low bits are its group's number, one above says that its source is to be replaced. */
export const GROUP_MASK = 0x00ff_ffff;
export const MASQUERADE_MARK = 0x4000_0000;

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;

/** Clients that remember their backend, over all Services. */
const MAX_AFFINE_CLIENTS = 1_000_000;

/** `ip` or `ip6`: the family of the table and of the expressions in it. */
export const nftFamily = (family: IpFamily): "ip" | "ip6" => (family === "ipv4" ? "ip" : "ip6");

/** The table without any Service: it replaces an older one, whoever left it. */
export function baseTable(settings: NftSettings): string {
  const ip = nftFamily(settings.family);
  return `add table ${ip} ${settings.table}
delete table ${ip} ${settings.table}
table ${ip} ${settings.table} {
${constantSets(settings)}
${dataMaps(settings.family)}
${filterChains(ip)}
${natChains(ip, settings.family)}
}
`;
}

function constantSets(settings: NftSettings): string {
  const address = addressType(settings.family);
  const set = (name: string, ranges: readonly string[]) =>
    `  set ${name} { type ${address}; flags interval; auto-merge; ${elements(ranges)}}`;
  return [
    set("node-addresses", settings.nodeAddresses),
    set("local-pods", settings.localPodRanges),
    set("pods", settings.podRanges),
    set("services", settings.serviceRanges),
    set("cluster", settings.clusterRanges),
  ].join("\n");
}

const elements = (ranges: readonly string[]): string =>
  ranges.length === 0 ? "" : `elements = { ${[...new Set(ranges)].join(", ")} }; `;

const addressType = (family: IpFamily): string => (family === "ipv4" ? "ipv4_addr" : "ipv6_addr");

function dataMaps(family: IpFamily): string {
  const address = addressType(family);
  const port = "inet_proto . inet_service";
  const map = (name: string, type: string, extra = "") => `  map ${name} { type ${type}; ${extra}}`;
  const set = (name: string, type: string, extra = "") => `  set ${name} { type ${type}; ${extra}}`;
  return [
    map(SETS.clusterPorts, `${address} . ${port} : mark`),
    set(SETS.clusterIps, address),
    map(SETS.externalPorts, `${address} . ${port} : mark`),
    map(SETS.externalPortsOutside, `${address} . ${port} : mark`),
    map(SETS.nodePorts, `${port} : mark`),
    map(SETS.nodePortsOutside, `${port} : mark`),
    set(SETS.rejected, `${address} . ${port}`),
    set(SETS.rejectedNodePorts, port),
    set(SETS.dropped, `${address} . ${port}`),
    set(SETS.droppedOutside, `${address} . ${port}`),
    set(SETS.droppedNodePortsOutside, port),
    set(SETS.firewalled, `${address} . ${port}`),
    set(SETS.allowedSources, `${address} . ${port} . ${address}`, "flags interval; "),
    map(SETS.groups, "mark : verdict"),
    map(SETS.slots, `mark . mark : ${address} . inet_service`),
    map(SETS.affinitySlots, "mark . mark : mark"),
    map(SETS.affinityBackends, `mark : ${address} . inet_service`),
    map("affinity", `mark . ${address} : mark`, `size ${MAX_AFFINE_CLIENTS}; flags dynamic, timeout; `),
    set(SETS.hairpin, `${address} . ${address}`),
    map(SETS.hostPorts, `${address} . ${port} : ${address} . inet_service`),
    map(SETS.anyHostPorts, `${port} : ${address} . inet_service`),
  ].join("\n");
}

/** What identifies a Service's port, and a node port, in a packet. */
const portKey = (ip: string): string => `${ip} daddr . meta l4proto . th dport`;
const nodePortKey = "meta l4proto . th dport";
const outside = (ip: string): string => `${ip} saddr != @local-pods fib saddr type != local`;

/**
 * Refusals, before and after addresses are translated: whoever is translated is not met by those after. Addresses of
 * the loopback come from nowhere but the node itself.
 */
function filterChains(ip: "ip" | "ip6"): string {
  const loopback = ip === "ip" ? "127.0.0.0/8" : "::1";
  return `
  chain filter-prerouting {
    type filter hook prerouting priority dstnat - 10;
    iif != lo ${ip} daddr ${loopback} drop
    ct state new jump drops
  }
  chain filter-input {
    type filter hook input priority filter - 1;
    ct state new jump rejects
  }
  chain filter-forward {
    type filter hook forward priority filter - 1;
    ct state new jump rejects
    ct state new jump unused-addresses
  }
  chain filter-output-early {
    type filter hook output priority -110;
    ct state new ${portKey(ip)} @${SETS.dropped} drop
  }
  chain filter-output {
    type filter hook output priority filter - 1;
    ct state new jump rejects
    ct state new jump unused-addresses
  }
  chain drops {
    ${portKey(ip)} @${SETS.dropped} drop
    ${portKey(ip)} @${SETS.firewalled} ${portKey(ip)} . ${ip} saddr != @${SETS.allowedSources} drop
    ${outside(ip)} ${portKey(ip)} @${SETS.droppedOutside} drop
    ${outside(ip)} ${ip} daddr @node-addresses ${nodePortKey} @${SETS.droppedNodePortsOutside} drop
  }
  chain rejects {
    ${portKey(ip)} @${SETS.rejected} reject
    ${ip} daddr @node-addresses ${nodePortKey} @${SETS.rejectedNodePorts} reject
  }
  chain unused-addresses {
    ${ip} daddr @${SETS.clusterIps} reject
    ${ip} daddr @services drop
  }`;
}

function natChains(ip: "ip" | "ip6", family: IpFamily): string {
  const mask = hex(GROUP_MASK);
  const multicast = family === "ipv4" ? "224.0.0.0/4" : "ff00::/8";
  return `
  chain prerouting {
    type nat hook prerouting priority dstnat;
    jump services
  }
  chain output {
    type nat hook output priority -100;
    jump services
  }
  chain services {
    ct mark set ${portKey(ip)} map @${SETS.clusterPorts} goto balance
    ${outside(ip)} ct mark set ${portKey(ip)} map @${SETS.externalPortsOutside} goto balance
    ct mark set ${portKey(ip)} map @${SETS.externalPorts} goto balance
    ${ip} daddr @node-addresses ${outside(ip)} ct mark set ${nodePortKey} map @${SETS.nodePortsOutside} goto balance
    ${ip} daddr @node-addresses ct mark set ${nodePortKey} map @${SETS.nodePorts} goto balance
    ${TRANSPORTS} dnat ${ip} to ${portKey(ip)} map @${SETS.hostPorts}
    fib daddr type local ${TRANSPORTS} dnat ${ip} to ${nodePortKey} map @${SETS.anyHostPorts}
  }
  chain balance {
    ct mark and ${mask} vmap @${SETS.groups}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ct mark and ${hex(MASQUERADE_MARK)} != 0 masquerade fully-random
    ${ip} saddr . ${ip} daddr @${SETS.hairpin} masquerade fully-random
    ct status dnat ct original ${ip} daddr @services ${ip} saddr != @pods fib saddr type != local masquerade fully-random
    ct status dnat ${ip} saddr ${family === "ipv4" ? "127.0.0.0/8" : "::1"} masquerade fully-random
    ${ip} saddr @local-pods ${ip} daddr != @cluster ${ip} daddr != ${multicast} masquerade fully-random
  }`;
}

const TRANSPORTS = "meta l4proto { tcp, udp, sctp }";

/** The chain that shares connections evenly among the slots of a group of this size. */
export const chooseChain = (slots: number): string => `choose-${slots}`;

/** The chain that does so for clients that do not return within so many seconds. */
export const affinityChain = (slots: number, seconds: number): string => `affinity-${slots}-${seconds}`;

/**
 * One chain for all groups with the same number of slots. While a change is being made, a packet may see the old size
 * and the new slots; slot 0 is always there.
 */
export function chooseChainText(family: IpFamily, table: string, slots: number): string {
  const ip = nftFamily(family);
  const dnat = `${TRANSPORTS} dnat ${ip} to ct mark and ${hex(GROUP_MASK)} . meta mark map @${SETS.slots}`;
  return chainText(ip, table, chooseChain(slots), [
    `meta mark set numgen random mod ${slots}`,
    dnat,
    "meta mark set 0",
    dnat,
  ]);
}

/** A client's backend that is gone is forgotten: an element's value cannot be replaced by an update. */
export function affinityChainText(family: IpFamily, table: string, slots: number, seconds: number): string {
  const ip = nftFamily(family);
  const group = `ct mark and ${hex(GROUP_MASK)}`;
  const client = `${group} . ${ip} saddr`;
  const dnat = `${TRANSPORTS} dnat ${ip} to meta mark map @${SETS.affinityBackends}`;
  return chainText(ip, table, affinityChain(slots, seconds), [
    "meta mark set 0",
    `meta mark set ${client} map @affinity`,
    `meta mark != 0 update @affinity { ${client} timeout ${seconds}s : meta mark }`,
    dnat,
    `meta mark != 0 delete @affinity { ${client} : meta mark }`,
    `meta mark set numgen random mod ${slots}`,
    `meta mark set ${group} . meta mark map @${SETS.affinitySlots}`,
    `update @affinity { ${client} timeout ${seconds}s : meta mark }`,
    dnat,
  ]);
}

function chainText(ip: string, table: string, chain: string, rules: readonly string[]): string {
  return `table ${ip} ${table} {
  chain ${chain} {
${rules.map((rule) => `    ${rule}`).join("\n")}
  }
}
`;
}
