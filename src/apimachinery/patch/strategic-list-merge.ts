// SPDX-License-Identifier: Apache-2.0

import { isJsonObject, type JsonObject } from "../json-value.ts";
import { goStringVerb, goText, goTypeName } from "./go-text.ts";
import { ElementIdentity, noMergeKey, orderElements } from "./element-order.ts";
import { plainServerError, unprocessablePatch } from "./patch-error.ts";
import { placeKind, type FieldPatchMetadata, type MergeObjects } from "./patch-metadata.ts";

/** Merges the list of a patch into the original's, or replaces it, as the field's strategy says; uses up both. */
export function mergeLists(
  original: unknown[],
  patch: unknown[],
  metadata: FieldPatchMetadata,
  mergeObjects: MergeObjects,
): unknown[] {
  if (metadata.strategy !== "merge") return patch;
  return mergeListsAlways(original, patch, metadata, mergeObjects);
}

/** `$deleteFromPrimitiveList` removes scalars whatever the field's strategy is. */
export function deleteFromList(
  original: unknown[],
  patch: unknown[],
  metadata: FieldPatchMetadata,
  mergeObjects: MergeObjects,
): unknown[] {
  const holdsObjects = [...original, ...patch].some(isJsonObject);
  if (holdsObjects) return mergeListsAlways(original, patch, metadata, mergeObjects);
  if (original.length + patch.length > 0) elementKind(original, patch);
  return original.filter((element) => !patch.includes(element));
}

function mergeListsAlways(
  original: unknown[],
  patch: unknown[],
  metadata: FieldPatchMetadata,
  mergeObjects: MergeObjects,
): unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  if (elementKind(original, patch) === "map[string]interface {}") {
    return mergeObjectLists(original, patch as JsonObject[], metadata, mergeObjects);
  }
  const merged = deduplicate([...original, ...patch]);
  return orderElements(merged, patch, original, new ElementIdentity(metadata.mergeKey));
}

function mergeObjectLists(
  original: unknown[],
  patch: readonly JsonObject[],
  metadata: FieldPatchMetadata,
  mergeObjects: MergeObjects,
): unknown[] {
  const { mergeKey, place } = metadata;
  if (mergeKey === "") throw plainServerError(`cannot merge lists without merge key for ${placeKind(place)}`);
  const start = followElementDirectives(original, patch, mergeKey);
  const merged = mergeElements([...start.original], start.patch, mergeKey, (live, element) =>
    mergeObjects(live, element, place),
  );
  return orderElements(merged, start.patch, start.original, new ElementIdentity(mergeKey));
}

/** Follows `$patch` directives among the elements; what is left has none. */
function followElementDirectives(
  original: unknown[],
  patch: readonly JsonObject[],
  mergeKey: string,
): { original: unknown[]; patch: JsonObject[] } {
  const plain: JsonObject[] = [];
  let left = original;
  let isReplaced = false;
  for (const element of patch) {
    const directive = element.$patch;
    if (!Object.hasOwn(element, "$patch")) {
      plain.push(element);
    } else if (directive === "delete") {
      if (!Object.hasOwn(element, mergeKey)) throw noMergeKey(element, mergeKey);
      left = left.filter((candidate) => keyIn(candidate, mergeKey) !== element[mergeKey]);
    } else if (directive === "replace") {
      isReplaced = true;
    } else if (directive === "merge") {
      throw plainServerError("merging lists cannot yet be specified in the patch");
    } else {
      throw plainServerError(`unknown patch type: ${goStringVerb(directive)} in map: ${goText(element)}`);
    }
  }
  return isReplaced ? { original: plain, patch: [] } : { original: left, patch: plain };
}

/** Merges each element of the patch into the one of the same key, or appends it. */
function mergeElements(
  list: unknown[],
  patch: readonly JsonObject[],
  mergeKey: string,
  merge: (live: JsonObject, element: JsonObject) => JsonObject,
): unknown[] {
  for (const element of patch) {
    if (!Object.hasOwn(element, mergeKey)) throw noMergeKey(element, mergeKey);
    const at = list.findIndex((candidate) => keyIn(candidate, mergeKey) === element[mergeKey]);
    if (at < 0) list.push(element);
    else list[at] = merge(list[at] as JsonObject, element);
  }
  return list;
}

const keyIn = (element: unknown, mergeKey: string): unknown =>
  isJsonObject(element) && Object.hasOwn(element, mergeKey) ? element[mergeKey] : undefined;

/** The one Go type of all elements; lists of lists and mixed lists are refused. */
export function elementKind(...lists: (readonly unknown[])[]): string {
  const kinds = new Set(lists.flat().map(goTypeName));
  const [first] = kinds;
  if (first === undefined) throw plainServerError("no elements in any of the given slices");
  // Only the first element is looked at for being a list itself.
  if (first === "[]interface {}") throw unprocessablePatch("lists of lists are not supported");
  if (kinds.size > 1) throw plainServerError(`list element types are not identical: ${goText(lists)}`);
  return first;
}

/** Drops repeated scalars; the last element takes the place of a dropped one, as in the original. */
function deduplicate(list: unknown[]): unknown[] {
  let length = list.length;
  for (let i = 0; i < length - 1; i++) {
    for (let j = i + 1; j < length; j++) {
      if (list[i] !== list[j]) continue;
      list[j] = list[--length];
      j--;
    }
  }
  list.length = length;
  return list;
}
