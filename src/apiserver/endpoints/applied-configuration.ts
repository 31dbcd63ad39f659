// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  goJsonKind,
  isJsonObject,
  jsonText,
  type KubeObject,
  parseYaml,
  type YamlDocument,
  YamlError,
} from "../../apimachinery/index.ts";
import { addWarning } from "../registry/index.ts";
import type { WriteQuery } from "./write-query.ts";

/** The object that a client applies, as it wrote it, and keys that stand twice in it. */
export interface AppliedConfiguration {
  readonly object: KubeObject;
  readonly duplicateKeys: readonly string[];
}

/** Reads the body of an apply; throws 400. */
export function readApplied(body: Uint8Array): AppliedConfiguration {
  const { value, duplicateKeys } = parse(body);
  // Nothing at all is an object without fields.
  const object = value ?? {};
  if (!isJsonObject(object)) {
    const why = `json: cannot unmarshal ${goJsonKind(object)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`);
  }
  object["metadata"] ??= {};
  return { object: object as KubeObject, duplicateKeys };
}

function parse(body: Uint8Array): YamlDocument {
  try {
    return parseYaml(jsonText(body));
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
  }
}

/** Refuses keys that stand twice, or warns of them, as the request asks; the original does so after the merge. */
export function checkDuplicateKeys(
  { duplicateKeys }: AppliedConfiguration,
  query: WriteQuery,
  warnings: string[],
): void {
  if (duplicateKeys.length === 0 || query.fieldValidation === "Ignore") return;
  if (query.fieldValidation === "Warn") {
    for (const text of duplicateKeys) addWarning(warnings, text);
    return;
  }
  const lines = ["yaml: unmarshal errors:", ...duplicateKeys.map((text) => `  ${text}`)].join("\n");
  throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${lines}`);
}
