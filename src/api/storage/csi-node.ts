// SPDX-License-Identifier: Apache-2.0

import { validateCsiNode, validateCsiNodeUpdate } from "./csi-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { CSINode } from "../generated/v1.35/storage-v1.ts";

/** CSINode. */
export const csiNode = defineKind<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  resource: "csinodes",
  singular: "csinode",
  namespaced: false,
  type: "io.k8s.api.storage.v1.CSINode",
  validate: validateCsiNode,
  validateUpdate: validateCsiNodeUpdate,
  updateChecks: ["metadata", "object", "metadata", "object", "change"],
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
  columns: [
    nameColumn,
    {
      name: "Drivers",
      type: "integer",
      description: "Drivers indicates the number of CSI drivers registered on the node",
      cell: (o) => o.spec?.drivers?.length ?? 0,
    },
    ageColumn,
  ],
});
