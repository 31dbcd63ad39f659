// SPDX-License-Identifier: Apache-2.0

import { byteLength, configMapKeyErrors, fieldError as field } from "../../apimachinery/index.ts";
import { decodedLength, IMMUTABLE_DATA, isDataChange, MAX_DATA_BYTES } from "../shared/data-limits.ts";
import { type Errors, pushInvalid } from "../validation/checks.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { ConfigMap } from "../generated/v1.35/core-v1.ts";

function validateConfigMap(configMap: ConfigMap): Errors {
  const errors: Errors = [];
  const { data = {}, binaryData = {} } = configMap;
  let bytes = 0;
  for (const key in data) {
    pushInvalid(configMapKeyErrors(key), key, `data[${key}]`, errors);
    if (Object.hasOwn(binaryData, key))
      errors.push(field.invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    bytes += byteLength(data[key]!);
  }
  for (const key in binaryData) {
    pushInvalid(configMapKeyErrors(key), key, `binaryData[${key}]`, errors);
    bytes += decodedLength(binaryData[key]!);
  }
  if (bytes > MAX_DATA_BYTES) errors.push(field.tooLong("[]", MAX_DATA_BYTES));
  return errors;
}

/** ConfigMap. */
export const configMap = defineKind<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  resource: "configmaps",
  singular: "configmap",
  namespaced: true,
  shortNames: ["cm"],
  type: "io.k8s.api.core.v1.ConfigMap",
  validate: validateConfigMap,
  validateUpdate(configMap, old) {
    const errors: Errors = [];
    if (old.immutable) {
      if (!configMap.immutable) errors.push(field.fieldForbidden("immutable", IMMUTABLE_DATA));
      if (isDataChange(configMap, old, "data")) errors.push(field.fieldForbidden("data", IMMUTABLE_DATA));
      if (isDataChange(configMap, old, "binaryData")) errors.push(field.fieldForbidden("binaryData", IMMUTABLE_DATA));
    }
    return errors;
  },
  updateChecks: ["metadata change", "change", "metadata", "object"],
  columns: [
    nameColumn,
    {
      name: "Data",
      type: "string",
      description:
        "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
      cell: (o) => Object.keys(o.data ?? {}).length + Object.keys(o.binaryData ?? {}).length,
    },
    ageColumn,
  ],
});
