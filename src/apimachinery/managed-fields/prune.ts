// SPDX-License-Identifier: Apache-2.0

import { difference, EMPTY_SET, intersection, isEmptySet, union, type FieldSet } from "./field-set.ts";
import type { Owner, Owners } from "./manager-entries.ts";
import { withNamedFields } from "./named-fields.ts";
import type { KindVersions, Versioned } from "./object-versions.ts";
import { fieldSetOf } from "./present-fields.ts";
import { removeItems } from "./remove-items.ts";

/**
 * Takes out of a merged object what its applier applied last time and not any more, unless somebody else owns it.
 * `owners` hold what the applier owns from now on, `last` what it owned before.
 */
export function prune(merged: Versioned, owners: Owners, last: Owner | undefined, versions: KindVersions): Versioned {
  if (!last || isEmptySet(last.set)) return merged;
  const structure = versions.structureIn(last.apiVersion);
  if (!structure) return merged;
  const whole = versions.convert(merged, last.apiVersion);
  const lastSet = withNamedFields(last.set, structure);
  const without = { ...whole, object: removeItems(whole.object, lastSet, structure) };
  const owned = addBackOwned(whole, without, owners, versions);
  const pruned = addBackDangling(whole, owned, lastSet, versions);
  return versions.convert(pruned, merged.apiVersion);
}

/** Adds back what somebody owns, in the version of each owner; the version of the pruned object comes first. */
function addBackOwned(whole: Versioned, pruned: Versioned, owners: Owners, versions: KindVersions): Versioned {
  const ownedIn = new Map<string, FieldSet>([[pruned.apiVersion, EMPTY_SET]]);
  for (const { apiVersion, set } of owners.values()) {
    ownedIn.set(apiVersion, union(ownedIn.get(apiVersion) ?? EMPTY_SET, set));
  }
  let left = pruned;
  for (const [apiVersion, owned] of ownedIn) {
    const structure = versions.structureIn(apiVersion);
    if (!structure) continue;
    const { object } = versions.convert(whole, apiVersion);
    const kept = versions.convert(left, apiVersion).object;
    const stays = union(withNamedFields(fieldSetOf(kept, structure), structure), withNamedFields(owned, structure));
    const goes = difference(withNamedFields(fieldSetOf(object, structure), structure), stays);
    left = { apiVersion, object: removeItems(object, goes, structure) };
  }
  return left;
}

/** Adds back what went with something removed although the applier had never applied it. */
function addBackDangling(whole: Versioned, pruned: Versioned, lastSet: FieldSet, versions: KindVersions): Versioned {
  const { apiVersion } = whole;
  const structure = versions.structureIn(apiVersion)!;
  const kept = withNamedFields(fieldSetOf(versions.convert(pruned, apiVersion).object, structure), structure);
  const all = withNamedFields(fieldSetOf(whole.object, structure), structure);
  const goes = intersection(difference(all, kept), lastSet);
  return { apiVersion, object: removeItems(whole.object, goes, structure) };
}
