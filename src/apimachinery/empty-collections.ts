// SPDX-License-Identifier: Apache-2.0

import { sameJson } from "./json-equality.ts";
import type { JsonObject } from "./json-value.ts";

/**
 * A field that was sent as an empty list or map. The canonical form has no such fields, and storage forgets them, but
 * Go's types tell them apart from absent ones until then: owners of fields, printed values and a few comparisons do too.
 */
export interface EmptyCollection {
  /** The object that held it; moves when decoding copies the object. */
  parent: JsonObject;
  readonly field: string;
  readonly value: readonly [] | Readonly<Record<string, never>>;
}

const EMPTY_LIST: readonly [] = Object.freeze([]);
const EMPTY_MAP: Readonly<Record<string, never>> = Object.freeze({});

const byRoot = new WeakMap<object, readonly EmptyCollection[]>();
const byParent = new WeakMap<object, Map<string, EmptyCollection["value"]>>();

/** What an empty list or map, or a text for no bytes, is kept as; undefined for any other value. */
export function emptyCollection(value: unknown): EmptyCollection["value"] | undefined {
  if (Array.isArray(value)) return value.length === 0 ? EMPTY_LIST : undefined;
  if (value === "") return EMPTY_LIST;
  if (typeof value !== "object" || value === null) return undefined;
  for (const _ in value) return undefined;
  return EMPTY_MAP;
}

/** Remembers what decoding left out of an object, for as long as the object itself is not stored. */
export function rememberEmpties(root: object, empties: readonly EmptyCollection[]): void {
  byRoot.set(root, empties);
  for (const { parent, field, value } of empties) {
    let fields = byParent.get(parent);
    if (!fields) byParent.set(parent, (fields = new Map()));
    fields.set(field, value);
  }
}

/** What comes back from storage knows no empty lists and maps. */
export function forgetEmpties(root: object): void {
  const empties = byRoot.get(root);
  if (!empties) return;
  byRoot.delete(root);
  for (const { parent } of empties) byParent.delete(parent);
}

/** The empty list or map that was sent as a field; undefined for a field that was not sent. */
export const sentEmpty = (parent: object, field: string): EmptyCollection["value"] | undefined =>
  byParent.get(parent)?.get(field);

/** A copy with some fields changed, which remembers what the others were sent as. */
export function withChanges<T extends object>(source: T, changes: Partial<T>): T {
  const copy = { ...source, ...changes };
  const empties = byParent.get(source);
  if (empties) byParent.set(copy, new Map([...empties].filter(([field]) => !(field in changes))));
  return copy;
}

/** A shallow copy of an object holds the same empty lists and maps. */
export function copyEmpties(from: object, to: object): void {
  const fields = byParent.get(from);
  if (fields) byParent.set(to, new Map(fields));
}

/** Takes a field away for good, whether it was sent with something in it or empty. */
export function dropField<T extends object>(parent: T, field: keyof T & string): void {
  delete parent[field];
  byParent.get(parent)?.delete(field);
}

/** Whether a value has a field, at any depth, that was sent empty and that nothing has filled since. */
export function holdsSentEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields = byParent.get(value);
  // Defaults may have filled one of them since.
  if (fields) for (const name of fields.keys()) if (((value as JsonObject)[name] ?? null) === null) return true;
  return Object.values(value).some(holdsSentEmpty);
}

/** Whether anything in an object was sent empty. */
export const wasSentEmpties = (root: object): boolean => byRoot.has(root);

/** Whether a field that was just decoded equals one from storage to the letter, empty lists told apart from absent ones. */
export const identicalField = <T extends object>(sent: T, stored: T, field: keyof T & string): boolean =>
  sameJson(sent[field], stored[field]) && !sentEmpty(sent, field) && !holdsSentEmpty(sent[field]);

/** Calls back while fields that are always written hold the empty lists and maps that were sent, instead of null. */
export function withEmpties<T>(root: object, act: () => T): T {
  const shown = byRoot.get(root)?.filter(({ parent, field }) => parent[field] === null);
  if (!shown?.length) return act();
  for (const { parent, field, value } of shown) parent[field] = value;
  try {
    return act();
  } finally {
    for (const { parent, field } of shown) parent[field] = null;
  }
}
