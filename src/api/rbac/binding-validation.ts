// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, nameIsDnsSubdomain, nameIsPathSegment, sameJson } from "../../apimachinery/index.ts";
import type { ClusterRoleBinding, RoleBinding, RoleRef, Subject } from "../generated/v1.35/rbac-v1.ts";
import { type Errors, pushInvalid } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";

const GROUP = "rbac.authorization.k8s.io";
const SUBJECT_KINDS = ["ServiceAccount", "User", "Group"];

/** Groups of API that a binding leaves out. */
export function defaultBinding(binding: RoleBinding | ClusterRoleBinding): void {
  binding.roleRef.apiGroup ||= GROUP;
  for (const subject of binding.subjects ?? [])
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= GROUP;
}

function validateSubject(subject: Subject, namespaced: boolean, path: string, errors: Errors): void {
  const { kind, name, apiGroup = "", namespace } = subject;
  if (!name) errors.push(field.required(`${path}.name`));
  if (kind === "ServiceAccount") {
    if (name) pushInvalid(nameIsDnsSubdomain(name, false), name, `${path}.name`, errors);
    if (apiGroup) errors.push(field.textNotSupported(`${path}.apiGroup`, apiGroup, [""]));
    if (!namespaced && !namespace) errors.push(field.required(`${path}.namespace`));
  } else if (kind === "User" || kind === "Group") {
    if (apiGroup !== GROUP) errors.push(field.textNotSupported(`${path}.apiGroup`, apiGroup, [GROUP]));
  } else errors.push(field.textNotSupported(`${path}.kind`, kind, SUBJECT_KINDS));
}

function validateRoleRef({ apiGroup = "", kind, name }: RoleRef, kinds: readonly string[], errors: Errors): void {
  if (apiGroup !== GROUP) errors.push(field.textNotSupported("roleRef.apiGroup", apiGroup, [GROUP]));
  if (!kinds.includes(kind)) errors.push(field.textNotSupported("roleRef.kind", kind, kinds));
  if (name) pushInvalid(nameIsPathSegment(name, false), name, "roleRef.name", errors);
  else errors.push(field.required("roleRef.name"));
}

/** What is wrong with a binding; one of a namespace may refer to roles of both kinds. */
export function validateBinding(binding: RoleBinding | ClusterRoleBinding, namespaced: boolean): Errors {
  const errors: Errors = [];
  validateRoleRef(binding.roleRef, namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"], errors);
  for (const [i, subject] of (binding.subjects ?? []).entries())
    validateSubject(subject, namespaced, `subjects[${i}]`, errors);
  return errors;
}

/** A binding keeps its role. */
export function validateBindingUpdate<T extends RoleBinding | ClusterRoleBinding>(binding: T, old: T): Errors {
  return sameJson(binding.roleRef, old.roleRef)
    ? []
    : [field.invalid("roleRef", internalForm("RoleRef", binding.roleRef), "cannot change roleRef")];
}
