// SPDX-License-Identifier: Apache-2.0

import { type JsonObject, jsonField } from "./json-value.ts";

/** Whether a value means the same as a field that is not there. */
type IsAbsent = (value: unknown) => boolean;

const isNothing = (value: unknown): boolean => value === undefined || value === null;

const isNothingOrEmptyList: IsAbsent = (value) => isNothing(value) || (Array.isArray(value) && value.length === 0);

/** An object of which every field is empty is empty too. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || Array.isArray(value)) return isNothingOrEmptyList(value);
  for (const key in value) if (!isEmpty((value as JsonObject)[key])) return false;
  return true;
}

function equal(left: unknown, right: unknown, isAbsent: IsAbsent): boolean {
  if (left === right) return true;
  if (isAbsent(left) || isAbsent(right)) return isAbsent(left) && isAbsent(right);
  if (typeof left !== "object" || typeof right !== "object") return false;
  if (!Array.isArray(left) && !Array.isArray(right))
    return equalObjects(left as JsonObject, right as JsonObject, isAbsent);
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  return left.every((item, i) => equal(item, right[i], isAbsent));
}

function equalObjects(left: JsonObject, right: JsonObject, isAbsent: IsAbsent): boolean {
  for (const key in left) if (!equal(left[key], jsonField(right, key), isAbsent)) return false;
  for (const key in right) if (!Object.hasOwn(left, key) && !isAbsent(right[key])) return false;
  return true;
}

/**
 * Whether two JSON values mean the same: a missing field equals one that is null or an empty list, but not one that holds
 * an empty object, since many of those say something (`emptyDir: {}`).
 */
export const semanticEqual = (left: unknown, right: unknown): boolean => equal(left, right, isNothingOrEmptyList);

/** As semanticEqual, where a missing field also equals an object in which nothing is set: comparisons of what clients send. */
export const sameJson = (left: unknown, right: unknown): boolean => equal(left, right, isEmpty);
