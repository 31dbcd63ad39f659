// SPDX-License-Identifier: Apache-2.0

import { bindingColumns } from "./binding-columns.ts";
import { defaultBinding, validateBinding, validateBindingUpdate } from "./binding-validation.ts";
import { nameIsPathSegment } from "../../apimachinery/index.ts";
import { defineKind } from "../define-kind.ts";
import type { ClusterRoleBinding } from "../generated/v1.35/rbac-v1.ts";

/** ClusterRoleBinding. */
export const clusterRoleBinding = defineKind<ClusterRoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  resource: "clusterrolebindings",
  singular: "clusterrolebinding",
  namespaced: false,
  type: "io.k8s.api.rbac.v1.ClusterRoleBinding",
  defaults: defaultBinding,
  validate: (binding) => validateBinding(binding, false),
  validateUpdate: validateBindingUpdate,
  updateChecks: ["metadata", "object", "metadata change", "change"],
  validateName: nameIsPathSegment,
  allowCreateOnUpdate: true,
  columns: bindingColumns(
    "clusterRoleBinding",
    "RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.",
  ),
});
