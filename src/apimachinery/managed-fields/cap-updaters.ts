// SPDX-License-Identifier: Apache-2.0

import { compareText } from "../text-order.ts";
import { union } from "./field-set.ts";
import { compareTimes, Owner, ownerIdentifier, ownerKey, type Owners } from "./manager-entries.ts";

/** An object remembers no more managers than this that write without applying; the oldest are put together. */
const MAX_UPDATERS = 10;

const ANCIENT = "ancient-changes";

/** Puts the oldest updaters of each version together under one name until there are few enough. Changes `owners`. */
export function capUpdaters(owners: Owners): void {
  if (owners.size <= MAX_UPDATERS) return;
  const updaters = [...owners].filter(([, owner]) => owner.operation === "Update");
  let excess = updaters.length - MAX_UPDATERS;
  if (excess <= 0) return;
  updaters.sort(([, left], [, right]) => compareTimes(left.time, right.time) || compareIdentifiers(left, right));
  const firstOfVersion = new Map<string, string>();
  for (const [key, owner] of updaters) {
    if (excess <= 0) return;
    const first = firstOfVersion.get(owner.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(owner.apiVersion, key);
      continue;
    }
    mergeIntoBucket(owners, owner, first);
    owners.delete(key);
    excess--;
  }
}

const compareIdentifiers = (left: Owner, right: Owner): number =>
  compareText(ownerIdentifier(left), ownerIdentifier(right));

/** Adds what an updater owns to the bucket of its version, which begins with the version's oldest updater. */
function mergeIntoBucket(owners: Owners, owner: Owner, first: string): void {
  const ancient = { manager: ANCIENT, operation: "Update", apiVersion: owner.apiVersion, subresource: "" } as const;
  const bucket = ownerKey(ancient);
  const known = owners.get(bucket) ?? owners.get(first)!;
  if (!owners.has(bucket)) owners.delete(first);
  owners.set(bucket, new Owner(ancient, owner.time, { set: union(owner.set, known.set) }));
}
