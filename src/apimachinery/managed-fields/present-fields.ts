// SPDX-License-Identifier: Apache-2.0

import { isJsonObject } from "../json-value.ts";
import { EMPTY_SET, isEmptySet, makeSet, type FieldSet } from "./field-set.ts";
import type { PathElement } from "./path-element.ts";
import { ANY, freeEntry, type ListStructure, type Structure } from "./structure.ts";

/** Whether a path to a child belongs to a set, and the paths below it. */
interface Child {
  readonly isMember: boolean;
  readonly below: FieldSet;
}

/** How the children of a value contribute to a set. */
interface Rule {
  field(value: unknown, structure: Structure, isDeclared: boolean): Child;
  item(value: unknown, structure: Structure): Child;
}

/**
 * All paths below a value: every field and item, whether it has some below itself or not. It is what somebody owns who
 * adds the whole value.
 */
export const presentFields = (value: unknown, structure: Structure): FieldSet => setBelow(value, structure, PRESENT);

const PRESENT: Rule = {
  field: (value, structure) => ({ isMember: true, below: presentFields(value, structure) }),
  item: (value, structure) => ({ isMember: true, below: presentFields(value, structure) }),
};

/**
 * The paths that an applied configuration claims: its leaves, its list items, and keys of maps, but not declared fields
 * that only lead to others.
 */
export const fieldSetOf = (value: unknown, structure: Structure): FieldSet => setBelow(value, structure, APPLIED);

const APPLIED: Rule = {
  field: (value, structure, isDeclared) => ({
    isMember: !isDeclared || isClaimed(value, structure),
    below: fieldSetOf(value, structure),
  }),
  item: (value, structure) => ({ isMember: true, below: fieldSetOf(value, structure) }),
};

/** A declared field is claimed by itself when it is a leaf, or empty; an empty list-map or set claims nothing. */
function isClaimed(value: unknown, structure: Structure): boolean {
  if (value === null || isLeaf(value, structure)) return true;
  return isJsonObject(value) && !hasFields(value);
}

/** Owned as a whole. */
export function isLeaf(value: unknown, structure: Structure): boolean {
  switch (structure.type) {
    case "scalar":
      return true;
    case "any":
      return structure.atomic || !isJsonObject(value);
    default:
      return structure.atomic;
  }
}

function hasFields(value: object): boolean {
  for (const _ in value) return true;
  return false;
}

function setBelow(value: unknown, structure: Structure, rule: Rule): FieldSet {
  if (isLeaf(value, structure)) return EMPTY_SET;
  if (structure.type === "list") return Array.isArray(value) ? itemsBelow(value, structure, rule) : EMPTY_SET;
  return isJsonObject(value) ? fieldsBelow(value, structure, rule) : EMPTY_SET;
}

function fieldsBelow(value: Readonly<Record<string, unknown>>, structure: Structure, rule: Rule): FieldSet {
  const members = new Set<PathElement>();
  const children = new Map<PathElement, FieldSet>();
  const fields = structure.type === "map" ? structure : undefined;
  for (const name in value) {
    const field = value[name];
    if (field === undefined) continue;
    const { element, structure: within = ANY, isDeclared } = fields ? fields.entry(name) : freeEntry(name);
    const child = rule.field(field, within, isDeclared);
    if (child.isMember) members.add(element);
    if (!isEmptySet(child.below)) children.set(element, child.below);
  }
  return makeSet(members, children);
}

/** Items that repeat an element count once, as a whole. */
function itemsBelow(list: readonly unknown[], structure: ListStructure, rule: Rule): FieldSet {
  const members = new Set<PathElement>();
  const children = new Map<PathElement, FieldSet>();
  for (const item of list) {
    const element = structure.elementOf(item);
    if (members.has(element)) {
      children.delete(element);
      continue;
    }
    const { below } = rule.item(item, structure.items);
    members.add(element);
    if (!isEmptySet(below)) children.set(element, below);
  }
  return makeSet(members, children);
}
