// SPDX-License-Identifier: Apache-2.0

import { isJsonObject, setJsonField, type JsonObject } from "../json-value.ts";
import { below, isEmptySet, type FieldSet } from "./field-set.ts";
import { fieldElement } from "./path-element.ts";
import { isLeaf } from "./present-fields.ts";
import { ANY, type ListStructure, type Structure } from "./structure.ts";

/**
 * The value without the fields and items in `set`; parts that stay are shared with it. A map or list of which nothing is
 * left becomes null, which tells it from one that was never there.
 */
export function removeItems(value: unknown, set: FieldSet, structure: Structure): unknown {
  if (isEmptySet(set) || structure.type === "scalar") return value;
  if (structure.type === "list") return Array.isArray(value) ? withoutItems(value, set, structure) : null;
  if (structure.type === "any" && !isJsonObject(value)) return Array.isArray(value) ? null : value;
  return isJsonObject(value) && !isLeaf(value, structure) ? withoutFields(value, set, structure) : null;
}

function withoutItems(list: readonly unknown[], set: FieldSet, structure: ListStructure): unknown {
  if (structure.atomic) return null;
  const left: unknown[] = [];
  for (const item of list) {
    const element = structure.elementOf(item);
    if (!set.members.has(element)) left.push(removeItems(item, below(set, element), structure.items));
  }
  return left.length ? left : null;
}

function withoutFields(value: JsonObject, set: FieldSet, structure: Structure): unknown {
  const left: JsonObject = {};
  let fields = 0;
  for (const name of Object.keys(value)) {
    const element = fieldElement(name);
    if (set.members.has(element)) continue;
    const field = structure.type === "map" ? (structure.field(name) ?? ANY) : ANY;
    const kept = removeItems(value[name], below(set, element), field);
    if (kept !== undefined) setJsonField(left, name, kept);
    fields++;
  }
  return fields ? left : null;
}
