// SPDX-License-Identifier: Apache-2.0

import { isJsonObject } from "../json-value.ts";
import type { FieldsV1 } from "../object.ts";
import { EMPTY_SET, isEmptySet, makeSet, type FieldSet } from "./field-set.ts";
import { BadPathElement, canonicalElement, compareElements, type PathElement } from "./path-element.ts";

/** Sets keep their printed form, and what was read keeps its set: the same objects come by again and again. */
const printed = new WeakMap<FieldSet, FieldsV1>();
const printedMember = new WeakMap<FieldSet, FieldsV1>();
const read = new WeakMap<object, FieldSet>();

const SELF = ".";
const NOTHING: FieldsV1 = Object.freeze({});

/** A set as metadata.managedFields holds it, in the order of the original. Frozen; made once for each set. */
export function printFields(set: FieldSet): FieldsV1 {
  let fields = printed.get(set);
  if (!fields) {
    fields = print(set, {});
    printed.set(set, fields);
    read.set(fields, set);
  }
  return fields;
}

/** As printFields, for a set below a path that is itself a member. */
function printMemberFields(set: FieldSet): FieldsV1 {
  let fields = printedMember.get(set);
  if (!fields) printedMember.set(set, (fields = print(set, { [SELF]: NOTHING })));
  return fields;
}

function print(set: FieldSet, fields: FieldsV1): FieldsV1 {
  const elements = [...set.members];
  for (const element of set.children.keys()) if (!set.members.has(element)) elements.push(element);
  for (const element of elements.sort(compareElements)) {
    const child = set.children.get(element);
    if (!child) fields[element] = NOTHING;
    else fields[element] = set.members.has(element) ? printMemberFields(child) : printFields(child);
  }
  return Object.freeze(fields);
}

/**
 * Reads the FieldsV1 of an entry; elements of unknown types are passed over. Throws BadPathElement. The object must not
 * be changed afterwards.
 */
export function readFields(fields: FieldsV1 | undefined): FieldSet {
  if (fields === undefined || fields === null) return EMPTY_SET;
  if (!isJsonObject(fields)) throw new BadPathElement("the fields of a manager are no object");
  let set = read.get(fields);
  if (!set) {
    set = readNode(fields).below;
    read.set(fields, set);
  }
  return set;
}

/** What a node says of itself: that its path is a member, and the paths below it. */
function readNode(node: FieldsV1): { isMember: boolean; below: FieldSet } {
  const members = new Set<PathElement>();
  const children = new Map<PathElement, FieldSet>();
  let isMember = false;
  for (const key of Object.keys(node)) {
    if (key === SELF) {
      isMember = true;
      continue;
    }
    const element = canonicalElement(key);
    if (element === undefined) continue;
    const child = node[key] ?? NOTHING;
    if (!isJsonObject(child)) throw new BadPathElement(`the fields below ${key} are no object`);
    const { isMember: childIsMember, below } = readNode(child as FieldsV1);
    if (childIsMember) members.add(element);
    if (!isEmptySet(below)) children.set(element, below);
  }
  const below = makeSet(members, children);
  return { isMember: isMember || isEmptySet(below), below };
}

/** Whether any path of `set` is among the fields; reads no more of them than that takes. */
export function fieldsTouch(fields: FieldsV1, set: FieldSet): boolean {
  for (const member of set.members) if (Object.hasOwn(fields, member) && isMemberNode(fields[member]!)) return true;
  for (const [element, child] of set.children) {
    if (Object.hasOwn(fields, element) && fieldsTouch(fields[element]!, child)) return true;
  }
  return false;
}

/** Whether all paths of `set` are among the fields. */
export function fieldsContain(fields: FieldsV1, set: FieldSet): boolean {
  for (const member of set.members) if (!Object.hasOwn(fields, member) || !isMemberNode(fields[member]!)) return false;
  for (const [element, child] of set.children) {
    if (!Object.hasOwn(fields, element) || !fieldsContain(fields[element]!, child)) return false;
  }
  return true;
}

function isMemberNode(node: FieldsV1): boolean {
  for (const key in node) return key === SELF || Object.hasOwn(node, SELF);
  return true;
}
