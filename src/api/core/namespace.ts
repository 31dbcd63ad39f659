// SPDX-License-Identifier: Apache-2.0

import { fieldLabelNotSupported } from "../shared/field-labels.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { Namespace } from "../generated/v1.35/core-v1.ts";

/** Namespace. */
export const namespace = defineKind<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  resource: "namespaces",
  singular: "namespace",
  namespaced: false,
  shortNames: ["ns"],
  type: "io.k8s.api.core.v1.Namespace",
  ownMetadataChecks: "both",
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  status: {},
  resetFields: [["status"]],
  selectableFields: {
    name: (namespace) => namespace.metadata.name ?? "",
    "status.phase": (namespace) => namespace.status?.phase ?? "",
  },
  fieldLabelError: fieldLabelNotSupported,
  columns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      description: "The status of the namespace",
      cell: (o) => o.status?.phase ?? "",
    },
    ageColumn,
  ],
});
