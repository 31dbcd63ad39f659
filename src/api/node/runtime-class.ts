// SPDX-License-Identifier: Apache-2.0

import {
  validateRuntimeClass,
  validateRuntimeClassUpdate,
  warningsForRuntimeClass,
} from "./runtime-class-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { RuntimeClass } from "../generated/v1.35/node-v1.ts";

/** RuntimeClass. */
export const runtimeClass = defineKind<RuntimeClass>({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  resource: "runtimeclasses",
  singular: "runtimeclass",
  namespaced: false,
  type: "io.k8s.api.node.v1.RuntimeClass",
  validate: validateRuntimeClass,
  validateUpdate: validateRuntimeClassUpdate,
  warnings: warningsForRuntimeClass,
  anyFinalizer: true,
  updateChecks: ["metadata", "object", "metadata change", "change"],
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  columns: [
    nameColumn,
    {
      name: "Handler",
      type: "string",
      description: "",
      cell: (o) => o.handler,
    },
    ageColumn,
  ],
});
