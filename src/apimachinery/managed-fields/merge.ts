// SPDX-License-Identifier: Apache-2.0

import { copyJson, isJsonObject, jsonField, setJsonField, type JsonObject } from "../json-value.ts";
import type { PathElement } from "./path-element.ts";
import { ANY, type ListStructure, type MapStructure, type Structure } from "./structure.ts";

const NO_FIELDS: JsonObject = Object.freeze({});
const NO_ITEMS: readonly unknown[] = Object.freeze([]);

/**
 * The live object with an applied configuration merged in: the configuration's leaves win, nothing is taken away. List
 * items are ordered like the configuration's, with the live object's own in between. The result shares nothing with
 * either. `applied` fits the structure (see misfitText).
 */
export function mergeTyped(live: unknown, applied: unknown, structure: Structure): unknown {
  if (applied === undefined) return copyJson(live);
  if (live === undefined || isWhole(live, applied, structure)) return copyJson(applied);
  if (structure.type === "list") return mergeLists(asList(live), asList(applied), structure);
  const fieldOf: MapStructure["field"] = structure.type === "map" ? (name) => structure.field(name) : () => ANY;
  return mergeMaps(asObject(live), asObject(applied), fieldOf);
}

/** Whether the applied value replaces the live one instead of merging with it. */
function isWhole(live: unknown, applied: unknown, structure: Structure): boolean {
  switch (structure.type) {
    case "scalar":
      return true;
    case "any":
      return structure.atomic || !isJsonObject(live) || !isJsonObject(applied) || !hasFields(live, applied);
    case "list":
      return structure.atomic || (asList(live).length === 0 && asList(applied).length === 0);
    case "map":
      return structure.atomic || !hasFields(asObject(live), asObject(applied));
  }
}

function hasFields(...objects: JsonObject[]): boolean {
  return objects.some((object) => Object.keys(object).length > 0);
}

const asObject = (value: unknown): JsonObject => (isJsonObject(value) ? value : NO_FIELDS);
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : NO_ITEMS);

function mergeMaps(live: JsonObject, applied: JsonObject, fieldOf: MapStructure["field"]): JsonObject {
  const merged: JsonObject = {};
  for (const name of Object.keys(live)) {
    const value = mergeTyped(live[name], jsonField(applied, name), fieldOf(name) ?? ANY);
    if (value !== undefined) setJsonField(merged, name, value);
  }
  for (const name of Object.keys(applied)) {
    if (!Object.hasOwn(live, name)) setJsonField(merged, name, copyJson(applied[name]));
  }
  return merged;
}

/** Items by element; the value of one that occurs twice is null, as in the original: such are not merged. */
interface IndexedList {
  readonly elements: readonly PathElement[];
  readonly items: ReadonlyMap<PathElement, unknown>;
}

function indexed(list: readonly unknown[], structure: ListStructure): IndexedList {
  const items = new Map<PathElement, unknown>();
  const elements = list.map((item) => {
    const element = structure.elementOf(item);
    items.set(element, items.has(element) ? null : item);
    return element;
  });
  return { elements, items };
}

/**
 * Walks both lists at once: an element of both is taken where the applied list has it, a live one stays behind the
 * element that it followed.
 */
function mergeLists(
  liveList: readonly unknown[],
  appliedList: readonly unknown[],
  structure: ListStructure,
): unknown[] {
  const live = indexed(liveList, structure);
  const applied = indexed(appliedList, structure);
  const shared = applied.elements.filter((element) => live.items.has(element));
  const taken = new Set<PathElement>();
  const merged: unknown[] = [];
  let nextShared = 0;
  let l = 0;
  let a = 0;
  const take = (element: PathElement): void => {
    taken.add(element);
    merged.push(mergeTyped(live.items.get(element), applied.items.get(element), structure.items));
    a++;
  };
  while (l < live.elements.length || a < applied.elements.length) {
    const liveElement = live.elements[l];
    const appliedElement = applied.elements[a];
    if (liveElement !== undefined && appliedElement !== undefined) {
      if (liveElement === appliedElement) {
        take(appliedElement);
        l++;
        nextShared++;
        continue;
      }
      const awaited = shared[nextShared];
      if (applied.items.has(liveElement) && awaited !== undefined && awaited !== liveElement) {
        l++;
        continue;
      }
    }
    if (liveElement !== undefined) {
      if (!applied.items.has(liveElement)) {
        merged.push(copyJson(liveList[l]));
        l++;
        continue;
      }
      if (taken.has(liveElement)) l++;
    }
    if (appliedElement !== undefined) {
      take(appliedElement);
      if (shared[nextShared] === appliedElement) nextShared++;
    }
  }
  return merged;
}
