// SPDX-License-Identifier: Apache-2.0

import { goJsonKind } from "../go-json-kind.ts";
import { copyJson, isJsonObject, jsonField, setJsonField, type JsonObject } from "../json-value.ts";
import type { SchemaRegistry, Shape } from "../schema.ts";
import { badRequest } from "../status-error.ts";
import { goStringVerb, goText } from "./go-text.ts";
import { plainServerError } from "./patch-error.ts";
import { deleteFromList, mergeLists } from "./strategic-list-merge.ts";
import { listFieldMetadata, objectFieldMetadata, type PatchPlace } from "./patch-metadata.ts";
import { mergeOrderedLists } from "./set-element-order.ts";
import { dropNulls, withoutDirectives } from "./strip-directives.ts";

const DIRECTIVE = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_FROM_PRIMITIVE_LIST = "$deleteFromPrimitiveList";
const SET_ELEMENT_ORDER = "$setElementOrder";

/**
 * Applies a strategic merge patch; returns a new document that shares nothing with `document` or `patch`, which stay as
 * they are. `shape` is that of the document. Throws StatusError: 400 for what is malformed, 422 and 500 as the original
 * does for the rest.
 */
export function applyStrategicMergePatch(
  document: unknown,
  patch: unknown,
  shape: Shape,
  registry: SchemaRegistry,
): JsonObject {
  if (patch !== null && !isJsonObject(patch)) {
    throw badRequest(`json: cannot unmarshal ${goJsonKind(patch)} into Go value of type map[string]interface {}`);
  }
  const original = isJsonObject(document) ? copyJson(document) : {};
  return mergeObjects(original, copyJson(patch ?? {}), { shape, registry });
}

/**
 * A strategic merge patch as messages show it: what is left of it when it has been applied, directives followed, as Go
 * prints a map. The patch must apply.
 */
export function strategicPatchText(document: unknown, patch: unknown, shape: Shape, registry: SchemaRegistry): string {
  const left = isJsonObject(patch) ? copyJson(patch) : {};
  mergeObjects(isJsonObject(document) ? copyJson(document) : {}, left, { shape, registry });
  return goText(left);
}

/** Merges `patch` into `original`; uses up both. */
function mergeObjects(original: JsonObject, patch: JsonObject, place: PatchPlace): JsonObject {
  if (Object.hasOwn(patch, DIRECTIVE)) return followDirective(patch);
  applyRetainKeys(original, patch);
  applyElementOrders(original, patch, place);
  for (const key of Object.keys(patch)) mergeField(original, key, patch[key], place);
  return original;
}

function followDirective(patch: JsonObject): JsonObject {
  const directive = patch[DIRECTIVE];
  if (directive === "replace") {
    delete patch[DIRECTIVE];
    return patch;
  }
  if (directive === "delete") return {};
  throw plainServerError(`unknown patch type: ${goStringVerb(directive)} in map: ${goText(patch)}`);
}

/** `$retainKeys` lists all fields that may stay; the patch may not set others. */
function applyRetainKeys(original: JsonObject, patch: JsonObject): void {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return;
  const retained = patch[RETAIN_KEYS];
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(retained)) throw badRequest("invalid patch format of retainKeys");
  const keys = new Set<unknown>(retained);
  for (const key of Object.keys(patch)) {
    const isDirective = key.startsWith(DELETE_FROM_PRIMITIVE_LIST) || key.startsWith(SET_ELEMENT_ORDER);
    if (patch[key] !== null && !isDirective && !keys.has(key)) throw badRequest("invalid patch format of retainKeys");
  }
  for (const key of Object.keys(original)) if (!keys.has(key)) delete original[key];
}

/** Lists with a `$setElementOrder` are merged together with it; both disappear from the patch. */
function applyElementOrders(original: JsonObject, patch: JsonObject, place: PatchPlace): void {
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(SET_ELEMENT_ORDER)) continue;
    const order = patch[key];
    delete patch[key];
    const field = fieldOfDirective(key, SET_ELEMENT_ORDER, "setElementOrder list");
    const metadata = () => listFieldMetadata(place, field);
    const merged = mergeOrderedLists(
      jsonField(original, field),
      jsonField(patch, field),
      order,
      metadata,
      mergeObjects,
    );
    if (!merged) continue;
    setJsonField(original, field, merged);
    delete patch[field];
  }
}

function fieldOfDirective(key: string, directive: string, what: string): string {
  if (!key.startsWith(`${directive}/`)) throw badRequest(`invalid patch format of ${what}`);
  return key.slice(directive.length + 1);
}

function mergeField(original: JsonObject, key: string, value: unknown, place: PatchPlace): void {
  const isDeletion = key.startsWith(DELETE_FROM_PRIMITIVE_LIST);
  const field = isDeletion ? fieldOfDirective(key, DELETE_FROM_PRIMITIVE_LIST, "primitive list") : key;
  if (value === null) {
    delete original[field];
    return;
  }
  const current = jsonField(original, field);
  if (current === undefined || kindOf(current) !== kindOf(value)) {
    if (!isDeletion) takeFromPatch(original, field, value);
    return;
  }
  if (isJsonObject(current) && isJsonObject(value)) {
    const { strategy, place: within } = objectFieldMetadata(place, field);
    setJsonField(original, field, strategy === "replace" ? value : mergeObjects(current, value, within));
  } else if (Array.isArray(current) && Array.isArray(value)) {
    const metadata = listFieldMetadata(place, field);
    const merge = isDeletion ? deleteFromList : mergeLists;
    setJsonField(original, field, merge(current, value, metadata, mergeObjects));
  } else {
    setJsonField(original, field, value);
  }
}

/** What the original does not have (or has as another type) is taken as it is, without nulls and directives. */
function takeFromPatch(original: JsonObject, field: string, value: unknown): void {
  dropNulls(value);
  const kept = withoutDirectives(value);
  if (kept === undefined) delete original[field];
  else setJsonField(original, field, kept);
}

/** Values of different kinds are not merged. */
const kindOf = (value: unknown): string => (Array.isArray(value) ? "list" : value === null ? "null" : typeof value);
