// SPDX-License-Identifier: Apache-2.0

import { goJsonKind } from "../go-json-kind.ts";
import { copyJson, isJsonObject, jsonField, setJsonField, type JsonObject } from "../json-value.ts";
import { badRequest, type StatusError } from "../status-error.ts";

/**
 * Applies an RFC 7386 merge patch; returns a new document that shares nothing with `document` or `patch`, which stay as
 * they are. Throws StatusError (400) for a patch that is no object.
 */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) throw notMergePatch(patch);
  return mergeInto(copyJson(document), patch);
}

function notMergePatch(patch: unknown): StatusError {
  if (patch === null) return badRequest("Invalid JSON Patch");
  const found = goJsonKind(patch);
  return badRequest(
    `error decoding patch: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
  );
}

function mergeInto(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(target)) return withoutNulls(patch);
  if (!isJsonObject(patch)) return copyJson(patch);
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete target[key];
    else setJsonField(target, key, mergeInto(jsonField(target, key), value));
  }
  return target;
}

/** A copy without the fields that are null, at every depth; null elements of lists stay. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (value[key] !== null) setJsonField(copy, key, withoutNulls(value[key]));
  }
  return copy;
}
