// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Endpoint, EndpointSlice, ServicePort } from "../../api/index.ts";
import type { Backend } from "./service-rules.ts";

/** The node whose rules are made. */
export interface ProxyNode {
  readonly name: string;
  /** Label topology.kubernetes.io/zone. */
  readonly zone?: string;
  /** The node's own addresses: a backend with one of them is a program of the node, not a pod. */
  readonly addresses: readonly string[];
}

/** An endpoint as the proxy sees it. */
export interface ProxyEndpoint {
  readonly address: string;
  readonly port: number;
  readonly isLocal: boolean;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

/** How a Service wants its traffic led. */
export interface TrafficPolicy {
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  /** Whether it can be reached from outside the cluster. */
  readonly external: boolean;
}

/** Endpoints by how they may be used; undefined where no frontend needs them. */
export interface CategorizedEndpoints {
  readonly cluster: readonly ProxyEndpoint[];
  readonly local: readonly ProxyEndpoint[];
  /** Whether any node has an endpoint that can be used. */
  readonly hasAny: boolean;
}

/** The endpoints of one port of a Service in its slices of one address family, each address and port once. */
export function endpointsOfPort(
  slices: Iterable<DeepReadonly<EndpointSlice>>,
  servicePort: DeepReadonly<ServicePort>,
  node: ProxyNode,
): ProxyEndpoint[] {
  const found = new Map<string, ProxyEndpoint>();
  const name = servicePort.name ?? "";
  const protocol = servicePort.protocol ?? "TCP";
  for (const slice of slices) {
    const port = slice.ports?.find(
      (candidate) => (candidate.name ?? "") === name && (candidate.protocol ?? "TCP") === protocol,
    )?.port;
    if (port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const address = endpoint.addresses[0];
      if (address === undefined) continue;
      const key = `${address} ${port}`;
      const known = found.get(key);
      // While an endpoint moves from slice to slice it may be in two; the one that is ready counts.
      if (!known?.ready) found.set(key, proxyEndpoint(endpoint, address, port, node));
    }
  }
  return [...found.values()];
}

function proxyEndpoint(
  endpoint: DeepReadonly<Endpoint>,
  address: string,
  port: number,
  node: ProxyNode,
): ProxyEndpoint {
  const { conditions, hints } = endpoint;
  return {
    address,
    port,
    isLocal: endpoint.nodeName === node.name,
    ready: conditions?.ready ?? true,
    serving: conditions?.serving ?? true,
    terminating: conditions?.terminating ?? false,
    zoneHints: hints?.forZones?.map((zone) => zone.name) ?? [],
    nodeHints: hints?.forNodes?.map((hinted) => hinted.name) ?? [],
  };
}

/** Which endpoints may be used for traffic led to any node, and for traffic that must stay on this one. */
export function categorize(
  endpoints: readonly ProxyEndpoint[],
  policy: TrafficPolicy,
  node: ProxyNode,
): CategorizedEndpoints {
  // Traffic from outside needs them under policy Local too: for clients on this node.
  const usesCluster = !policy.internalLocal || policy.external;
  const usesLocal = policy.internalLocal || (policy.externalLocal && policy.external);
  const cluster = usesCluster ? readyElseTerminating(endpoints, topologyFilter(endpoints, node)) : [];
  const onNode = endpoints.filter((endpoint) => endpoint.isLocal);
  const local = usesLocal ? readyElseTerminating(onNode, () => true) : [];
  const hasAny = cluster.length > 0 || (usesLocal && endpoints.some((e) => e.ready || (e.serving && e.terminating)));
  return { cluster, local, hasAny };
}

/** Endpoints on their way out serve on as long as there are no others. */
function readyElseTerminating(
  endpoints: readonly ProxyEndpoint[],
  accept: (endpoint: ProxyEndpoint) => boolean,
): ProxyEndpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready && accept(endpoint));
  return ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating);
}

/** Hints count when every ready endpoint has them and one is for here; those for the node come before the zone's. */
function topologyFilter(endpoints: readonly ProxyEndpoint[], node: ProxyNode): (endpoint: ProxyEndpoint) => boolean {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  const isForNode = (endpoint: ProxyEndpoint) => endpoint.nodeHints.includes(node.name);
  const isForZone = (endpoint: ProxyEndpoint) => node.zone !== undefined && endpoint.zoneHints.includes(node.zone);
  if (ready.every((endpoint) => endpoint.nodeHints.length > 0) && ready.some(isForNode)) return isForNode;
  if (ready.every((endpoint) => endpoint.zoneHints.length > 0) && ready.some(isForZone)) return isForZone;
  return () => true;
}

/** Backends in an order that does not depend on the order of slices. */
export function backendsOf(endpoints: readonly ProxyEndpoint[], node: ProxyNode): Backend[] {
  return endpoints
    .map(({ address, port, isLocal }) => ({
      address,
      port,
      isLocalPod: isLocal && !node.addresses.includes(address),
    }))
    .sort((a, b) => (a.address === b.address ? a.port - b.port : a.address < b.address ? -1 : 1));
}
