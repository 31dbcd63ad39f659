// SPDX-License-Identifier: Apache-2.0

import { compareElements, type PathElement } from "./path-element.ts";

/**
 * A set of field paths. `members` are the paths of one step; `children` hold the sets below a step, whether that step is
 * a member itself or not. Never changed once another part has it; sets share their parts freely.
 */
export interface FieldSet {
  readonly members: ReadonlySet<PathElement>;
  /** No child is empty. */
  readonly children: ReadonlyMap<PathElement, FieldSet>;
}

const NO_MEMBERS: ReadonlySet<PathElement> = new Set();
const NO_CHILDREN: ReadonlyMap<PathElement, FieldSet> = new Map();

/** The set without paths. */
export const EMPTY_SET: FieldSet = { members: NO_MEMBERS, children: NO_CHILDREN };

export const isEmptySet = (set: FieldSet): boolean => set.members.size === 0 && set.children.size === 0;

/** A set of these parts; the shared empty one when there are none. */
export function makeSet(members: ReadonlySet<PathElement>, children: ReadonlyMap<PathElement, FieldSet>): FieldSet {
  if (members.size === 0 && children.size === 0) return EMPTY_SET;
  return { members: members.size ? members : NO_MEMBERS, children: children.size ? children : NO_CHILDREN };
}

/** The set of these paths. */
export function setOfPaths(paths: Iterable<readonly PathElement[]>): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.insert(path);
  return builder.build();
}

export function hasPath(set: FieldSet, path: readonly PathElement[]): boolean {
  let at: FieldSet | undefined = set;
  for (let i = 0; i < path.length - 1; i++) {
    at = at.children.get(path[i]!);
    if (!at) return false;
  }
  return path.length > 0 && at.members.has(path[path.length - 1]!);
}

/** The paths below an element, without it. */
export const below = (set: FieldSet, element: PathElement): FieldSet => set.children.get(element) ?? EMPTY_SET;

export function equalSets(left: FieldSet, right: FieldSet): boolean {
  if (left === right) return true;
  if (left.members.size !== right.members.size || left.children.size !== right.children.size) return false;
  for (const member of left.members) if (!right.members.has(member)) return false;
  for (const [element, child] of left.children) {
    const other = right.children.get(element);
    if (!other || !equalSets(child, other)) return false;
  }
  return true;
}

/** All paths of either set. */
export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right || isEmptySet(right)) return left;
  if (isEmptySet(left)) return right;
  const children = new Map(left.children);
  for (const [element, child] of right.children) {
    const other = children.get(element);
    children.set(element, other ? union(other, child) : child);
  }
  return makeSet(left.members.union(right.members), children);
}

/** The paths that are in both. */
export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right) return left;
  const children = new Map<PathElement, FieldSet>();
  for (const [element, child] of left.children) {
    const other = right.children.get(element);
    if (!other) continue;
    const common = intersection(child, other);
    if (!isEmptySet(common)) children.set(element, common);
  }
  return makeSet(left.members.intersection(right.members), children);
}

/** Whether any path is in both. */
export function intersects(left: FieldSet, right: FieldSet): boolean {
  if (!left.members.isDisjointFrom(right.members)) return true;
  for (const [element, child] of left.children) {
    const other = right.children.get(element);
    if (other && intersects(child, other)) return true;
  }
  return false;
}

/** Whether every path of `part` is in `whole`. */
export function containsAll(whole: FieldSet, part: FieldSet): boolean {
  if (whole === part) return true;
  if (!part.members.isSubsetOf(whole.members)) return false;
  for (const [element, child] of part.children) {
    const other = whole.children.get(element);
    if (!other || !containsAll(other, child)) return false;
  }
  return true;
}

/** The paths of `left` that are not in `right`; `left` itself when nothing is taken away. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return subtract(left, right, (child, element) => {
    const other = right.children.get(element);
    return other ? difference(child, other) : child;
  });
}

/** As `difference`, but a path of `right` takes away all that is below it too. */
export function recursiveDifference(left: FieldSet, right: FieldSet): FieldSet {
  return subtract(left, right, (child, element) => {
    if (right.members.has(element)) return EMPTY_SET;
    const other = right.children.get(element);
    return other ? recursiveDifference(child, other) : child;
  });
}

function subtract(
  left: FieldSet,
  right: FieldSet,
  subtractChild: (child: FieldSet, element: PathElement) => FieldSet,
): FieldSet {
  if (isEmptySet(left) || isEmptySet(right)) return left;
  const members = left.members.isDisjointFrom(right.members) ? left.members : left.members.difference(right.members);
  let children: Map<PathElement, FieldSet> | undefined;
  for (const [element, child] of left.children) {
    const rest = subtractChild(child, element);
    if (rest === child) continue;
    children ??= new Map(left.children);
    if (isEmptySet(rest)) children.delete(element);
    else children.set(element, rest);
  }
  if (members === left.members && !children) return left;
  return makeSet(members, children ?? left.children);
}

/** Every path, in the order of the original: those of one step first, then what is below each step. */
export function* pathsOf(set: FieldSet, prefix: readonly PathElement[] = []): Generator<readonly PathElement[]> {
  for (const member of [...set.members].sort(compareElements)) yield [...prefix, member];
  for (const element of [...set.children.keys()].sort(compareElements)) {
    yield* pathsOf(set.children.get(element)!, [...prefix, element]);
  }
}

interface MutableSet {
  readonly members: Set<PathElement>;
  readonly children: Map<PathElement, MutableSet>;
  /** Finished sets that were grafted at this place. */
  grafts: FieldSet[] | undefined;
}

const newMutableSet = (): MutableSet => ({ members: new Set(), children: new Map(), grafts: undefined });

/** Gathers paths. */
export class FieldSetBuilder {
  #root: MutableSet | undefined;

  /** Adds a path; the empty one names the whole object, which nobody owns. */
  insert(path: readonly PathElement[]): void {
    if (path.length === 0) return;
    this.#at(path, path.length - 1).members.add(path[path.length - 1]!);
  }

  /** Adds all paths of `set` below `path`. */
  graft(path: readonly PathElement[], set: FieldSet): void {
    if (isEmptySet(set)) return;
    const place = this.#at(path, path.length);
    (place.grafts ??= []).push(set);
  }

  build(): FieldSet {
    return this.#root ? finish(this.#root) : EMPTY_SET;
  }

  #at(path: readonly PathElement[], depth: number): MutableSet {
    let at = (this.#root ??= newMutableSet());
    for (let i = 0; i < depth; i++) {
      const element = path[i]!;
      let next = at.children.get(element);
      if (!next) at.children.set(element, (next = newMutableSet()));
      at = next;
    }
    return at;
  }
}

function finish(set: MutableSet): FieldSet {
  const children = new Map<PathElement, FieldSet>();
  for (const [element, child] of set.children) {
    const finished = finish(child);
    if (!isEmptySet(finished)) children.set(element, finished);
  }
  const own = makeSet(set.members, children);
  return set.grafts ? set.grafts.reduce(union, own) : own;
}
