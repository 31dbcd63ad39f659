// SPDX-License-Identifier: Apache-2.0

import { isEmptySet, makeSet, type FieldSet } from "./field-set.ts";
import { ANY, type Structure } from "./structure.ts";

/**
 * The set with every declared field that leads to one of its paths as a member too. Applied sets leave those out, though
 * whoever owns `spec.template.x` may not lose `spec.template`.
 */
export function withNamedFields(set: FieldSet, structure: Structure): FieldSet {
  if (isEmptySet(set)) return set;
  const members = new Set(set.members);
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    if (element.startsWith("f:") && structure.type === "map" && structure.declares(element.slice(2))) {
      members.add(element);
    }
    children.set(element, withNamedFields(child, structureAt(structure, element)));
  }
  return makeSet(members, children);
}

/** The structure that a path element leads to. */
export function structureAt(structure: Structure, element: string): Structure {
  if (element.startsWith("f:"))
    return (structure.type === "map" ? structure.field(element.slice(2)) : undefined) ?? ANY;
  return element.startsWith("k:") && structure.type === "list" ? structure.items : ANY;
}
