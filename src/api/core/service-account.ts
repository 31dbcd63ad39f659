// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { ServiceAccount } from "../generated/v1.35/core-v1.ts";

/** ServiceAccount. */
export const serviceAccount = defineKind<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  resource: "serviceaccounts",
  singular: "serviceaccount",
  namespaced: true,
  shortNames: ["sa"],
  type: "io.k8s.api.core.v1.ServiceAccount",
  ownMetadataChecks: "both",
  returnDeletedObject: true,
  columns: [nameColumn, ageColumn],
});
