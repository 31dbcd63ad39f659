// SPDX-License-Identifier: Apache-2.0

import type { EndpointSlice } from "../../api/index.ts";
import { formatTime, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import type { ResourceStores } from "../resource-store.ts";
import { AddressRange } from "../resources/services/address-range.ts";
import { apiServiceObjects } from "./api-service-objects.ts";
import type { BootstrapObject } from "./bootstrap-object.ts";
import { BootstrapWriter } from "./bootstrap-writer.ts";
import { flowControlObjects } from "./flow-control-objects.ts";
import {
  kubernetesEndpoints,
  kubernetesEndpointSlice,
  kubernetesService,
  type Advertised,
} from "./kubernetes-service.ts";
import { rbacObjects } from "./rbac-objects.ts";
import { namespaceObjects, priorityClassObjects, serviceCidrObject, systemConfigMaps } from "./system-objects.ts";

/** What a fresh cluster depends on. */
export interface BootstrapParts {
  readonly stores: ResourceStores;
  readonly clock: Clock;
  readonly serviceCidrs: readonly string[];
  readonly advertise: Advertised;
  readonly clientCa?: string;
  /** No other API server shares the store: whatever address stands in the endpoints besides ours is of the past. */
  readonly isAlone: boolean;
  readonly groupVersions: readonly { readonly group: string; readonly version: string }[];
}

const DATE_LENGTH = "2026-01-01".length;

/** The addresses of the other API servers and ours, in order. */
function withOthers(stores: ResourceStores, own: string): string[] {
  const slice = stores.find("discovery.k8s.io", "endpointslices")?.peek("default", "kubernetes");
  const endpoints = (slice as DeepReadonly<EndpointSlice> | undefined)?.endpoints ?? [];
  return [...new Set([...endpoints.flatMap(({ addresses }) => addresses), own])].sort();
}

const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";

async function writeKubernetesService(writer: BootstrapWriter, parts: BootstrapParts): Promise<void> {
  const { address, port } = parts.advertise;
  const firstIp = new AddressRange(parts.serviceCidrs[0]!).firstText;
  const service = { group: "", resource: "services", object: kubernetesService(firstIp, port) };
  await writer.write(service);
  // The API does not allow loopback addresses as endpoints, and nobody else could reach them.
  if (isLoopback(address)) return;
  const addresses = parts.isAlone ? [address] : withOthers(parts.stores, address);
  const endpoints = kubernetesEndpoints(addresses, port);
  await writer.put({ group: "", resource: "endpoints", object: endpoints }, ["subsets"]);
  const slice = kubernetesEndpointSlice(addresses, port);
  await writer.put({ group: "discovery.k8s.io", resource: "endpointslices", object: slice }, ["endpoints", "ports"]);
}

interface WriteOptions {
  readonly signal: AbortSignal;
}

/** Writes namespaces and the Service range first, since others need them, then the rest side by side. */
async function writeInOrder(
  parts: BootstrapParts,
  options: WriteOptions,
  others: (now: string) => readonly BootstrapObject[],
): Promise<void> {
  const writer = new BootstrapWriter(parts.stores, options.signal);
  const now = formatTime(parts.clock.nowMs());
  await writer.writeAll([...namespaceObjects(), serviceCidrObject(parts.serviceCidrs, now)]);
  await Promise.all([
    writer.writeAll([...flowControlObjects(), ...others(now)]),
    writeKubernetesService(writer, parts),
  ]);
}

/** Writes what a cluster may not be without at any time; what is there is brought up to date. */
export const restoreCluster = (parts: BootstrapParts, options: WriteOptions): Promise<void> =>
  writeInOrder(parts, options, () => []);

/** Writes everything that a cluster has from its start; what is there is brought up to date. */
export const bootstrapCluster = (parts: BootstrapParts, options: WriteOptions): Promise<void> =>
  writeInOrder(parts, options, (now) => [
    ...rbacObjects(),
    ...priorityClassObjects(),
    ...apiServiceObjects(parts.groupVersions, now),
    ...systemConfigMaps({ clientCa: parts.clientCa, today: now.slice(0, DATE_LENGTH) }),
  ]);
