// SPDX-License-Identifier: Apache-2.0

import { isJsonObject } from "../json-value.ts";
import { badRequest, StatusError } from "../status-error.ts";
import { goJsonKind } from "./go-text.ts";

/** More operations than this in one JSON patch are refused with 413. */
export const MAX_JSON_PATCH_OPERATIONS = 10_000;

/** One step of a JSON patch. A member that is absent differs from one that is null only in error messages. */
export interface JsonPatchOperation {
  readonly op?: string | null;
  readonly path?: string | null;
  readonly from?: string | null;
  readonly value?: unknown;
}

const TEXT_MEMBERS = ["op", "path", "from"] as const;

/** Reads a JSON patch; refuses what is none in the words of the original. */
export function decodeJsonPatch(patch: unknown): readonly JsonPatchOperation[] {
  if (patch === null || patch === undefined) return [];
  if (!Array.isArray(patch)) throw undecodable(goJsonKind(patch), "value of type []handlers.jsonPatchOp");
  if (patch.length > MAX_JSON_PATCH_OPERATIONS) throw tooManyOperations(patch.length);
  return patch.map(decodeOperation);
}

function decodeOperation(operation: unknown): JsonPatchOperation {
  if (operation === null) return {};
  if (!isJsonObject(operation)) throw undecodable(goJsonKind(operation), "value of type handlers.jsonPatchOp");
  for (const member of TEXT_MEMBERS) {
    const value = operation[member];
    if (value === undefined || value === null || typeof value === "string") continue;
    throw undecodable(goJsonKind(value), `struct field jsonPatchOp.${member} of type string`);
  }
  return operation;
}

const undecodable = (found: string, wanted: string): StatusError =>
  badRequest(`error decoding patch: json: cannot unmarshal ${found} into Go ${wanted}`);

function tooManyOperations(count: number): StatusError {
  const why = `The allowed maximum operations in a JSON patch is ${MAX_JSON_PATCH_OPERATIONS}, got ${count}`;
  return new StatusError({
    message: `Request entity is too large: ${why}`,
    reason: "RequestEntityTooLarge",
    details: {},
    code: 413,
  });
}
