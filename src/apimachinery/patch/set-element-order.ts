// SPDX-License-Identifier: Apache-2.0

import { isJsonObject } from "../json-value.ts";
import { goText } from "./go-text.ts";
import { ElementIdentity, orderElements } from "./element-order.ts";
import { badArgument, plainServerError } from "./patch-error.ts";
import type { FieldPatchMetadata, MergeObjects } from "./patch-metadata.ts";
import { elementKind, mergeLists } from "./strategic-list-merge.ts";
import { withoutDirectives } from "./strip-directives.ts";

/**
 * Merges a list of a patch into the live one and orders the result as `$setElementOrder` asks: its order comes before
 * the patch's, and that before the live list's. Undefined when there is nothing to order.
 */
export function mergeOrderedLists(
  original: unknown,
  patch: unknown,
  order: unknown,
  metadataOfField: () => FieldPatchMetadata,
  mergeObjects: MergeObjects,
): unknown[] | undefined {
  if (!Array.isArray(order)) throw badArgument([], order);
  if (original !== undefined && !Array.isArray(original)) throw badArgument([], original);
  if (patch !== undefined && !Array.isArray(patch)) throw badArgument([], patch);
  const metadata = metadataOfField();
  requireSameOrder(patch ?? [], order, metadata.mergeKey);
  if (!original && !patch) return undefined;
  elementKind(original ?? [], patch ?? []);
  const live = serverOrder(original ?? [], patch ?? [], metadata);
  const merged = !patch ? original! : original ? mergeLists(original, patch, metadata, mergeObjects) : added(patch);
  return orderElements(merged, order, live, new ElementIdentity(metadata.mergeKey));
}

/**
 * The live order, as the original comes to see it: its merge works in place, so that elements which the patch adds slip
 * into the room of those that it deletes, and count as if they had stood at the live list's end.
 */
function serverOrder(
  live: readonly unknown[],
  patch: readonly unknown[],
  { strategy, mergeKey }: FieldPatchMetadata,
): readonly unknown[] {
  if (strategy !== "merge" || mergeKey === "") return [...live];
  const identity = new ElementIdentity(mergeKey);
  const withDirective = (directive: string) =>
    patch.filter((element) => isJsonObject(element) && element.$patch === directive);
  const deleted = new Set(withDirective("delete").map((element) => identity.peek(element)));
  const left = live.filter((element) => !deleted.has(identity.peek(element)));
  if (withDirective("replace").length > 0) return left;
  const known = new Set(left.map((element) => identity.peek(element)));
  const fresh = patch.filter((element) => !hasDirective(element) && !known.has(identity.peek(element)));
  return [...left, ...fresh.slice(0, live.length - left.length)];
}

const added = (patch: unknown[]): unknown[] => withoutDirectives(patch) as unknown[];

/** The elements of the patch must stand in the order list, in the same relative order; deletions are ignored. */
function requireSameOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (patch.length === 0 || order.length === 0) return;
  const identity = new ElementIdentity(mergeKey);
  const kept = mergeKey === "" ? patch : patch.filter((element) => !hasDirective(element));
  let next = 0;
  for (let i = 0; i < order.length && next < kept.length; i++) {
    if (identity.of(kept[next]) === identity.of(order[i])) next++;
  }
  if (next === kept.length) return;
  throw plainServerError(
    `The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
  );
}

/** Throws for an element that is no object: a list with a merge key holds objects. */
function hasDirective(element: unknown): boolean {
  if (!isJsonObject(element)) throw badArgument({}, element);
  return Object.hasOwn(element, "$patch");
}
