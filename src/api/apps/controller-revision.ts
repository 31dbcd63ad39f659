// SPDX-License-Identifier: Apache-2.0

import { checkNonNegative, type Errors, IMMUTABLE } from "../validation/checks.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { ControllerRevision } from "../generated/v1.35/apps-v1.ts";
import { encodeJson, fieldError, isJsonObject, type OwnerReference } from "../../apimachinery/index.ts";

function controllerText(references: readonly OwnerReference[] | undefined): string {
  const owner = references?.find((reference) => reference.controller);
  if (!owner) return "<none>";
  const slash = owner.apiVersion.indexOf("/");
  const kind = owner.kind.toLowerCase();
  return slash < 0 ? `${kind}/${owner.name}` : `${kind}.${owner.apiVersion.slice(0, slash)}/${owner.name}`;
}

function validateRevision({ data, revision }: ControllerRevision): Errors {
  const errors: Errors = [];
  checkNonNegative(revision, "revision", errors);
  if (data === undefined || data === null) errors.push(fieldError.required("data", "data is mandatory"));
  else if (!isJsonObject(data)) errors.push(fieldError.required("data", "data must be a valid JSON object"));
  return errors;
}

/** The data is kept as its writer wrote it, and compared so: the order of its fields counts. */
function validateRevisionUpdate({ data, revision }: ControllerRevision, old: ControllerRevision): Errors {
  const errors: Errors = [];
  checkNonNegative(revision, "revision", errors);
  if (encodeJson(data ?? null) !== encodeJson(old.data ?? null))
    errors.push(fieldError.invalid("data", data, IMMUTABLE));
  return errors;
}

/** ControllerRevision. */
export const controllerRevision = defineKind<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  resource: "controllerrevisions",
  singular: "controllerrevision",
  namespaced: true,
  type: "io.k8s.api.apps.v1.ControllerRevision",
  validate: validateRevision,
  validateUpdate: validateRevisionUpdate,
  updateChecks: ["metadata change", "metadata", "change"],
  columns: [
    nameColumn,
    {
      name: "Controller",
      type: "string",
      description: "Controller of the object",
      cell: (o) => controllerText(o.metadata.ownerReferences),
    },
    {
      name: "Revision",
      type: "string",
      description: "revision indicates the revision of the state represented by Data.",
      cell: (o) => o.revision,
    },
    ageColumn,
  ],
});
