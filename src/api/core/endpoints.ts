// SPDX-License-Identifier: Apache-2.0

import { sameJson } from "../../apimachinery/index.ts";
import { validateSubsets } from "./endpoints-validation.ts";
import { ipWarnings } from "../validation/ip.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { Endpoints } from "../generated/v1.35/core-v1.ts";
import { listWithMore } from "../shared/labels-text.ts";

const hostPort = (ip: string, port: number): string => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`);

function endpointsText(object: Endpoints): string {
  if (!object.subsets?.length) return "<none>";
  const all: string[] = [];
  for (const subset of object.subsets) {
    const addresses = subset.addresses ?? [];
    if (!subset.ports?.length) all.push(...addresses.map((address) => address.ip));
    else for (const port of subset.ports) all.push(...addresses.map((address) => hostPort(address.ip, port.port)));
  }
  return listWithMore(all, all.length);
}

/** Warnings about addresses that only a lenient reading takes; the controller of endpoints writes none. */
function addressWarnings({ metadata, subsets }: Endpoints): string[] {
  if (metadata.labels?.["endpoints.kubernetes.io/managed-by"] === "endpoint-controller") return [];
  return (subsets ?? []).flatMap((subset, i) =>
    (["addresses", "notReadyAddresses"] as const).flatMap((list) =>
      (subset[list] ?? []).flatMap(({ ip }, j) => ipWarnings(ip, `subsets[${i}].${list}[${j}].ip`)),
    ),
  );
}

/** Endpoints. */
export const endpoints = defineKind<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  resource: "endpoints",
  singular: "endpoints",
  namespaced: true,
  shortNames: ["ep"],
  type: "io.k8s.api.core.v1.Endpoints",
  deprecationWarning: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  defaults(endpoints) {
    for (const subset of endpoints.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= "TCP";
  },
  validate: (endpoints) => validateSubsets(endpoints.subsets ?? []),
  validateUpdate(endpoints, old) {
    const errors = validateSubsets(endpoints.subsets ?? []);
    return errors.length > 0 && sameJson(endpoints.subsets, old.subsets) ? [] : errors;
  },
  updateChecks: ["metadata change", "metadata", "change"],
  warnings: addressWarnings,
  allowCreateOnUpdate: true,
  columns: [
    nameColumn,
    {
      name: "Endpoints",
      type: "string",
      description:
        "The set of all endpoints is the union of all subsets. Addresses are placed into subsets according to the IPs they share. A single address with multiple ports, some of which are ready and some of which are not (because they come from different containers) will result in the address being displayed in different subsets for the different ports. No address will appear in both Addresses and NotReadyAddresses in the same subset. Sets of addresses and ports that comprise a service.",
      cell: (o) => endpointsText(o),
    },
    ageColumn,
  ],
});
