// SPDX-License-Identifier: Apache-2.0

/**
 * Field ownership once more, for tests: written for plainness over flat maps and sets of path texts, sharing nothing with
 * the code that it checks. It knows objects without repeated list items, in one version.
 */

/** A schema of the model. A list with a key is a list-map, one without is a set. */
export type ModelSchema =
  | { readonly kind: "leaf" }
  | { readonly kind: "struct"; readonly fields: Readonly<Record<string, ModelSchema>> }
  | { readonly kind: "map"; readonly values: ModelSchema }
  | { readonly kind: "list"; readonly key?: string; readonly items: ModelSchema };

/** Path text → what stands there. Containers that hold something are "(fields)" or "(items)", leaves `=JSON`, and else null, {} or []. */
export type Flat = Map<string, string>;

export interface ModelOwner {
  readonly set: ReadonlySet<string>;
  readonly applied: boolean;
}

export type ModelOwners = Map<string, ModelOwner>;

const FIELDS = "(fields)";
const ITEMS = "(items)";

const isContainer = (entry: string | undefined): boolean => entry === FIELDS || entry === ITEMS;

/** Steps end in a slash, so that a path is a prefix of all below it. */
export const step = (element: string): string => `${element.replaceAll("/", "|")}/`;

interface Flattened {
  readonly entries: Flat;
  /** Declared fields: an applier does not own these for leading to something. */
  readonly declared: Set<string>;
}

/** Every path of a value. */
export function flatten(value: unknown, schema: ModelSchema): Flattened {
  const flattened: Flattened = { entries: new Map(), declared: new Set() };
  flattenAt("", value, schema, flattened);
  return flattened;
}

function flattenAt(path: string, value: unknown, schema: ModelSchema, out: Flattened): void {
  const isEmpty = value === null || (typeof value === "object" && Object.keys(value).length === 0);
  if (schema.kind === "leaf" || isEmpty) {
    out.entries.set(path, (schema.kind === "leaf" ? "=" : "") + JSON.stringify(value));
    return;
  }
  out.entries.set(path, schema.kind === "list" ? ITEMS : FIELDS);
  if (schema.kind === "list") {
    for (const item of value as unknown[])
      flattenAt(path + step(itemElement(item, schema.key)), item, schema.items, out);
    return;
  }
  for (const [name, field] of Object.entries(value as object)) {
    const child = path + step(`f:${name}`);
    if (schema.kind === "struct") out.declared.add(child);
    flattenAt(child, field, schema.kind === "struct" ? schema.fields[name]! : schema.values, out);
  }
}

const itemElement = (item: unknown, key: string | undefined): string =>
  key === undefined
    ? `v:${JSON.stringify(item)}`
    : `k:${JSON.stringify({ [key]: (item as Record<string, unknown>)[key] })}`;

const isEmptyList = (entry: string): boolean => entry === "[]";

/** What an applied configuration claims. */
function claims({ entries, declared }: Flattened): Set<string> {
  const claimed = [...entries].filter(
    ([path, entry]) => path !== "" && (!declared.has(path) || !(isContainer(entry) || isEmptyList(entry))),
  );
  return new Set(claimed.map(([path]) => path));
}

interface Difference {
  readonly changed: Set<string>;
  readonly removed: Set<string>;
}

function differ(before: Flat, after: Flat): Difference {
  const changed = [...after].filter(([path, entry]) => {
    const old = before.get(path);
    return old === undefined || (old !== entry && !isContainer(old) && !isContainer(entry));
  });
  const removed = [...before.keys()].filter((path) => !after.has(path));
  return { changed: new Set(changed.map(([path]) => path)), removed: new Set(removed) };
}

const UNTRACKED = new Set([
  step("f:apiVersion"),
  step("f:kind"),
  step("f:metadata"),
  step("f:metadata") + step("f:name"),
]);

const tracked = (set: ReadonlySet<string>): Set<string> =>
  new Set([...set].filter((path) => path !== "" && !UNTRACKED.has(path)));

function setOwner(owners: ModelOwners, name: string, applied: boolean, set: ReadonlySet<string>): void {
  if (set.size === 0) owners.delete(name);
  else owners.set(name, { set, applied });
}

/** The owners after a write that does not apply. */
export function modelUpdate(owners: ModelOwners, before: Flattened, after: Flattened, writer: string): ModelOwners {
  const { changed, removed } = differ(before.entries, after.entries);
  const left: ModelOwners = new Map();
  for (const [name, owner] of owners) {
    setOwner(left, name, owner.applied, owner.set.difference(changed).difference(removed));
  }
  const own = left.get(writer)?.set ?? new Set();
  setOwner(left, writer, false, tracked(changed).union(own));
  return left;
}

export interface ModelApplied {
  readonly object: Flat;
  readonly owners: ModelOwners;
  /** `owner path` of every conflict. */
  readonly conflicts: ReadonlySet<string>;
}

/** What an apply comes to; with conflicts, object and owners are those of a forced one. */
export function modelApply(owners: ModelOwners, live: Flattened, config: Flattened, applier: string): ModelApplied {
  const set = claims(config);
  const next: ModelOwners = new Map(owners);
  next.set(applier, { set, applied: true });
  const object = modelPrune(merge(live.entries, config.entries), next, owners.get(applier)?.set ?? new Set(), [
    live,
    config,
  ]);
  const { changed, removed } = differ(live.entries, object);
  const conflicts = new Set<string>();
  for (const [name, owner] of next) {
    if (name === applier) continue;
    for (const path of owner.set.intersection(changed)) conflicts.add(`${name} ${path}`);
    setOwner(next, name, owner.applied, owner.set.difference(changed).difference(removed));
  }
  setOwner(next, applier, true, tracked(set));
  return { object, owners: next, conflicts };
}

function merge(live: Flat, config: Flat): Flat {
  const merged = new Map(live);
  for (const [path, entry] of config) {
    const isEmpty = entry === "null" || entry === "{}" || entry === "[]";
    if (isContainer(live.get(path)) && isEmpty) continue;
    merged.set(path, entry);
  }
  return merged;
}

/** Removes paths with all below them; what held something and holds nothing any more is null. */
function remove(flat: Flat, set: ReadonlySet<string>): Flat {
  const left = new Map([...flat].filter(([path]) => ![...prefixes(path)].some((prefix) => set.has(prefix))));
  let emptied = true;
  while (emptied) {
    emptied = false;
    for (const [path, entry] of left) {
      if (!isContainer(entry) || holds(left, path)) continue;
      left.set(path, "null");
      emptied = true;
    }
  }
  return left;
}

function* prefixes(path: string): Generator<string> {
  for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) yield path.slice(0, end + 1);
}

/** What the applier dropped goes, but for what others own and what it had never applied. */
function modelPrune(merged: Flat, owners: ModelOwners, last: ReadonlySet<string>, sources: readonly Flattened[]): Flat {
  if (last.size === 0) return merged;
  const declared = new Set(sources.flatMap((source) => [...source.declared]));
  const withNamed = (set: ReadonlySet<string>): Set<string> => {
    const named = new Set(set);
    for (const path of set)
      for (const prefix of prefixes(path)) if (prefix !== path && declared.has(prefix)) named.add(prefix);
    return named;
  };
  const claimsOf = (entries: Flat) => withNamed(claims({ entries, declared }));
  const lastNamed = withNamed(last);
  const without = claimsOf(remove(merged, lastNamed));
  const owned = withNamed(new Set([...owners.values()].flatMap(({ set }) => [...set])));
  const withOwned = remove(merged, claimsOf(merged).difference(without).difference(owned));
  const goes = claimsOf(merged).difference(claimsOf(withOwned)).intersection(lastNamed);
  const kept = remove(merged, goes);
  // What the last removal emptied is left out altogether.
  const left = new Map([...kept].filter(([path, entry]) => entry !== "null" || merged.get(path) === "null"));
  return new Map([...left].map(([path, entry]) => [path, entry === FIELDS && !holds(left, path) ? "{}" : entry]));
}

const holds = (flat: Flat, path: string): boolean =>
  [...flat.keys()].some((other) => other !== path && other.startsWith(path));
