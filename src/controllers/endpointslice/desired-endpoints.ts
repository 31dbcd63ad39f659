// SPDX-License-Identifier: Apache-2.0

import type { Endpoint, EndpointHints, DiscoveryV1EndpointPort, Node, Pod, Service } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { endpointConditions, isEndpoint, publishesNotReady } from "../../rules/index.ts";
import { isHeadless, setsHostname, targetPortIn } from "../shared/service-pods.ts";

export type AddressType = "IPv4" | "IPv6";

const ZONE_LABEL = "topology.kubernetes.io/zone";

/** Endpoints that listen on the same ports, by their identity. */
export interface PortGroup {
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}

const familyOf = (ip: string): AddressType => (ip.includes(":") ? "IPv6" : "IPv4");

/** The families in which a Service has endpoints. */
export function addressTypesOf(service: Cached<Service>): readonly AddressType[] {
  const families = service.spec.ipFamilies ?? [];
  if (families.length > 0) return families.map((family) => (family === "IPv6" ? "IPv6" : "IPv4"));
  const { clusterIP } = service.spec;
  return clusterIP && clusterIP !== "None" ? [familyOf(clusterIP)] : ["IPv4", "IPv6"];
}

/** What an endpoint is known by: the same pod at the same addresses. */
export const endpointKey = (endpoint: DeepReadonly<Endpoint>): string =>
  [
    [...endpoint.addresses].sort().join(","),
    endpoint.hostname ?? "",
    endpoint.targetRef?.namespace ?? "",
    endpoint.targetRef?.name ?? "",
  ].join("|");

/** What a slice's ports are known by. */
export const portsKey = (ports: readonly DeepReadonly<DiscoveryV1EndpointPort>[]): string =>
  ports
    .map((port) => [port.name ?? "", port.protocol ?? "TCP", port.port ?? "", port.appProtocol ?? ""].join("/"))
    .sort()
    .join(",");

function portsIn(pod: Cached<Pod>, service: Cached<Service>): DiscoveryV1EndpointPort[] {
  const ports: DiscoveryV1EndpointPort[] = [];
  for (const port of service.spec.ports ?? []) {
    const number = targetPortIn(pod, port);
    if (number === undefined) continue;
    const { name = "", protocol = "TCP", appProtocol } = port;
    ports.push({ name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) });
  }
  return ports;
}

function hintsOf(service: Cached<Service>, zone: string | undefined, nodeName: string): EndpointHints | undefined {
  const forZones = zone ? [{ name: zone }] : undefined;
  switch (service.spec.trafficDistribution) {
    case "PreferClose":
    case "PreferSameZone":
      return forZones && { forZones };
    case "PreferSameNode":
      return { ...(forZones ? { forZones } : {}), forNodes: [{ name: nodeName }] };
    default:
      return undefined;
  }
}

function endpointOf(
  pod: Cached<Pod>,
  service: Cached<Service>,
  node: DeepReadonly<Node> | undefined,
  addresses: string[],
): Endpoint {
  const { name, namespace, uid } = pod.metadata;
  const conditions = endpointConditions(pod, service);
  const zone = node?.metadata.labels?.[ZONE_LABEL];
  const hints = conditions.ready ? hintsOf(service, zone, pod.spec.nodeName ?? "") : undefined;
  return {
    addresses,
    conditions,
    ...(setsHostname(pod, service) ? { hostname: pod.spec.hostname } : {}),
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(hints ? { hints } : {}),
  };
}

/** What a Service's endpoints should be in one family; pods whose node is unknown are left out and named. */
export interface DesiredEndpoints {
  readonly groups: ReadonlyMap<string, PortGroup>;
  readonly withoutNode: readonly string[];
}

/** Works out the endpoints that a Service's pods amount to. */
export function desiredEndpoints(
  service: Cached<Service>,
  pods: readonly Cached<Pod>[],
  options: { readonly addressType: AddressType; nodeOf(name: string): DeepReadonly<Node> | undefined },
): DesiredEndpoints {
  const groups = new Map<string, PortGroup>();
  const withoutNode: string[] = [];
  for (const pod of pods) {
    if (!isEndpoint(pod, true)) continue;
    const ports = portsIn(pod, service);
    const key = portsKey(ports);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { ports, endpoints: new Map() }));
    const node = options.nodeOf(pod.spec.nodeName ?? "");
    if (!node && !publishesNotReady(service)) {
      withoutNode.push(pod.metadata.name);
      continue;
    }
    const ips = pod.status.podIPs?.map(({ ip }) => ip) ?? [pod.status.podIP ?? ""];
    const addresses = ips.filter((ip) => ip && familyOf(ip) === options.addressType);
    if (addresses.length === 0) continue;
    const endpoint = endpointOf(pod, service, node, addresses);
    group.endpoints.set(endpointKey(endpoint), endpoint);
  }
  return { groups, withoutNode };
}

/** The labels of a slice: the Service's own, and those by which it is found. */
export function sliceLabels(service: Cached<Service>, managedBy: string): Record<string, string> {
  return {
    ...foreignLabels(service.metadata.labels),
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: "" } : {}),
    [SERVICE_NAME_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: managedBy,
  };
}

export const HEADLESS_LABEL = "service.kubernetes.io/headless";
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
export const MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by";
const RESERVED_LABELS: ReadonlySet<string> = new Set([HEADLESS_LABEL, SERVICE_NAME_LABEL, MANAGED_BY_LABEL]);

/** Labels that the controller does not set itself. */
export function foreignLabels(labels: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const out: Record<string, string> = {};
  for (const key in labels) if (!RESERVED_LABELS.has(key)) out[key] = labels[key]!;
  return out;
}
