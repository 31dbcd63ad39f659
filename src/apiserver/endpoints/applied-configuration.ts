// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  isJsonObject,
  jsonText,
  type KubeObject,
  parseYaml,
  type StatusError,
  type YamlDocument,
  YamlError,
} from "../../apimachinery/index.ts";
import { addWarning } from "../registry/index.ts";
import type { WriteQuery } from "./write-query.ts";

function noObject(value: unknown): StatusError {
  const shape = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  const why = `json: cannot unmarshal ${shape} into Go value of type map[string]interface {}`;
  return badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`);
}

/** The object that a client applies, as it wrote it. */
export function readApplied(body: Uint8Array, query: WriteQuery, warnings: string[]): KubeObject {
  let document: YamlDocument;
  try {
    document = parseYaml(jsonText(body));
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw badRequest(`error decoding YAML: ${error.message}`);
  }
  const { duplicateKeys } = document;
  const value = document.value ?? {};
  if (!isJsonObject(value)) throw noObject(value);
  if (duplicateKeys.length > 0 && query.fieldValidation === "Strict") {
    throw badRequest(`error strict decoding YAML: ${duplicateKeys.join(", ")}`);
  }
  if (query.fieldValidation === "Warn") for (const text of duplicateKeys) addWarning(warnings, text);
  value["metadata"] ??= {};
  return value as KubeObject;
}
