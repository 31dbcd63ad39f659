// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { defaultDeviceClaim, dropDisabledClaimFields } from "./device-claim.ts";
import { validateClaimTemplate, validateClaimTemplateUpdate } from "./resource-claim-validation.ts";
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
  defaults: ({ spec }) => defaultDeviceClaim(spec.spec.devices),
  prepareForCreate: ({ spec }) => dropDisabledClaimFields(spec.spec.devices),
  prepareForUpdate: ({ spec }) => dropDisabledClaimFields(spec.spec.devices),
  validate: (template) => validateClaimTemplate(template),
  validateUpdate: validateClaimTemplateUpdate,
  updateChecks: ["metadata", "object", "metadata change", "change"],
  returnDeletedObject: true,
  columns: [nameColumn, ageColumn],
});
