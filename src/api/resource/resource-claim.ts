// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { defaultDeviceClaim, dropDisabledClaimFields } from "./device-claim.ts";
import {
  defaultClaimStatus,
  dropDeallocatedDevices,
  dropDisabledStatusFields,
  validateClaimStatus,
} from "./resource-claim-status.ts";
import { validateResourceClaim, validateResourceClaimUpdate } from "./resource-claim-validation.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { ResourceClaim } from "../generated/v1.35/resource-v1.ts";

function stateText(claim: ResourceClaim): string {
  const states: string[] = [];
  if (claim.metadata.deletionTimestamp) states.push("deleted");
  if (claim.status?.allocation) {
    states.push("allocated");
    if (claim.status.reservedFor?.length) states.push("reserved");
  } else if (!claim.metadata.deletionTimestamp) states.push("pending");
  return states.join(",");
}

/** ResourceClaim. */
export const resourceClaim = defineKind<ResourceClaim>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaim",
  resource: "resourceclaims",
  singular: "resourceclaim",
  namespaced: true,
  type: "io.k8s.api.resource.v1.ResourceClaim",
  defaults({ spec, status }) {
    defaultDeviceClaim(spec.devices);
    defaultClaimStatus(status);
  },
  prepareForCreate: ({ spec }) => dropDisabledClaimFields(spec.devices),
  prepareForUpdate: ({ spec }) => dropDisabledClaimFields(spec.devices),
  validate: (claim) => validateResourceClaim(claim),
  validateUpdate: validateResourceClaimUpdate,
  updateChecks: ["metadata", "metadata change", "change"],
  returnDeletedObject: true,
  status: {
    prepareForUpdate(claim, old) {
      dropDeallocatedDevices(claim, old);
      dropDisabledStatusFields(claim.status);
    },
    validateUpdate: validateClaimStatus,
  },
  resetFields: [["status"]],
  statusResetFields: [["spec"], ["metadata"]],
  columns: [
    nameColumn,
    {
      name: "State",
      type: "string",
      description: "A summary of the current state (allocated, pending, reserved, etc.).",
      cell: (o) => stateText(o),
    },
    ageColumn,
  ],
});
