// SPDX-License-Identifier: Apache-2.0

import { EMPTY_SET, isEmptySet, makeSet, type FieldSet } from "./field-set.ts";
import { structureAt } from "./named-fields.ts";
import type { PathElement } from "./path-element.ts";
import type { Structure } from "./structure.ts";

/**
 * The set as the schema of today would have it: where a part was owned field by field and is atomic now, its owner owns
 * the whole. The same set when nothing changed.
 */
export function reconcileSet(set: FieldSet, structure: Structure): FieldSet {
  if (structure.type !== "list" && structure.type !== "map") return set;
  let members: Set<PathElement> | undefined;
  let children: Map<PathElement, FieldSet> | undefined;
  for (const [element, child] of set.children) {
    const within = structureAt(structure, element);
    const isWholeNow = (within.type === "list" || within.type === "map") && within.atomic;
    const reconciled = isWholeNow ? EMPTY_SET : reconcileSet(child, within);
    if (reconciled === child) continue;
    children ??= new Map(set.children);
    if (isEmptySet(reconciled)) children.delete(element);
    else children.set(element, reconciled);
    if (isWholeNow) (members ??= new Set(set.members)).add(element);
  }
  return children ? makeSet(members ?? set.members, children) : set;
}
