// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, nameIsDnsLabel, qualifiedNameErrors } from "../../apimachinery/index.ts";
import { type Errors, pushInvalid } from "../validation/checks.ts";
import { fieldLabelNotSupported } from "../shared/field-labels.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { Namespace } from "../generated/v1.35/core-v1.ts";

const NAME_LABEL = "kubernetes.io/metadata.name";

/** Every namespace carries its name as a label, so that selectors can name it. */
function setNameLabel(namespace: Namespace): void {
  const { metadata } = namespace;
  if (metadata.name) (metadata.labels ??= {})[NAME_LABEL] = metadata.name;
}

function defaultNamespace(namespace: Namespace): void {
  setNameLabel(namespace);
  namespace.status ??= {};
  namespace.status.phase ||= "Active";
}

/** The name of a finalizer of the namespace's content: Kubernetes' own or qualified. */
function checkFinalizer(name: string, path: string, errors: Errors): void {
  pushInvalid(qualifiedNameErrors(name), name, path, errors);
  if (!name.includes("/") && name !== "kubernetes")
    errors.push(field.invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified"));
}

function validateStatusUpdate(namespace: Namespace): Errors {
  const phase = namespace.status?.phase ?? "";
  const wanted = namespace.metadata.deletionTimestamp ? "Terminating" : "Active";
  if (phase === wanted) return [];
  const when = namespace.metadata.deletionTimestamp ? "is not empty" : "is empty";
  return [field.invalid("status.Phase", phase, `may only be '${wanted}' if \`deletionTimestamp\` ${when}`)];
}

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
  validateName: nameIsDnsLabel,
  defaults: defaultNamespace,
  prepareForCreate(namespace) {
    namespace.spec ??= {};
    namespace.spec.finalizers ??= [];
    if (!namespace.spec.finalizers.includes("kubernetes")) namespace.spec.finalizers.push("kubernetes");
    namespace.status = { phase: "Active" };
    setNameLabel(namespace);
  },
  prepareForUpdate(namespace, old) {
    namespace.spec = { ...namespace.spec };
    if (old.spec?.finalizers) namespace.spec.finalizers = old.spec.finalizers;
    else delete namespace.spec.finalizers;
    namespace.status = old.status;
  },
  validate(namespace) {
    const errors: Errors = [];
    for (const name of namespace.spec?.finalizers ?? []) checkFinalizer(name, "spec.finalizers", errors);
    return errors;
  },
  returnDeletedObject: true,
  updateChecks: ["metadata", "object", "metadata change"],
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  status: {
    prepareForUpdate(namespace, old) {
      namespace.spec = old.spec;
    },
    validateUpdate: validateStatusUpdate,
  },
  subresources: {
    finalize: {
      prepareForUpdate(namespace, old) {
        const { finalizers } = namespace.spec ?? {};
        namespace.spec = { ...old.spec };
        if (finalizers) namespace.spec.finalizers = finalizers;
        else delete namespace.spec.finalizers;
        if (old.status) namespace.status = old.status;
      },
      validateUpdate({ spec }) {
        const errors: Errors = [];
        for (const [i, name] of (spec?.finalizers ?? []).entries())
          checkFinalizer(name, `spec.finalizers[${i}]`, errors);
        return errors;
      },
      resetFields: [["status"]],
    },
  },
  resetFields: [["status"]],
  selectableFields: {
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
