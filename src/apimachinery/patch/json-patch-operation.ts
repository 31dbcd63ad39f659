// SPDX-License-Identifier: Apache-2.0

import { goJsonKind } from "../go-json-kind.ts";
import { isJsonObject } from "../json-value.ts";
import { badRequest, StatusError } from "../status-error.ts";

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

/** Reads a JSON patch; refuses what is none in the words of the original, which also checks members where `strict`. */
export function decodeJsonPatch(patch: unknown, strict: boolean): readonly JsonPatchOperation[] {
  if (patch === null || patch === undefined) return [];
  if (!Array.isArray(patch)) {
    throw strict
      ? undecodable(goJsonKind(patch), "value of type []handlers.jsonPatchOp")
      : notPatch(goJsonKind(patch), "jsonpatch.Patch");
  }
  const operations = patch.map((operation) => decodeOperation(operation, strict));
  if (patch.length > MAX_JSON_PATCH_OPERATIONS) throw tooManyOperations(patch.length);
  return operations;
}

function decodeOperation(operation: unknown, strict: boolean): JsonPatchOperation {
  if (operation === null) return {};
  if (!isJsonObject(operation)) {
    throw strict
      ? undecodable(goJsonKind(operation), "value of type handlers.jsonPatchOp")
      : notPatch(goJsonKind(operation), "jsonpatch.Operation");
  }
  if (!strict) return operation;
  for (const member of TEXT_MEMBERS) {
    const value = operation[member];
    if (value === undefined || value === null || typeof value === "string") continue;
    throw undecodable(goJsonKind(value), `struct field jsonPatchOp.${member} of type string`);
  }
  return operation;
}

const undecodable = (found: string, wanted: string): StatusError =>
  badRequest(`error decoding patch: json: cannot unmarshal ${found} into Go ${wanted}`);

/** The library's own words, of a patch that nobody looked at before it. */
const notPatch = (found: string, wanted: string): StatusError =>
  badRequest(`json: cannot unmarshal ${found} into Go value of type ${wanted}`);

function tooManyOperations(count: number): StatusError {
  const why = `The allowed maximum operations in a JSON patch is ${MAX_JSON_PATCH_OPERATIONS}, got ${count}`;
  return new StatusError({
    message: `Request entity too large: ${why}`,
    reason: "RequestEntityTooLarge",
    code: 413,
  });
}
