// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  duplicateKeys,
  isJsonObject,
  JsonSyntaxError,
  numberOutOfRange,
  parseJson,
} from "../../apimachinery/index.ts";
import type { FieldValidation } from "./write-query.ts";

export type PatchType = "json" | "merge" | "strategic" | "apply";

/** A patch as it was read. */
export interface PatchBody {
  readonly value: unknown;
  /** Keys that stand twice, and members of JSON patch operations that there are not. */
  readonly strictErrors: readonly string[];
}

const NO_ERRORS: readonly string[] = [];
const OPERATION_MEMBERS: ReadonlySet<string> = new Set(["op", "path", "from", "value"]);

/** Reads the body of a patch; what strict decoding holds against it is looked for unless it is ignored. */
export function readPatchBody(type: PatchType, body: Uint8Array, fieldValidation: FieldValidation): PatchBody {
  const value = read(type, body, fieldValidation);
  checkNumbers(type, body);
  if (fieldValidation === "Ignore") return { value, strictErrors: NO_ERRORS };
  const duplicates = duplicateKeys(body, value);
  if (type !== "json") return { value, strictErrors: duplicates };
  return { value, strictErrors: [...unknownMembers(value), ...duplicates].map((text) => `json patch ${text}`) };
}

function read(type: PatchType, body: Uint8Array, fieldValidation: FieldValidation): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    if (type === "strategic") throw badRequest(error.message);
    if (fieldValidation !== "Ignore") throw badRequest(`error decoding patch: ${error.message}`);
    throw badRequest(type === "merge" ? "Invalid JSON Patch" : error.message);
  }
}

/** Go reads the numbers of a patch as doubles. */
function checkNumbers(type: PatchType, body: Uint8Array): void {
  const number = numberOutOfRange(body);
  if (number === undefined) return;
  const place = type === "json" ? "Go struct field jsonPatchOp.value of type float64" : "Go value of type float64";
  const prefix = type === "strategic" ? "" : "error decoding patch: ";
  throw badRequest(`${prefix}json: cannot unmarshal number ${number} into ${place}`);
}

function unknownMembers(patch: unknown): string[] {
  if (!Array.isArray(patch)) return [];
  return patch.flatMap((operation: unknown, index) =>
    isJsonObject(operation)
      ? Object.keys(operation)
          .filter((member) => !OPERATION_MEMBERS.has(member))
          .map((member) => `unknown field "[${index}].${member}"`)
      : [],
  );
}
