// SPDX-License-Identifier: Apache-2.0

import { isJsonObject, setJsonField, type JsonObject } from "../json-value.ts";
import { below, isEmptySet, type FieldSet } from "./field-set.ts";
import { fieldElement } from "./path-element.ts";
import { isLeaf } from "./present-fields.ts";
import { ANY, type ListStructure, type Structure } from "./structure.ts";

/**
 * The part of the value that `set` names: what its owner would have applied. Keys of list-map items come along. Parts
 * are shared with the value.
 */
export function extractItems(value: unknown, set: FieldSet, structure: Structure): unknown {
  if (isLeaf(value, structure) || structure.type === "scalar") return value;
  if (structure.type === "list") return Array.isArray(value) ? onlyItems(value, set, structure) : value;
  return isJsonObject(value) ? onlyFields(value, set, structure) : value;
}

function onlyItems(list: readonly unknown[], set: FieldSet, structure: ListStructure): unknown {
  const chosen: unknown[] = [];
  for (const item of list) {
    const element = structure.elementOf(item);
    const within = below(set, element);
    if (isEmptySet(within)) {
      if (set.members.has(element)) chosen.push(item);
      continue;
    }
    const part = extractItems(item, within, structure.items);
    chosen.push(isJsonObject(part) && isJsonObject(item) ? withKeys(part, item, structure.keys) : part);
  }
  return chosen.length ? chosen : undefined;
}

function withKeys(part: JsonObject, item: JsonObject, keys: readonly string[]): JsonObject {
  const complete = { ...part };
  for (const key of keys) if (Object.hasOwn(item, key)) complete[key] = item[key];
  return complete;
}

function onlyFields(value: JsonObject, set: FieldSet, structure: Structure): unknown {
  const chosen: JsonObject = {};
  for (const name of Object.keys(value)) {
    const element = fieldElement(name);
    const within = below(set, element);
    if (!set.members.has(element) && isEmptySet(within)) continue;
    const field = structure.type === "map" ? (structure.field(name) ?? ANY) : ANY;
    const part = isEmptySet(within) ? value[name] : extractItems(value[name], within, field);
    if (part !== undefined) setJsonField(chosen, name, part);
  }
  return Object.keys(chosen).length ? chosen : undefined;
}
