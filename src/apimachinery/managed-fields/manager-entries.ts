// SPDX-License-Identifier: Apache-2.0

import { isJsonObject } from "../json-value.ts";
import type { DeepReadonly, FieldsV1, ManagedFieldsEntry } from "../object.ts";
import { compareText } from "../text-order.ts";
import { containsAll, intersects, isEmptySet, type FieldSet } from "./field-set.ts";
import { fieldsContain, fieldsTouch, printFields, readFields } from "./fields-v1.ts";
import { quoted } from "./path-element.ts";

/** What tells owners apart: the version only those that do not apply. */
export interface OwnerIdentity {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
}

/** One manager, and what it owns: a set, and its printed form; either is made from the other when it is asked for. */
export class Owner implements OwnerIdentity {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly #fields: FieldsV1 | undefined;
  #set: FieldSet | undefined;

  constructor(identity: OwnerIdentity, time: string | undefined, owned: { set?: FieldSet; fields?: FieldsV1 }) {
    this.manager = identity.manager;
    this.operation = identity.operation;
    this.apiVersion = identity.apiVersion;
    this.subresource = identity.subresource;
    this.time = time;
    this.#set = owned.set;
    this.#fields = owned.fields;
  }

  get set(): FieldSet {
    return (this.#set ??= readFields(this.#fields));
  }

  get fields(): FieldsV1 {
    return this.#fields ?? printFields(this.set);
  }

  withSet(set: FieldSet): Owner {
    return set === this.#set ? this : new Owner(this, this.time, { set });
  }

  withTime(time: string | undefined): Owner {
    return new Owner(this, time, { set: this.#set, fields: this.#fields });
  }

  /** A client may send an owner of nothing. */
  get ownsNothing(): boolean {
    if (this.#set) return isEmptySet(this.#set);
    for (const _ in this.#fields) return false;
    return true;
  }

  /** Whether it owns any path of `set`; looks no further than it must. */
  touches(set: FieldSet): boolean {
    return this.#set ? intersects(set, this.#set) : fieldsTouch(this.fields, set);
  }

  /** Whether it owns every path of `set`. */
  ownsAll(set: FieldSet): boolean {
    return this.#set ? containsAll(this.#set, set) : fieldsContain(this.fields, set);
  }
}

/** Owners by key. */
export type Owners = Map<string, Owner>;

/** Managed fields that cannot be read. */
export class BadManagedFields extends Error {}

/** A text that tells an owner from others. */
export const ownerKey = ({ manager, operation, apiVersion, subresource }: OwnerIdentity): string =>
  operation === "Apply" ? `Apply\n${manager}\n${subresource}` : `Update\n${manager}\n${subresource}\n${apiVersion}`;

/** The same as the original writes it; conflicts, and updaters of one time, are in the order of these. */
export function ownerIdentifier(owner: OwnerIdentity): string {
  const { manager, operation, subresource } = owner;
  return JSON.stringify({
    manager: manager || undefined,
    operation,
    apiVersion: operation === "Update" ? owner.apiVersion : undefined,
    subresource: subresource || undefined,
  });
}

/**
 * Reads metadata.managedFields. Those of a stored object are taken as they were written; those that a client sends are
 * checked and made canonical, and BadManagedFields is thrown for what the original does not take.
 */
export function readOwners(entries: DeepReadonly<ManagedFieldsEntry[]> | undefined, source: "stored" | "sent"): Owners {
  const owners: Owners = new Map();
  if (!entries) return owners;
  for (let i = 0; i < entries.length; i++) {
    const owner = readOwner(entries[i] as ManagedFieldsEntry, i, source);
    owners.set(ownerKey(owner), owner);
  }
  return owners;
}

function readOwner(entry: ManagedFieldsEntry, index: number, source: "stored" | "sent"): Owner {
  const { manager = "", operation, apiVersion, subresource = "", fieldsType, fieldsV1 } = entry;
  if (operation !== "Apply" && operation !== "Update") {
    throw new BadManagedFields("operation must be `Apply` or `Update`");
  }
  if (!apiVersion) throw new BadManagedFields("apiVersion must not be empty");
  if (!fieldsType) throw new BadManagedFields(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== "FieldsV1") {
    throw new BadManagedFields(`invalid fieldsType ${quoted(fieldsType)} in managed fields entry ${index}`);
  }
  const owned = source === "stored" && isJsonObject(fieldsV1) ? { fields: fieldsV1 } : { set: readSet(fieldsV1) };
  return new Owner({ manager, operation, apiVersion, subresource }, entry.time ?? undefined, owned);
}

function readSet(fields: FieldsV1 | undefined): FieldSet {
  try {
    return readFields(fields);
  } catch (error) {
    throw new BadManagedFields(`error decoding set: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** The entries of metadata.managedFields, in the order of the original; undefined when nobody owns anything. */
export function printOwners(owners: Owners): ManagedFieldsEntry[] | undefined {
  if (owners.size === 0) return undefined;
  return sortEntries(Array.from(owners.values(), printOwner));
}

/** One entry, its fields in the order in which the original prints them. */
function printOwner(owner: Owner): ManagedFieldsEntry {
  const entry: ManagedFieldsEntry = {};
  if (owner.manager) entry.manager = owner.manager;
  entry.operation = owner.operation;
  entry.apiVersion = owner.apiVersion;
  if (owner.time !== undefined) entry.time = owner.time;
  entry.fieldsType = "FieldsV1";
  entry.fieldsV1 = owner.fields;
  if (owner.subresource) entry.subresource = owner.subresource;
  return entry;
}

/** Sorts in place: appliers first, then by time, manager, version and subresource. */
const sortEntries = (entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] => entries.sort(compareEntries);

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
