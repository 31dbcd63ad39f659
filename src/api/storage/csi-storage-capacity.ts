// SPDX-License-Identifier: Apache-2.0

import { validateCapacity, validateCapacityUpdate, warningsForCapacity } from "./csi-validation.ts";
import { defineKind } from "../define-kind.ts";
import { defaultColumns } from "../shared/columns.ts";
import type { CSIStorageCapacity } from "../generated/v1.35/storage-v1.ts";

/** CSIStorageCapacity. */
export const csiStorageCapacity = defineKind<CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  resource: "csistoragecapacities",
  singular: "csistoragecapacity",
  namespaced: true,
  type: "io.k8s.api.storage.v1.CSIStorageCapacity",
  validate: validateCapacity,
  validateUpdate: validateCapacityUpdate,
  warnings: warningsForCapacity,
  updateChecks: ["metadata", "object", "metadata change", "change"],
  allowUnconditionalUpdate: false,
  columns: defaultColumns,
});
