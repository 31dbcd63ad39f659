// SPDX-License-Identifier: Apache-2.0

import { validateClusterRole } from "./role-validation.ts";
import { nameIsPathSegment } from "../../apimachinery/index.ts";
import { defineKind } from "../define-kind.ts";
import { defaultColumns } from "../shared/columns.ts";
import type { ClusterRole } from "../generated/v1.35/rbac-v1.ts";

/** ClusterRole. */
export const clusterRole = defineKind<ClusterRole>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  resource: "clusterroles",
  singular: "clusterrole",
  namespaced: false,
  type: "io.k8s.api.rbac.v1.ClusterRole",
  validate: validateClusterRole,
  updateChecks: ["metadata", "object", "metadata change", "change"],
  validateName: nameIsPathSegment,
  allowCreateOnUpdate: true,
  columns: defaultColumns,
});
