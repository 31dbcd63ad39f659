// SPDX-License-Identifier: Apache-2.0

import type { DnsConfig } from "../cri.ts";
import type { Pod } from "../types.ts";

/** How pods of the node resolve names. */
export interface NodeDns {
  /** Addresses of the cluster's DNS Service. */
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** The node's own resolv.conf. */
  readonly resolvConf: string;
}

const NAMESERVERS_MAX = 3;
const SEARCHES_MAX = 32;
const SEARCH_CHARACTERS_MAX = 2048;

interface ResolvConf {
  readonly servers: string[];
  readonly searches: string[];
  readonly options: string[];
}

/** Reads a resolv.conf as the C library does: the last search line counts. */
export function parseResolvConf(text: string): ResolvConf {
  const result = { servers: [] as string[], searches: [] as string[], options: [] as string[] };
  for (const line of text.split("\n")) {
    const fields = line.split("#")[0]!.trim().split(/\s+/);
    const [keyword, ...values] = fields;
    if (keyword === "nameserver" && values[0]) result.servers.push(values[0]);
    else if (keyword === "search") result.searches = values.filter((v) => v !== ".").map((v) => v.replace(/\.$/, ""));
    else if (keyword === "options") result.options.push(...values);
  }
  return result;
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];

const optionName = (option: string): string => option.split(":")[0]!;

function mergeOptions(base: readonly string[], more: readonly string[]): string[] {
  const merged = new Map(base.map((o) => [optionName(o), o]));
  for (const option of more) merged.set(optionName(option), option);
  return [...merged.values()];
}

function limitSearches(searches: readonly string[]): string[] {
  const limited = searches.slice(0, SEARCHES_MAX);
  while (limited.join(" ").length > SEARCH_CHARACTERS_MAX) limited.pop();
  return limited;
}

function clusterFirst(pod: Pod, node: NodeDns, host: ResolvConf): ResolvConf {
  const domain = node.clusterDomain;
  const own = [`${pod.metadata?.namespace}.svc.${domain}`, `svc.${domain}`, domain];
  return {
    servers: [...node.clusterDns],
    searches: unique([...own, ...host.searches]),
    options: ["ndots:5"],
  };
}

function byPolicy(pod: Pod, node: NodeDns): ResolvConf {
  const host = parseResolvConf(node.resolvConf);
  const policy = pod.spec?.dnsPolicy ?? "ClusterFirst";
  if (policy === "None") return { servers: [], searches: [], options: [] };
  const wantsCluster =
    policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && pod.spec?.hostNetwork !== true);
  return wantsCluster && node.clusterDns.length > 0 ? clusterFirst(pod, node, host) : host;
}

/** What a pod's resolv.conf says, by its dnsPolicy and dnsConfig. */
export function podDns(pod: Pod, node: NodeDns): Required<DnsConfig> {
  const base = byPolicy(pod, node);
  const own = pod.spec?.dnsConfig;
  const options = (own?.options ?? []).map((o) => (o.value ? `${o.name}:${o.value}` : (o.name ?? "")));
  return {
    servers: unique([...base.servers, ...(own?.nameservers ?? [])]).slice(0, NAMESERVERS_MAX),
    searches: limitSearches(unique([...base.searches, ...(own?.searches ?? [])])),
    options: mergeOptions(base.options, options),
  };
}
