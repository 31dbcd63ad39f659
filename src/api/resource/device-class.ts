// SPDX-License-Identifier: Apache-2.0

import { nameIsLongName } from "../../apimachinery/index.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import { dropDisabledClassFields, validateDeviceClass, validateDeviceClassUpdate } from "./device-class-validation.ts";
import type { DeviceClass } from "../generated/v1.35/resource-v1.ts";

/** DeviceClass. */
export const deviceClass = defineKind<DeviceClass>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  resource: "deviceclasses",
  singular: "deviceclass",
  namespaced: false,
  type: "io.k8s.api.resource.v1.DeviceClass",
  validateName: (name, prefix) => (prefix ? [] : nameIsLongName(name, prefix)),
  prepareForCreate: ({ spec }) => dropDisabledClassFields(spec),
  prepareForUpdate: ({ spec }) => dropDisabledClassFields(spec),
  validate: validateDeviceClass,
  validateUpdate: validateDeviceClassUpdate,
  updateChecks: ["metadata", "metadata change", "change"],
  generation: true,
  returnDeletedObject: true,
  columns: [nameColumn, ageColumn],
});
