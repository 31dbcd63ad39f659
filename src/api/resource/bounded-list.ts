// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { Errors } from "../validation/checks.ts";

/** Checks one item at its path. */
export type ItemCheck<T> = (item: T, path: string) => void;

/** A list of at most so many items; when it is longer, the items are not looked at. */
export function checkBoundedList<T>(
  items: readonly T[] | undefined,
  max: number,
  path: string,
  errors: Errors,
  check: ItemCheck<T>,
): boolean {
  const list = items ?? [];
  if (list.length > max) {
    errors.push(field.tooMany(path, list.length, max));
    return false;
  }
  for (const [i, item] of list.entries()) check(item, `${path}[${i}]`);
  return true;
}

/** As checkBoundedList, and no two items with one key; `printed` is what messages show of a repeated one. */
export function checkBoundedSet<T>(
  items: readonly T[] | undefined,
  max: number,
  path: string,
  errors: Errors,
  check: ItemCheck<T>,
  keyOf: (item: T) => string,
  printed: (item: T) => unknown = keyOf,
): void {
  if (!checkBoundedList(items, max, path, errors, check)) return;
  const seen = new Set<string>();
  for (const [i, item] of (items ?? []).entries()) {
    const key = keyOf(item);
    if (seen.has(key)) errors.push(field.duplicate(`${path}[${i}]`, printed(item)));
    seen.add(key);
  }
}
