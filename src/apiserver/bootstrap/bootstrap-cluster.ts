// SPDX-License-Identifier: Apache-2.0

import { formatTime } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import type { ResourceStores } from "../resource-store.ts";
import { AddressRange } from "../resources/services/address-range.ts";
import { apiServiceObjects } from "./api-service-objects.ts";
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
  readonly groupVersions: readonly { readonly group: string; readonly version: string }[];
}

const DATE_LENGTH = "2026-01-01".length;

const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";

async function writeKubernetesService(writer: BootstrapWriter, parts: BootstrapParts): Promise<void> {
  const { address, port } = parts.advertise;
  const firstIp = new AddressRange(parts.serviceCidrs[0]!).firstText;
  const service = { group: "", resource: "services", object: kubernetesService(firstIp, port) };
  await writer.write(service);
  // The API does not allow loopback addresses as endpoints, and nobody else could reach them.
  if (isLoopback(address)) return;
  await writer.put({ group: "", resource: "endpoints", object: kubernetesEndpoints([address], port) }, ["subsets"]);
  const slice = kubernetesEndpointSlice([address], port);
  await writer.put({ group: "discovery.k8s.io", resource: "endpointslices", object: slice }, ["endpoints", "ports"]);
}

/** Writes everything that a cluster has from its start; what is there is brought up to date. */
export async function bootstrapCluster(
  parts: BootstrapParts,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const writer = new BootstrapWriter(parts.stores, options.signal);
  const now = formatTime(parts.clock.nowMs());
  await writer.writeAll([...namespaceObjects(), serviceCidrObject(parts.serviceCidrs, now)]);
  await Promise.all([
    writer.writeAll([
      ...rbacObjects(),
      ...priorityClassObjects(),
      ...flowControlObjects(now),
      ...apiServiceObjects(parts.groupVersions, now),
      ...systemConfigMaps({ clientCa: parts.clientCa, today: now.slice(0, DATE_LENGTH) }),
    ]),
    writeKubernetesService(writer, parts),
  ]);
}
