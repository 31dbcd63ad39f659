// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { ResourceClaimTemplate } from "../generated/v1.35/resource-v1.ts";

/** ResourceClaimTemplate. */
export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaimTemplate",
  resource: "resourceclaimtemplates",
  singular: "resourceclaimtemplate",
  namespaced: true,
  type: "io.k8s.api.resource.v1.ResourceClaimTemplate",
  ownMetadataChecks: "both",
  returnDeletedObject: true,
  columns: [nameColumn, ageColumn],
});
