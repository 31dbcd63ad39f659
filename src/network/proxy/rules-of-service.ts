// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { EndpointSlice, Service, ServicePort } from "../../api/index.ts";
import { formatRange, withoutCovered } from "../ipv4-range.ts";
import { backendsOf, categorize, endpointsOfPort } from "./endpoints.ts";
import type { CategorizedEndpoints, ProxyNode, TrafficPolicy } from "./endpoints.ts";
import { NO_RULES } from "./service-rules.ts";
import type { BackendGroup, Frontend, IpFamily, Protocol, ServiceRules, Target } from "./service-rules.ts";

/** Another proxy takes care of Services and slices with this label. */
const PROXY_NAME_LABEL = "service.kubernetes.io/service-proxy-name";
/** Set on the slices of headless Services. */
const HEADLESS_LABEL = "service.kubernetes.io/headless";
const DEFAULT_AFFINITY_SECONDS = 10_800;

const REJECT: Target = { type: "reject" };
const DROP: Target = { type: "drop" };

/** Whether a slice can be of interest to a Service proxy. */
export function isProxied(labels: Readonly<Record<string, string>> | undefined): boolean {
  return labels?.[PROXY_NAME_LABEL] === undefined && labels?.[HEADLESS_LABEL] === undefined;
}

/** What a Service with its slices wants from the kernel of a node, in one address family. */
export function rulesOfService(
  service: DeepReadonly<Service>,
  slices: Iterable<DeepReadonly<EndpointSlice>>,
  options: { readonly node: ProxyNode; readonly family: IpFamily },
): ServiceRules {
  const { node, family } = options;
  const addresses = clusterAddresses(service).filter((address) => familyOf(address) === family);
  if (addresses.length === 0) return NO_RULES;
  const addressType = family === "ipv4" ? "IPv4" : "IPv6";
  const ofFamily = [...slices].filter(
    (slice) => slice.addressType === addressType && isProxied(slice.metadata?.labels),
  );
  const policy = trafficPolicy(service);
  const groups: BackendGroup[] = [];
  const frontends: Frontend[] = [];
  for (const port of service.spec?.ports ?? []) {
    const categorized = categorize(endpointsOfPort(ofFamily, port, node), policy, node);
    const portGroups = groupsOf(service, port, categorized, node);
    groups.push(...portGroups);
    frontends.push(...frontendsOf(service, port, { addresses, family, policy, categorized }));
  }
  return { groups, frontends, hostPorts: [] };
}

const familyOf = (address: string): IpFamily => (address.includes(":") ? "ipv6" : "ipv4");

/** No addresses for headless Services, external names, and those of other proxies. */
function clusterAddresses({ metadata, spec }: DeepReadonly<Service>): readonly string[] {
  if (!spec || spec.type === "ExternalName" || !isProxied(metadata?.labels)) return [];
  const addresses = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? ""];
  return addresses.filter((address) => address !== "" && address !== "None");
}

function trafficPolicy({ spec, status }: DeepReadonly<Service>): TrafficPolicy {
  const isPublished = spec?.type === "NodePort" || spec?.type === "LoadBalancer";
  return {
    internalLocal: spec?.internalTrafficPolicy === "Local",
    externalLocal: spec?.externalTrafficPolicy === "Local",
    external: isPublished || (spec?.externalIPs ?? []).length > 0 || (status?.loadBalancer?.ingress ?? []).length > 0,
  };
}

const portKey = (port: DeepReadonly<ServicePort>): string =>
  `${port.name ?? ""}/${port.protocol ?? "TCP"}/${port.port}`;
const clusterGroup = (port: DeepReadonly<ServicePort>): string => `${portKey(port)}/cluster`;
const localGroup = (port: DeepReadonly<ServicePort>): string => `${portKey(port)}/local`;

function groupsOf(
  { spec }: DeepReadonly<Service>,
  port: DeepReadonly<ServicePort>,
  { cluster, local }: CategorizedEndpoints,
  node: ProxyNode,
): BackendGroup[] {
  const affinitySeconds =
    spec?.sessionAffinity === "ClientIP"
      ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS)
      : undefined;
  const groups: BackendGroup[] = [];
  const add = (name: string, endpoints: CategorizedEndpoints["cluster"]) => {
    if (endpoints.length > 0) groups.push({ name, backends: backendsOf(endpoints, node), affinitySeconds });
  };
  add(clusterGroup(port), cluster);
  add(localGroup(port), local);
  return groups;
}

interface FrontendContext {
  readonly addresses: readonly string[];
  readonly family: IpFamily;
  readonly policy: TrafficPolicy;
  readonly categorized: CategorizedEndpoints;
}

function frontendsOf(
  service: DeepReadonly<Service>,
  port: DeepReadonly<ServicePort>,
  { addresses, family, policy, categorized }: FrontendContext,
): Frontend[] {
  const { spec, status } = service;
  const { cluster, local, hasAny } = categorized;
  const protocol = (port.protocol ?? "TCP").toLowerCase() as Protocol;
  // With endpoints on other nodes only, the connection is dropped: a balancer outside may try another node.
  const anywhere: Target = cluster.length > 0 ? { type: "group", group: clusterGroup(port) } : REJECT;
  const here: Target = local.length > 0 ? { type: "group", group: localGroup(port) } : hasAny ? DROP : REJECT;
  const internal = policy.internalLocal ? here : anywhere;
  const outside = policy.externalLocal && hasAny ? { target: anywhere, outsideTarget: here } : { target: anywhere };
  const frontends: Frontend[] = addresses.map((address) => ({
    kind: "cluster",
    address,
    protocol,
    port: port.port,
    target: internal,
  }));
  const ofFamily = (address: string) => familyOf(address) === family;
  for (const address of (spec?.externalIPs ?? []).filter(ofFamily)) {
    frontends.push({ kind: "external", address, protocol, port: port.port, ...outside });
  }
  for (const ingress of status?.loadBalancer?.ingress ?? []) {
    if (!ingress.ip || !ofFamily(ingress.ip) || ingress.ipMode === "Proxy") continue;
    const sourceRanges = sourceRangesOf(service);
    frontends.push({ kind: "external", address: ingress.ip, protocol, port: port.port, ...outside, sourceRanges });
  }
  if (port.nodePort) frontends.push({ kind: "node", protocol, port: port.nodePort, ...outside });
  return frontends;
}

/** Undefined when everybody may connect. */
function sourceRangesOf({ spec }: DeepReadonly<Service>): string[] | undefined {
  const ranges = (spec?.loadBalancerSourceRanges ?? []).map((range) => range.trim());
  return ranges.length === 0 ? undefined : withoutCovered(ranges).map(formatRange);
}
