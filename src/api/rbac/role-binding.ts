// SPDX-License-Identifier: Apache-2.0

import { bindingColumns } from "./binding-columns.ts";
import { defaultBinding, validateBinding, validateBindingUpdate } from "./binding-validation.ts";
import { nameIsPathSegment } from "../../apimachinery/index.ts";
import { defineKind } from "../define-kind.ts";
import type { RoleBinding } from "../generated/v1.35/rbac-v1.ts";

/** RoleBinding. */
export const roleBinding = defineKind<RoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  resource: "rolebindings",
  singular: "rolebinding",
  namespaced: true,
  type: "io.k8s.api.rbac.v1.RoleBinding",
  defaults: defaultBinding,
  validate: (binding) => validateBinding(binding, true),
  validateUpdate: validateBindingUpdate,
  updateChecks: ["metadata", "object", "metadata change", "change"],
  validateName: nameIsPathSegment,
  allowCreateOnUpdate: true,
  columns: bindingColumns(
    "roleBinding",
    "RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.",
  ),
});
