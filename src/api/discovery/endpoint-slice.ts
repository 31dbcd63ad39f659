// SPDX-License-Identifier: Apache-2.0

import { sameJson } from "../../apimachinery/index.ts";
import { sliceWarnings, validateSlice } from "./endpoint-slice-validation.ts";
import { samePointer } from "../validation/checks.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { Endpoint, EndpointSlice } from "../generated/v1.35/discovery-v1.ts";
import { listWithMore } from "../shared/labels-text.ts";

const labelsOf = ({ metadata: { labels } }: EndpointSlice): EndpointSlice["metadata"] => ({ labels });

const samePointers = (endpoint: Endpoint, old: Endpoint | undefined): boolean =>
  samePointer(endpoint.targetRef, old?.targetRef) && samePointer(endpoint.hints, old?.hints);

const sameContent = (slice: EndpointSlice, old: EndpointSlice): boolean =>
  sameJson({ ...slice, metadata: labelsOf(slice) }, { ...old, metadata: labelsOf(old) }) &&
  (slice.endpoints ?? []).every((endpoint, i) => samePointers(endpoint, old.endpoints?.[i]));

/** Topology cannot be written through this version. */
function dropTopology(slice: EndpointSlice): void {
  for (const endpoint of slice.endpoints ?? []) delete endpoint.deprecatedTopology;
}

function portsText(slice: EndpointSlice): string {
  const ports = (slice.ports ?? []).map((port) => (port.port === undefined ? (port.name ?? "*") : String(port.port)));
  return listWithMore(ports, ports.length) || "<unset>";
}

function endpointsText(slice: EndpointSlice): string {
  const addresses = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
  return listWithMore(addresses, addresses.length) || "<unset>";
}

/** EndpointSlice. */
export const endpointSlice = defineKind<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  resource: "endpointslices",
  singular: "endpointslice",
  namespaced: true,
  type: "io.k8s.api.discovery.v1.EndpointSlice",
  defaults(slice) {
    for (const port of slice.ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  prepareForCreate: dropTopology,
  prepareForUpdate(slice, old) {
    // Upstream counts before it drops.
    if (!sameContent(slice, old)) slice.metadata.generation = (old.metadata.generation ?? 0) + 1;
    dropTopology(slice);
  },
  validate: (slice) => validateSlice(slice),
  validateUpdate: validateSlice,
  updateChecks: ["metadata", "change"],
  warnings: sliceWarnings,
  generation: () => false,
  columns: [
    nameColumn,
    {
      name: "AddressType",
      type: "string",
      description:
        "addressType specifies the type of address carried by this EndpointSlice. All addresses in this slice must be the same type. This field is immutable after creation. The following address types are currently supported: * IPv4: Represents an IPv4 Address. * IPv6: Represents an IPv6 Address. * FQDN: Represents a Fully Qualified Domain Name.",
      cell: (o) => o.addressType,
    },
    {
      name: "Ports",
      type: "string",
      description:
        'ports specifies the list of network ports exposed by each endpoint in this slice. Each port must have a unique name. When ports is empty, it indicates that there are no defined ports. When a port is defined with a nil port value, it indicates "all ports". Each slice may include a maximum of 100 ports.',
      cell: (o) => portsText(o),
    },
    {
      name: "Endpoints",
      type: "string",
      description:
        "endpoints is a list of unique endpoints in this slice. Each slice may include a maximum of 1000 endpoints.",
      cell: (o) => endpointsText(o),
    },
    ageColumn,
  ],
});
