// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, FieldsV1, ManagedFieldsEntry } from "../object.ts";
import { compareText } from "../text-order.ts";
import type { FieldSet } from "./field-set.ts";
import { printFields, readFields } from "./fields-v1.ts";
import { quoted } from "./path-element.ts";

/** What one manager owns. Managers are told apart by name, operation and subresource, updaters by version too. */
export interface Owner {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly set: FieldSet;
}

/** Owners by identifier. */
export type Owners = Map<string, Owner>;

/** Managed fields that cannot be read. */
export class BadManagedFields extends Error {}

type Identity = Pick<Owner, "manager" | "operation" | "apiVersion" | "subresource">;

/** What tells an owner from others; conflicts are listed in the order of these. */
export function ownerIdentifier(owner: Identity): string {
  const { manager, operation, subresource } = owner;
  return JSON.stringify({
    manager: manager || undefined,
    operation,
    apiVersion: operation === "Update" ? owner.apiVersion : undefined,
    subresource: subresource || undefined,
  });
}

/** Reads metadata.managedFields; throws BadManagedFields for what the original does not take. */
export function readOwners(entries: DeepReadonly<ManagedFieldsEntry[]> | undefined): Owners {
  const owners: Owners = new Map();
  for (const [i, entry] of (entries ?? []).entries()) {
    const owner = readOwner(entry as ManagedFieldsEntry, i);
    owners.set(ownerIdentifier(owner), owner);
  }
  return owners;
}

function readOwner(entry: ManagedFieldsEntry, index: number): Owner {
  const { operation, apiVersion, fieldsType } = entry;
  if (operation !== "Apply" && operation !== "Update") {
    throw new BadManagedFields("operation must be `Apply` or `Update`");
  }
  if (!apiVersion) throw new BadManagedFields("apiVersion must not be empty");
  if (!fieldsType) throw new BadManagedFields(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== "FieldsV1") {
    throw new BadManagedFields(`invalid fieldsType ${quoted(fieldsType)} in managed fields entry ${index}`);
  }
  return {
    manager: entry.manager ?? "",
    operation,
    apiVersion,
    subresource: entry.subresource ?? "",
    time: entry.time ?? undefined,
    set: readSet(entry.fieldsV1),
  };
}

function readSet(fields: FieldsV1 | undefined): FieldSet {
  try {
    return readFields(fields);
  } catch (error) {
    throw new BadManagedFields(`error decoding set: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** The entries of metadata.managedFields, in the order of the original; undefined when nobody owns anything. */
export function printOwners(owners: Owners): ManagedFieldsEntry[] | undefined {
  if (owners.size === 0) return undefined;
  return sortEntries([...owners.values()].map(printOwner));
}

const printOwner = (owner: Owner): ManagedFieldsEntry => makeEntry(owner, owner.time, printFields(owner.set));

/** One entry, its fields in the order in which the original prints them. */
export function makeEntry(owner: Identity, time: string | undefined, fieldsV1: FieldsV1): ManagedFieldsEntry {
  const entry: ManagedFieldsEntry = {};
  if (owner.manager) entry.manager = owner.manager;
  entry.operation = owner.operation;
  entry.apiVersion = owner.apiVersion;
  if (time !== undefined) entry.time = time;
  entry.fieldsType = "FieldsV1";
  entry.fieldsV1 = fieldsV1;
  if (owner.subresource) entry.subresource = owner.subresource;
  return entry;
}

/** Sorts in place: appliers first, then by time, manager, version and subresource. */
export const sortEntries = (entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] => entries.sort(compareEntries);

function compareEntries(left: ManagedFieldsEntry, right: ManagedFieldsEntry): number {
  return (
    compareText(left.operation ?? "", right.operation ?? "") ||
    compareTimes(left.time, right.time) ||
    compareText(left.manager ?? "", right.manager ?? "") ||
    compareText(left.apiVersion ?? "", right.apiVersion ?? "") ||
    compareText(left.subresource ?? "", right.subresource ?? "")
  );
}

/** Times are RFC 3339 in UTC with seconds, so that their text has their order; none is the earliest. */
export const compareTimes = (left: string | undefined, right: string | undefined): number =>
  compareText(left ?? "", right ?? "");
