// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { defaultColumns } from "../shared/columns.ts";
import {
  validateDefinition,
  validateDefinitionStatus,
  validateDefinitionUpdate,
} from "./custom-resource-definition-validation.ts";
import { defaultDefinition, definitionWarnings, noteStorageVersion } from "./definition-strategy.ts";
import type { CustomResourceDefinition } from "../generated/v1.35/apiextensions-v1.ts";

/** CustomResourceDefinition. */
export const customResourceDefinition = defineKind<CustomResourceDefinition>({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  resource: "customresourcedefinitions",
  singular: "customresourcedefinition",
  namespaced: false,
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  type: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
  defaults: defaultDefinition,
  prepareForCreate: (definition) => noteStorageVersion(definition),
  prepareForUpdate: (definition) => noteStorageVersion(definition),
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  updateChecks: ["metadata change", "change"],
  warnings: definitionWarnings,
  anyFinalizer: true,
  generation: true,
  allowUnconditionalUpdate: false,
  status: { validateUpdate: validateDefinitionStatus },
  statusMetadata: "written",
  resetFields: [["status"]],
  statusResetFields: [["spec"], ["metadata"]],
  columns: defaultColumns,
});
