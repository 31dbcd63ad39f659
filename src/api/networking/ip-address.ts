// SPDX-License-Identifier: Apache-2.0

import { nameIsIp, validateIpAddress, validateIpAddressUpdate } from "./ip-address-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { IPAddress } from "../generated/v1.35/networking-v1.ts";

function parentText(address: IPAddress): string {
  const parent = address.spec.parentRef;
  if (!parent) return "<none>";
  const resource = parent.group ? `${parent.resource}.${parent.group}` : parent.resource;
  const parts = [resource.toLowerCase(), ...(parent.namespace ? [parent.namespace] : []), parent.name];
  return parts.join("/");
}

/** IPAddress. */
export const ipAddress = defineKind<IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  resource: "ipaddresses",
  singular: "ipaddress",
  namespaced: false,
  shortNames: ["ip"],
  type: "io.k8s.api.networking.v1.IPAddress",
  validateName: nameIsIp,
  validate: validateIpAddress,
  validateUpdate: validateIpAddressUpdate,
  updateChecks: ["metadata", "object", "metadata change", "change"],
  columns: [
    nameColumn,
    {
      name: "ParentRef",
      type: "string",
      description:
        "ParentRef references the resource that an IPAddress is attached to. An IPAddress must reference a parent object.",
      cell: (o) => parentText(o),
    },
    { ...ageColumn, undeclared: true },
  ],
});
