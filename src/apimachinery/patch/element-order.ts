// SPDX-License-Identifier: Apache-2.0

import { isJsonObject } from "../json-value.ts";
import { goText } from "./go-text.ts";
import { badArgument, plainServerError } from "./patch-error.ts";

/** How the elements of a list are told apart: by their merge key, or by themselves where it is empty. */
export class ElementIdentity {
  readonly mergeKey: string;

  constructor(mergeKey: string) {
    this.mergeKey = mergeKey;
  }

  /** What an element is known by; throws for an object without the merge key. */
  of(element: unknown): unknown {
    if (this.mergeKey === "") return element;
    if (!isJsonObject(element)) throw badArgument({}, element);
    if (!Object.hasOwn(element, this.mergeKey)) throw noMergeKey(element, this.mergeKey);
    return element[this.mergeKey];
  }

  /** As `of`, but undefined for what has no merge key. */
  peek(element: unknown): unknown {
    if (this.mergeKey === "") return element;
    return isJsonObject(element) && Object.hasOwn(element, this.mergeKey) ? element[this.mergeKey] : undefined;
  }

  /** The first position of each element of a list. */
  positions(list: readonly unknown[]): Map<unknown, number> {
    const positions = new Map<unknown, number>();
    for (let i = 0; i < list.length; i++) {
      const known = this.of(list[i]);
      if (!positions.has(known)) positions.set(known, i);
    }
    return positions;
  }
}

export const noMergeKey = (element: unknown, mergeKey: string) =>
  plainServerError(`map: ${goText(element)} does not contain declared merge key: ${mergeKey}`);

/** A merged list before it is ordered: the elements that the patch names, and those that only the server has. */
interface Parts {
  readonly fromPatch: unknown[];
  readonly serverOnly: unknown[];
}

function partition(merged: readonly unknown[], named: readonly unknown[], identity: ElementIdentity): Parts {
  const known = new Set(named.map((element) => identity.peek(element)));
  const parts: Parts = { fromPatch: [], serverOnly: [] };
  for (const element of merged) (known.has(identity.of(element)) ? parts.fromPatch : parts.serverOnly).push(element);
  return parts;
}

/**
 * Orders a merged list: elements that the patch names stand as in `patchOrder`, the server's own as in `serverOrder`,
 * and the second are inserted among the first where the server had them.
 */
export function orderElements(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  identity: ElementIdentity,
): unknown[] {
  const { fromPatch, serverOnly } = partition(merged, patchOrder, identity);
  const serverPositions = identity.positions(serverOrder);
  insertionSort(fromPatch, identity.positions(patchOrder), identity);
  insertionSort(serverOnly, serverPositions, identity);
  return interleave(serverOnly, fromPatch, serverPositions, identity);
}

/**
 * Sorts in place as the original does: with a comparison that calls elements unknown to the order smaller than whatever
 * stands before them, so that they wander to the front. No library sort gives that for an inconsistent comparison.
 */
function insertionSort(list: unknown[], order: ReadonlyMap<unknown, number>, identity: ElementIdentity): void {
  const isLess = (left: unknown, right: unknown): boolean => {
    const l = order.get(identity.of(left));
    const r = order.get(identity.of(right));
    return l === undefined || r === undefined || l < r;
  };
  for (let i = 1; i < list.length; i++) {
    for (let j = i; j > 0 && isLess(list[j], list[j - 1]); j--) [list[j - 1], list[j]] = [list[j], list[j - 1]];
  }
}

/** Inserts each server element before the first patch element that stood behind it on the server. */
function interleave(
  serverOnly: readonly unknown[],
  fromPatch: readonly unknown[],
  serverPositions: ReadonlyMap<unknown, number>,
  identity: ElementIdentity,
): unknown[] {
  const all: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < serverOnly.length && j < fromPatch.length) {
    const l = serverPositions.get(identity.of(serverOnly[i]));
    const r = serverPositions.get(identity.of(fromPatch[j]));
    if (l !== undefined && r !== undefined && l < r) all.push(serverOnly[i++]);
    else all.push(fromPatch[j++]);
  }
  return all.concat(serverOnly.slice(i), fromPatch.slice(j));
}
