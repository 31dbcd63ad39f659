// SPDX-License-Identifier: Apache-2.0

import { equalJson } from "../json-value.ts";
import { ApplyConflicts, conflictsOf, type Conflict } from "./conflicts.ts";
import {
  difference,
  intersection,
  isEmptySet,
  recursiveDifference,
  setOfPaths,
  union,
  type FieldSet,
} from "./field-set.ts";
import { Owner, ownerKey, type OwnerIdentity, type Owners } from "./manager-entries.ts";
import { mergeTyped } from "./merge.ts";
import { ObjectChange, type KindVersions } from "./object-versions.ts";
import { fieldElement } from "./path-element.ts";
import { fieldSetOf } from "./present-fields.ts";
import { prune } from "./prune.ts";
import { reconcileSet } from "./reconcile-set.ts";

/** Fields that nobody owns: the server's, and those that say which object it is. */
const UNTRACKED = setOfPaths([
  [fieldElement("apiVersion")],
  [fieldElement("kind")],
  [fieldElement("metadata")],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((name) => [fieldElement("metadata"), fieldElement(name)]),
]);

/** A set without the fields that nobody owns. */
export const trackedOnly = (set: FieldSet): FieldSet => difference(set, UNTRACKED);

/**
 * What everybody owns after a write that does not apply: the writer takes what it changed, all others lose that, and all
 * lose what is gone. The writer's time changes only when it takes something. Changes `owners`.
 */
export function updateOwners(owners: Owners, change: ObjectChange, writer: OwnerIdentity, now: string): void {
  const changes = change.in(writer.apiVersion)!;
  const taken = trackedOnly(union(changes.modified, changes.added));
  const key = ownerKey(writer);
  const own = owners.get(key);
  const stays = own !== undefined && !own.ownsNothing && own.ownsAll(taken) && !own.touches(changes.removed);
  for (const [otherKey, owner] of owners) {
    if (owner.ownsNothing) owners.delete(otherKey);
    else if (!stays || owner !== own) loseChanged(owners, otherKey, owner, change);
  }
  if (isEmptySet(taken)) return;
  if (stays) {
    owners.set(key, own.withTime(now));
    return;
  }
  const left = owners.get(key);
  owners.set(key, new Owner(writer, now, { set: left ? union(taken, left.set) : taken }));
}

/** Takes from an owner what somebody else changed, or what is gone; forgets it when its version is not served any more. */
function loseChanged(owners: Owners, key: string, owner: Owner, change: ObjectChange): void {
  const changes = change.in(owner.apiVersion);
  if (!changes) owners.delete(key);
  else if (owner.touches(changes.all)) keepOrDrop(owners, key, owner, difference(owner.set, changes.all));
}

function keepOrDrop(owners: Owners, key: string, owner: Owner, set: FieldSet): void {
  if (isEmptySet(set)) owners.delete(key);
  else if (set !== owner.set) owners.set(key, owner.withSet(set));
}

/** What an apply comes to. */
export interface Applied {
  /** The new object, in the version of the request; undefined when nothing changes. */
  readonly object: unknown;
  readonly owners: Owners;
}

export interface ApplyRequest {
  readonly live: unknown;
  readonly applied: unknown;
  readonly owners: Owners;
  readonly writer: OwnerIdentity;
  readonly force: boolean;
  /** Paths that the write cannot set. */
  readonly resets: FieldSet;
}

/** Merges, prunes and finds conflicts; throws ApplyConflicts. `owners` of the request stay as they are. */
export function applyOwners(request: ApplyRequest, versions: KindVersions): Applied {
  const { live, applied, writer, resets } = request;
  const { apiVersion, structure } = versions;
  const owners = reconcileOwners(request.owners, versions);
  const key = ownerKey(writer);
  const last = owners.get(key);
  const set = recursiveDifference(fieldSetOf(applied, structure), resets);
  const own = new Owner(writer, last?.time, { set });
  owners.set(key, own);
  const merged = { apiVersion, object: mergeTyped(live, applied, structure) };
  const after = prune(merged, owners, last, versions);
  const change = new ObjectChange(versions, { apiVersion, object: live }, after, resets);
  takeFromOthers(owners, own, change, request.force);
  keepOrDrop(owners, key, own, trackedOnly(set));
  return { object: equalJson(live, after.object) ? undefined : after.object, owners };
}

/** Owners of versions that are not served any more are forgotten; sets follow changes of the schema. */
export function reconcileOwners(owners: Owners, versions: KindVersions): Owners {
  const reconciled: Owners = new Map();
  for (const [key, owner] of owners) {
    const structure = versions.structureIn(owner.apiVersion);
    if (structure) reconciled.set(key, owner.withSet(reconcileSet(owner.set, structure)));
  }
  return reconciled;
}

function takeFromOthers(owners: Owners, applier: Owner, change: ObjectChange, force: boolean): void {
  const conflicts: Conflict[] = [];
  for (const [key, owner] of owners) {
    const changes = owner === applier ? undefined : change.in(owner.apiVersion);
    if (!changes) continue;
    if (!force) conflicts.push(...conflictsOf(owner, intersection(owner.set, union(changes.modified, changes.added))));
    keepOrDrop(owners, key, owner, difference(owner.set, changes.all));
  }
  if (conflicts.length > 0) throw new ApplyConflicts(conflicts);
}
