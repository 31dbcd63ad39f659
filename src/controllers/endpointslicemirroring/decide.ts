// SPDX-License-Identifier: Apache-2.0

import type {
  DiscoveryV1EndpointPort,
  Endpoint,
  EndpointAddress,
  Endpoints,
  EndpointSlice,
  EndpointSubset,
  Service,
} from "../../api/index.ts";
import { type DeepReadonly, semanticEqual } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { controllerReference } from "../../rules/index.ts";
import { endpointKey, MANAGED_BY_LABEL, portsKey, SERVICE_NAME_LABEL } from "../endpointslice/desired-endpoints.ts";
import { existingSlice, fitSlices } from "../endpointslice/fit-slices.ts";
import { TRIGGER_TIME } from "../shared/trigger-times.ts";

export const MANAGED_BY = "endpointslicemirroring-controller.k8s.io";
const SKIP_MIRROR_LABEL = "endpointslice.kubernetes.io/skip-mirror";
const LEADER_ANNOTATION = "control-plane.alpha.kubernetes.io/leader";
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
/** Addresses of a subset beyond this are not mirrored. */
const ENDPOINTS_PER_SUBSET_MAX = 1_000;

/** What to write so that the slices say what the Endpoints say. */
export interface MirrorPlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly Cached<EndpointSlice>[];
}

/** Whether Endpoints were written by hand for a Service without selector. */
export function isMirrored(endpoints: Cached<Endpoints> | undefined, service: Cached<Service> | undefined): boolean {
  if (!endpoints || !service || service.spec.selector !== undefined) return false;
  const { labels, annotations } = endpoints.metadata;
  return labels?.[SKIP_MIRROR_LABEL] !== "true" && annotations?.[LEADER_ANNOTATION] === undefined;
}

interface Group {
  readonly addressType: "IPv4" | "IPv6";
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}

const portsOf = (subset: DeepReadonly<EndpointSubset>): DiscoveryV1EndpointPort[] =>
  (subset.ports ?? []).map(({ name = "", port, protocol = "TCP", appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));

function endpointOf(address: DeepReadonly<EndpointAddress>, ready: boolean): Endpoint {
  const { ip, hostname, nodeName, targetRef } = address;
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(targetRef ? { targetRef: { ...targetRef } } : {}),
    ...(nodeName ? { nodeName } : {}),
  };
}

const groupKey = (addressType: string, ports: readonly DeepReadonly<DiscoveryV1EndpointPort>[]): string =>
  `${addressType}:${portsKey(ports)}`;

function groupsOf(endpoints: Cached<Endpoints>): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  const add = (subset: DeepReadonly<EndpointSubset>, address: DeepReadonly<EndpointAddress>, ready: boolean): void => {
    const addressType = address.ip.includes(":") ? "IPv6" : "IPv4";
    const ports = portsOf(subset);
    const key = groupKey(addressType, ports);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { addressType, ports, endpoints: new Map() }));
    const endpoint = endpointOf(address, ready);
    group.endpoints.set(endpointKey(endpoint), endpoint);
  };
  for (const subset of endpoints.subsets ?? []) {
    const all = [
      ...(subset.addresses ?? []).map((address) => ({ address, ready: true })),
      ...(subset.notReadyAddresses ?? []).map((address) => ({ address, ready: false })),
    ];
    for (const { address, ready } of all.slice(0, ENDPOINTS_PER_SUBSET_MAX)) add(subset, address, ready);
  }
  return groups;
}

function metadataOf(endpoints: Cached<Endpoints>): Pick<EndpointSlice["metadata"], "labels" | "annotations"> {
  const { labels, name } = endpoints.metadata;
  const { [LAST_APPLIED]: _applied, [TRIGGER_TIME]: _trigger, ...annotations } = endpoints.metadata.annotations ?? {};
  return {
    labels: { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: MANAGED_BY },
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  };
}

function newSlice(endpoints: Cached<Endpoints>, group: Group, content: readonly Endpoint[]): EndpointSlice {
  return {
    metadata: {
      generateName: `${endpoints.metadata.name}-`,
      namespace: endpoints.metadata.namespace,
      ...metadataOf(endpoints),
      ownerReferences: [controllerReference(endpoints, { apiVersion: "v1", kind: "Endpoints" })],
    },
    addressType: group.addressType,
    endpoints: [...content],
    ports: [...group.ports],
  };
}

/** Decides how the mirrored slices change. */
export function decide(endpoints: Cached<Endpoints>, slices: readonly Cached<EndpointSlice>[]): MirrorPlan {
  const groups = groupsOf(endpoints);
  const plan: { create: EndpointSlice[]; update: EndpointSlice[]; delete: Cached<EndpointSlice>[] } = {
    create: [],
    update: [],
    delete: slices.filter((slice) => !groups.has(groupKey(slice.addressType, slice.ports ?? []))),
  };
  const meta = metadataOf(endpoints);
  for (const [key, group] of groups) {
    const own = slices.filter((slice) => groupKey(slice.addressType, slice.ports ?? []) === key);
    const stale = (slice: Cached<EndpointSlice>): boolean => !semanticEqual(slice.metadata.labels, meta.labels);
    const fit = fitSlices(
      own.map((slice) => existingSlice(slice as EndpointSlice, stale(slice))),
      group.endpoints,
    );
    for (const slice of own) {
      const content = fit.updated.get(slice.metadata.name);
      if (content) {
        const metadata = { ...(slice.metadata as EndpointSlice["metadata"]), ...meta };
        plan.update.push({ ...(slice as EndpointSlice), metadata, endpoints: [...content] });
      } else if (fit.deleted.includes(slice.metadata.name)) plan.delete.push(slice);
    }
    for (const content of fit.created) plan.create.push(newSlice(endpoints, group, content));
  }
  return plan;
}
