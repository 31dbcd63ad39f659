// SPDX-License-Identifier: Apache-2.0

import { holdsSentEmpty, wasSentEmpties } from "../empty-collections.ts";
import { equalJson, isJsonObject, jsonField, type JsonObject } from "../json-value.ts";
import { EMPTY_SET, FieldSetBuilder, isEmptySet, type FieldSet } from "./field-set.ts";
import type { PathElement } from "./path-element.ts";
import { presentFields } from "./present-fields.ts";
import { ANY, freeEntry, type FieldEntry, type ListStructure, type MapStructure, type Structure } from "./structure.ts";

/** What changed between two objects, as sets of paths; no path is in two of them. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

const NO_CHANGE: Comparison = { added: EMPTY_SET, modified: EMPTY_SET, removed: EMPTY_SET };

export const isSame = (comparison: Comparison): boolean =>
  isEmptySet(comparison.added) && isEmptySet(comparison.modified) && isEmptySet(comparison.removed);

/**
 * Compares two objects of one structure. In lists that are owned as a whole, what `right` was sent with empty differs from
 * what is absent. Throws BadListElement for lists whose elements cannot be told apart.
 */
export function compareObjects(left: unknown, right: unknown, structure: Structure): Comparison {
  if (left === right) return NO_CHANGE;
  const walk = new CompareWalk(typeof right === "object" && right !== null && wasSentEmpties(right));
  walk.values(left, right, structure);
  return walk.comparison();
}

/** Objects are compared field by field, lists by all that they hold. */
function listHoldsEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsSentEmpty);
  return isJsonObject(value) && Object.values(value).some(listHoldsEmpty);
}

const NO_FIELDS: JsonObject = Object.freeze({});
const NO_ITEMS: readonly unknown[] = Object.freeze([]);

/** One walk over two values in step; only what differs leaves a trace. */
class CompareWalk {
  readonly #added = new FieldSetBuilder();
  readonly #modified = new FieldSetBuilder();
  readonly #removed = new FieldSetBuilder();
  readonly #path: PathElement[] = [];
  readonly #tellsEmpties: boolean;

  constructor(tellsEmpties: boolean) {
    this.#tellsEmpties = tellsEmpties;
  }

  comparison(): Comparison {
    return { added: this.#added.build(), modified: this.#modified.build(), removed: this.#removed.build() };
  }

  /** Compares what stands at the path; undefined is absent, and at most one of the two is. */
  values(left: unknown, right: unknown, structure: Structure): void {
    if (left === right) return;
    if (left === undefined) return this.#onlyOne(this.#added, right, structure);
    if (right === undefined) return this.#onlyOne(this.#removed, left, structure);
    switch (structure.type) {
      case "scalar":
        return this.#leaf(left, right);
      case "any":
        return structure.atomic ? this.#leaf(left, right) : this.#anyValues(left, right);
      case "list":
        return structure.atomic ? this.#leaf(left, right) : this.#lists(left, right, structure);
      case "map":
        return structure.atomic ? this.#leaf(left, right) : this.#maps(left, right, structure);
    }
  }

  #leaf(left: unknown, right: unknown): void {
    if (!equalJson(left, right) || (this.#tellsEmpties && listHoldsEmpty(right))) this.#modified.insert(this.#path);
  }

  /** The other side has nothing here: all that this one has is new, or gone. */
  #onlyOne(side: FieldSetBuilder, value: unknown, structure: Structure): void {
    side.insert(this.#path);
    side.graft(this.#path, presentFields(value, structure));
  }

  /** Free-form values are of the same structure when both are objects; otherwise each side is taken for itself. */
  #anyValues(left: unknown, right: unknown): void {
    if (isMapLike(left) && isMapLike(right)) return this.#maps(left, right, FREE);
    this.#leaf(left, right);
    if (isJsonObject(left)) this.#removed.graft(this.#path, presentFields(left, ANY));
    if (isJsonObject(right)) this.#added.graft(this.#path, presentFields(right, ANY));
  }

  /** What is null or no object has no fields. */
  #maps(leftValue: unknown, rightValue: unknown, fields: Fields): void {
    const left = isJsonObject(leftValue) ? leftValue : NO_FIELDS;
    const right = isJsonObject(rightValue) ? rightValue : NO_FIELDS;
    let count = 0;
    let unmatched = 0;
    for (const name in left) if (left[name] !== undefined) unmatched++;
    for (const name in right) {
      const value = right[name];
      if (value === undefined) continue;
      count++;
      const other = jsonField(left, name);
      if (other !== undefined) unmatched--;
      if (other !== value) this.#field(fields.entry(name), other, value);
    }
    count += unmatched;
    for (const name in left) {
      if (unmatched === 0) break;
      const value = left[name];
      if (value === undefined || jsonField(right, name) !== undefined) continue;
      unmatched--;
      this.#field(fields.entry(name), value, undefined);
    }
    if (count === 0) this.#leaf(leftValue, rightValue);
  }

  #field({ element, structure = ANY }: FieldEntry, left: unknown, right: unknown): void {
    this.#path.push(element);
    this.values(left, right, structure);
    this.#path.pop();
  }

  #lists(leftValue: unknown, rightValue: unknown, structure: ListStructure): void {
    const left = Array.isArray(leftValue) ? (leftValue as unknown[]) : NO_ITEMS;
    const right = Array.isArray(rightValue) ? (rightValue as unknown[]) : NO_ITEMS;
    if (left.length === 0 && right.length === 0) return this.#leaf(leftValue, rightValue);
    if (this.#alignedLists(left, right, structure)) return;
    const leftItems = itemsByElement(left, structure);
    const rightItems = itemsByElement(right, structure);
    for (const [element, items] of leftItems) {
      this.#items(element, items, rightItems.get(element) ?? NO_ITEMS, structure.items);
    }
    for (const [element, items] of rightItems) {
      if (!leftItems.has(element)) this.#items(element, NO_ITEMS, items, structure.items);
    }
  }

  /** The usual case: the same elements in the same order. False, with nothing done, when they are not. */
  #alignedLists(left: readonly unknown[], right: readonly unknown[], structure: ListStructure): boolean {
    if (left.length !== right.length) return false;
    const elements = new Set<PathElement>();
    for (let i = 0; i < left.length; i++) {
      const element = structure.elementOf(left[i]);
      if (element !== structure.elementOf(right[i]) || elements.has(element)) return false;
      elements.add(element);
    }
    let i = 0;
    for (const element of elements) this.#item(element, left[i], right[i++], structure.items);
    return true;
  }

  #item(element: PathElement, left: unknown, right: unknown, structure: Structure): void {
    this.#path.push(element);
    this.values(left, right, structure);
    this.#path.pop();
  }

  /** Items of one element; repeated ones (which the API should not hold, but may) are owned as a whole. */
  #items(element: PathElement, left: readonly unknown[], right: readonly unknown[], structure: Structure): void {
    if (left.length <= 1 && right.length <= 1) return this.#item(element, left[0], right[0], structure);
    const path = [...this.#path, element];
    if (left.length >= 2 && right.length >= 2) {
      if (!equalJson(left, right)) this.#modified.insert(path);
    } else if (left.length >= 2) {
      if (right.length === 1) this.#item(element, undefined, right[0], structure);
      this.#removed.insert(path);
    } else {
      if (left.length === 1) this.#item(element, left[0], undefined, structure);
      this.#added.insert(path);
    }
  }
}

type Fields = Pick<MapStructure, "entry">;

const FREE: Fields = { entry: freeEntry };

const isMapLike = (value: unknown): boolean => value === null || isJsonObject(value);

function itemsByElement(list: readonly unknown[], structure: ListStructure): Map<PathElement, unknown[]> {
  const items = new Map<PathElement, unknown[]>();
  for (const item of list) {
    const element = structure.elementOf(item);
    const known = items.get(element);
    if (known) known.push(item);
    else items.set(element, [item]);
  }
  return items;
}
