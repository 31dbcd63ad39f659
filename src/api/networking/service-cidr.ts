// SPDX-License-Identifier: Apache-2.0

import { validateServiceCidr, validateServiceCidrUpdate } from "./service-cidr-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { ServiceCIDR } from "../generated/v1.35/networking-v1.ts";

/** ServiceCIDR. */
export const serviceCidr = defineKind<ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  resource: "servicecidrs",
  singular: "servicecidr",
  namespaced: false,
  type: "io.k8s.api.networking.v1.ServiceCIDR",
  validate: validateServiceCidr,
  validateUpdate: validateServiceCidrUpdate,
  updateChecks: ["metadata change", "change"],
  status: {},
  // Upstream resets nothing, under any name.
  statusOnMain: true,
  statusMetadata: "kept",
  resetFields: [],
  statusResetFields: [],
  columns: [
    nameColumn,
    {
      name: "CIDRs",
      type: "string",
      description:
        'CIDRs defines the IP blocks in CIDR notation (e.g. "192.168.0.0/24" or "2001:db8::/64") from which to assign service cluster IPs. Max of two CIDRs is allowed, one of each IP family. This field is immutable.',
      cell: (o) => (o.spec?.cidrs ?? []).join(","),
    },
    ageColumn,
  ],
});
