// SPDX-License-Identifier: Apache-2.0

import { dropDisabledLeaseFields, validateLease } from "./lease-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { Lease } from "../generated/v1.35/coordination-v1.ts";

/** Lease. */
export const lease = defineKind<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  resource: "leases",
  singular: "lease",
  namespaced: true,
  type: "io.k8s.api.coordination.v1.Lease",
  prepareForCreate: (lease) => dropDisabledLeaseFields(lease),
  prepareForUpdate: dropDisabledLeaseFields,
  validate: validateLease,
  anyFinalizer: true,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  columns: [
    nameColumn,
    {
      name: "Holder",
      type: "string",
      description:
        "holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.",
      cell: (o) => o.spec?.holderIdentity ?? "",
    },
    ageColumn,
  ],
});
