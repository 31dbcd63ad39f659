// SPDX-License-Identifier: Apache-2.0

import { validateRole } from "./role-validation.ts";
import { nameIsPathSegment } from "../../apimachinery/index.ts";
import { defineKind } from "../define-kind.ts";
import { defaultColumns } from "../shared/columns.ts";
import type { Role } from "../generated/v1.35/rbac-v1.ts";

/** Role. */
export const role = defineKind<Role>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  resource: "roles",
  singular: "role",
  namespaced: true,
  type: "io.k8s.api.rbac.v1.Role",
  validate: validateRole,
  updateChecks: ["metadata", "object", "metadata change", "change"],
  validateName: nameIsPathSegment,
  allowCreateOnUpdate: true,
  columns: defaultColumns,
});
