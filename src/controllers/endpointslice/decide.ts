// SPDX-License-Identifier: Apache-2.0

import type {
  Endpoint,
  DiscoveryV1EndpointPort,
  EndpointSlice,
  Node,
  OwnerReference,
  Pod,
  Service,
} from "../../api/index.ts";
import { type DeepReadonly, semanticEqual } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { controllerReference, isControlledBy } from "../../rules/index.ts";
import {
  addressTypesOf,
  desiredEndpoints,
  foreignLabels,
  portsKey,
  sliceLabels,
  type AddressType,
  type PortGroup,
} from "./desired-endpoints.ts";
import { existingSlice, fitSlices } from "./fit-slices.ts";

export const MANAGED_BY = "endpointslice-controller.k8s.io";

/** What one sync of a Service's slices looks at. */
export interface SliceState {
  readonly service: Cached<Service>;
  readonly pods: readonly Cached<Pod>[];
  /** The slices of the Service that this controller manages, without those being deleted. */
  readonly slices: readonly Cached<EndpointSlice>[];
  nodeOf(name: string): DeepReadonly<Node> | undefined;
}

/** What to write. */
export interface SlicePlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly Cached<EndpointSlice>[];
  /** Pods that are left out because their node is not known (yet): look again. */
  readonly withoutNode: readonly string[];
}

interface MutablePlan {
  create: EndpointSlice[];
  update: EndpointSlice[];
  delete: Cached<EndpointSlice>[];
  withoutNode: string[];
}

/** Decides how a Service's slices change. */
export function decide(state: SliceState): SlicePlan {
  const types = addressTypesOf(state.service);
  const plan: MutablePlan = { create: [], update: [], delete: [], withoutNode: [] };
  for (const slice of state.slices) if (!types.includes(slice.addressType as AddressType)) plan.delete.push(slice);
  for (const type of types) {
    const slices = state.slices.filter((slice) => slice.addressType === type);
    merge(plan, planForType(state, type, slices));
  }
  return reusingDeleted(state.service, plan);
}

function merge(plan: MutablePlan, part: MutablePlan): void {
  plan.create.push(...part.create);
  plan.update.push(...part.update);
  plan.delete.push(...part.delete);
  plan.withoutNode.push(...part.withoutNode);
}

const portsOf = (slice: Cached<EndpointSlice>): readonly DeepReadonly<DiscoveryV1EndpointPort>[] => slice.ports ?? [];

function planForType(
  state: SliceState,
  addressType: AddressType,
  slices: readonly Cached<EndpointSlice>[],
): MutablePlan {
  const { service } = state;
  const plan: MutablePlan = { create: [], update: [], delete: [], withoutNode: [] };
  const byPorts = new Map<string, Cached<EndpointSlice>[]>();
  for (const slice of slices) {
    if (!isControlledBy(slice, service)) plan.delete.push(slice);
    else byPorts.set(portsKey(portsOf(slice)), [...(byPorts.get(portsKey(portsOf(slice))) ?? []), slice]);
  }
  const { groups, withoutNode } = desiredEndpoints(service, state.pods, { addressType, nodeOf: state.nodeOf });
  plan.withoutNode.push(...withoutNode);
  for (const [key, group] of groups) planGroup(plan, { service, addressType, group, slices: byPorts.get(key) ?? [] });
  for (const [key, unwanted] of byPorts) if (!groups.has(key)) plan.delete.push(...unwanted);
  keepPlaceholder(plan, { service, addressType, existing: slices.length });
  return plan;
}

interface Group {
  readonly service: Cached<Service>;
  readonly addressType: AddressType;
  readonly group: PortGroup;
  readonly slices: readonly Cached<EndpointSlice>[];
}

function planGroup(plan: MutablePlan, { service, addressType, group, slices }: Group): void {
  const labels = foreignLabels(service.metadata.labels);
  const existing = slices.map((slice) =>
    existingSlice(slice as EndpointSlice, !semanticEqual(foreignLabels(slice.metadata.labels), labels)),
  );
  const fit = fitSlices(existing, group.endpoints);
  for (const slice of slices) {
    const endpoints = fit.updated.get(slice.metadata.name);
    if (endpoints) plan.update.push(withEndpoints(slice, service, endpoints));
    else if (fit.deleted.includes(slice.metadata.name)) plan.delete.push(slice);
  }
  for (const endpoints of fit.created)
    plan.create.push(newSlice(service, addressType, { ports: group.ports, endpoints }));
}

const withEndpoints = (
  slice: Cached<EndpointSlice>,
  service: Cached<Service>,
  endpoints: readonly Endpoint[],
): EndpointSlice => ({
  ...(slice as EndpointSlice),
  metadata: { ...(slice.metadata as EndpointSlice["metadata"]), labels: sliceLabels(service, MANAGED_BY) },
  endpoints: [...endpoints],
});

const ownerOf = (service: Cached<Service>): OwnerReference =>
  controllerReference(service, { apiVersion: "v1", kind: "Service" });

function newSlice(
  service: Cached<Service>,
  addressType: AddressType,
  content: { readonly ports: readonly DiscoveryV1EndpointPort[]; readonly endpoints: readonly Endpoint[] },
): EndpointSlice {
  return {
    metadata: {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace,
      labels: sliceLabels(service, MANAGED_BY),
      ownerReferences: [ownerOf(service)],
    },
    addressType,
    endpoints: [...content.endpoints],
    ports: [...content.ports],
  };
}

const isPlaceholder = (slice: Cached<EndpointSlice>, service: Cached<Service>): boolean =>
  (slice.endpoints ?? []).length === 0 &&
  portsOf(slice).length === 0 &&
  isControlledBy(slice, service) &&
  semanticEqual(slice.metadata.labels, sliceLabels(service, MANAGED_BY));

/** A Service without endpoints has one slice that says so. */
function keepPlaceholder(
  plan: MutablePlan,
  { service, addressType, existing }: { service: Cached<Service>; addressType: AddressType; existing: number },
): void {
  if (existing !== plan.delete.length || plan.create.length > 0) return;
  const [only] = plan.delete;
  if (plan.delete.length === 1 && only && isPlaceholder(only, service)) plan.delete = [];
  else plan.create.push(newSlice(service, addressType, { ports: [], endpoints: [] }));
}

/** A slice that would be deleted while another is made becomes that other one: one write instead of two. */
function reusingDeleted(service: Cached<Service>, plan: MutablePlan): SlicePlan {
  const create = [...plan.create];
  const update = [...plan.update];
  const remaining: Cached<EndpointSlice>[] = [];
  for (const slice of plan.delete) {
    const fresh = create.at(-1);
    if (fresh && fresh.addressType === slice.addressType && isControlledBy(slice, service)) {
      create.pop();
      const { name, resourceVersion, uid, annotations } = slice.metadata as EndpointSlice["metadata"];
      const { generateName: _generated, ...metadata } = fresh.metadata;
      update.push({
        ...fresh,
        metadata: { ...metadata, generateName: slice.metadata.generateName, name, uid, resourceVersion, annotations },
      });
    } else remaining.push(slice);
  }
  return { create, update, delete: remaining, withoutNode: plan.withoutNode };
}
