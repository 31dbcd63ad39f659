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
import { ownerIdentifier, type Owner, type Owners } from "./manager-entries.ts";
import { mergeTyped } from "./merge.ts";
import { ObjectChange, type KindVersions } from "./object-versions.ts";
import { fieldElement } from "./path-element.ts";
import { fieldSetOf } from "./present-fields.ts";
import { prune } from "./prune.ts";
import { reconcileSet } from "./reconcile-set.ts";

/** Who writes; what it owns comes out of the write. */
export type Writer = Pick<Owner, "manager" | "operation" | "apiVersion" | "subresource">;

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
export function updateOwners(owners: Owners, change: ObjectChange, writer: Writer, now: string): void {
  for (const [identifier, owner] of [...owners]) {
    const changes = change.in(owner.apiVersion);
    if (!changes) {
      owners.delete(identifier);
      continue;
    }
    const taken = union(union(changes.modified, changes.added), changes.removed);
    keepOrDrop(owners, identifier, owner, difference(owner.set, taken));
  }
  const changes = change.in(writer.apiVersion)!;
  const taken = trackedOnly(union(changes.modified, changes.added));
  if (isEmptySet(taken)) return;
  const identifier = ownerIdentifier(writer);
  const previous = owners.get(identifier);
  owners.set(identifier, { ...writer, time: now, set: previous ? union(taken, previous.set) : taken });
}

function keepOrDrop(owners: Owners, identifier: string, owner: Owner, set: FieldSet): void {
  if (isEmptySet(set)) owners.delete(identifier);
  else if (set !== owner.set) owners.set(identifier, { ...owner, set });
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
  readonly writer: Writer;
  readonly force: boolean;
  /** Paths that the write cannot set. */
  readonly resets: FieldSet;
}

/** Merges, prunes and finds conflicts; throws ApplyConflicts. `owners` of the request stay as they are. */
export function applyOwners(request: ApplyRequest, versions: KindVersions): Applied {
  const { live, applied, writer, resets } = request;
  const identifier = ownerIdentifier(writer);
  const owners = reconcileOwners(request.owners, versions);
  const last = owners.get(identifier);
  const set = recursiveDifference(fieldSetOf(applied, versions.structure), resets);
  owners.set(identifier, { ...writer, time: last?.time, set });
  const { apiVersion } = versions;
  const merged = { apiVersion, object: mergeTyped(live, applied, versions.structure) };
  const after = prune(merged, owners, last, versions);
  const change = new ObjectChange(versions, { apiVersion, object: live }, after, resets);
  takeFromOthers(owners, identifier, change, request.force);
  const own = owners.get(identifier);
  if (own) keepOrDrop(owners, identifier, own, trackedOnly(own.set));
  return { object: equalJson(live, after.object) ? undefined : after.object, owners };
}

/** Owners of versions that are not served any more are forgotten; sets follow changes of the schema. */
export function reconcileOwners(owners: Owners, versions: KindVersions): Owners {
  const reconciled: Owners = new Map();
  for (const [identifier, owner] of owners) {
    const structure = versions.structureIn(owner.apiVersion);
    if (structure) reconciled.set(identifier, { ...owner, set: reconcileSet(owner.set, structure) });
  }
  return reconciled;
}

function takeFromOthers(owners: Owners, applier: string, change: ObjectChange, force: boolean): void {
  const conflicts: Conflict[] = [];
  const left = new Map<string, FieldSet>();
  for (const [identifier, owner] of owners) {
    const changes = identifier === applier ? undefined : change.in(owner.apiVersion);
    if (!changes) continue;
    const contested = intersection(owner.set, union(changes.modified, changes.added));
    if (!force) conflicts.push(...conflictsOf(identifier, owner, contested));
    left.set(identifier, difference(difference(owner.set, contested), changes.removed));
  }
  if (conflicts.length > 0) throw new ApplyConflicts(conflicts);
  for (const [identifier, set] of left) keepOrDrop(owners, identifier, owners.get(identifier)!, set);
  if (isEmptySet(owners.get(applier)!.set)) owners.delete(applier);
}
