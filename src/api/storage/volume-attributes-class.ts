// SPDX-License-Identifier: Apache-2.0

import type { Errors } from "../validation/checks.ts";
import { checkParameters, checkProvisioner, checkUpdateForbidden, isParametersChange } from "./class-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { VolumeAttributesClass } from "../generated/v1.35/storage-v1.ts";

function validateClass({ driverName, parameters }: VolumeAttributesClass): Errors {
  const errors: Errors = [];
  checkProvisioner(driverName, "driverName", errors);
  checkParameters(parameters, false, "parameters", errors);
  return errors;
}

/** VolumeAttributesClass. */
export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  resource: "volumeattributesclasses",
  singular: "volumeattributesclass",
  namespaced: false,
  shortNames: ["vac"],
  type: "io.k8s.api.storage.v1.VolumeAttributesClass",
  validate: validateClass,
  validateUpdate(attributesClass, old) {
    const errors: Errors = [];
    checkUpdateForbidden(attributesClass.driverName !== old.driverName, "driverName", errors);
    checkUpdateForbidden(isParametersChange(attributesClass, old), "parameters", errors);
    return errors;
  },
  updateChecks: ["metadata change", "change", "metadata", "object"],
  returnDeletedObject: true,
  columns: [
    nameColumn,
    {
      name: "DriverName",
      type: "string",
      description: "Name of the CSI driver This field is immutable.",
      cell: (o) => o.driverName,
    },
    ageColumn,
  ],
});
