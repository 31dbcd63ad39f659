// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { defaultColumns } from "../shared/columns.ts";
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
  anyFinalizer: true,
  generation: true,
  allowUnconditionalUpdate: false,
  status: {},
  resetFields: [["status"]],
  statusResetFields: [["spec"], ["metadata"]],
  columns: defaultColumns,
});
