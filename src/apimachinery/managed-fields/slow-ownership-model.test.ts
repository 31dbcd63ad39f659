// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compactSchemaRegistry } from "../compact-schema.ts";
import { copyJson } from "../json-value.ts";
import type { FieldsV1, KubeObject } from "../object.ts";
import { StatusError } from "../status-error.ts";
import { pathsOf } from "./field-set.ts";
import { readFields } from "./fields-v1.ts";
import { ManagedFieldsUpdater } from "./managed-fields-updater.ts";
import {
  flatten,
  modelApply,
  modelUpdate,
  step,
  type Flat,
  type ModelOwners,
  type ModelSchema,
} from "./slow-ownership-model.ts";

const registry = compactSchemaRegistry({
  version: "test",
  packages: { t: "t" },
  connectParameters: {},
  types: {
    "t.Raw": { scalar: "any" },
    "t.Thing": { fields: { apiVersion: "string", kind: "string", metadata: "Meta", spec: "*Spec" } },
    "t.Meta": { fields: { name: "string", uid: "string", managedFields: "[]Raw" } },
    "t.Spec": {
      fields: {
        size: "int32",
        labels: "{}string",
        nested: "{}Item",
        atoms: "[]string",
        names: "[]string list=set",
        items: "[]Item list=name",
        inner: "*Item",
      },
    },
    "t.Item": { fields: { name: "string", value: "string", tags: "{}string", names: "[]string list=set" } },
  },
});

const leaf: ModelSchema = { kind: "leaf" };
const names: ModelSchema = { kind: "list", items: leaf };
const item: ModelSchema = {
  kind: "struct",
  fields: { name: leaf, value: leaf, tags: { kind: "map", values: leaf }, names },
};
const schema: ModelSchema = {
  kind: "struct",
  fields: {
    apiVersion: leaf,
    kind: leaf,
    metadata: { kind: "struct", fields: { name: leaf, uid: leaf } },
    spec: {
      kind: "struct",
      fields: {
        size: leaf,
        labels: { kind: "map", values: leaf },
        nested: { kind: "map", values: item },
        atoms: leaf,
        names,
        items: { kind: "list", key: "name", items: item },
        inner: item,
      },
    },
  },
};

const updater = new ManagedFieldsUpdater({
  registry,
  shape: { type: "ref", name: "t.Thing" },
  apiVersion: "t/v1",
  kind: "Thing",
});

const text = fc.constantFrom("a", "b", "c");
const mapOf = <T>(values: fc.Arbitrary<T>) => fc.dictionary(text, values, { maxKeys: 3, noNullPrototype: true });
const nameSet = fc.uniqueArray(text, { maxLength: 3 });
const partial = { requiredKeys: [] as [], noNullPrototype: true };
const itemParts = { value: text, tags: mapOf(text), names: nameSet };
const itemValue = fc.record({ name: text, ...itemParts }, { requiredKeys: ["name"], noNullPrototype: true });
const spec = fc.record(
  {
    size: fc.integer({ min: 0, max: 3 }),
    labels: mapOf(text),
    nested: mapOf(fc.record({ name: text, ...itemParts }, partial)),
    atoms: fc.array(text, { maxLength: 2 }),
    names: nameSet,
    items: fc.uniqueArray(itemValue, { maxLength: 3, selector: ({ name }) => name }),
    inner: fc.record({ name: text, ...itemParts }, partial),
  },
  partial,
);

type Write = { readonly by: string; readonly spec: object; readonly how: "apply" | "force" | "update" };

const write: fc.Arbitrary<Write> = fc.record({
  by: fc.constantFrom("one", "two", "three"),
  spec,
  how: fc.constantFrom("apply", "force", "force", "update"),
});

const objectWith = (specValue: object): KubeObject => ({
  apiVersion: "t/v1",
  kind: "Thing",
  metadata: { name: "x" },
  spec: copyJson(specValue),
});

const withoutManagers = (object: KubeObject): KubeObject => {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
};

const flat = (object: KubeObject | undefined) => flatten(object ? withoutManagers(object) : { metadata: {} }, schema);

const pathTexts = (fields: FieldsV1): string[] =>
  Array.from(pathsOf(readFields(fields)), (path) => path.map(step).join(""));

/** The owners that an object tells of, as the model has them. */
function ownersIn(object: KubeObject): Record<string, string[]> {
  const owners = (object.metadata.managedFields ?? []).map(({ manager, operation, fieldsV1 }) => [
    `${manager} ${operation}`,
    pathTexts(fieldsV1!).sort(),
  ]);
  return Object.fromEntries(owners) as Record<string, string[]>;
}

const modelOwnersText = (owners: ModelOwners): Record<string, string[]> =>
  Object.fromEntries([...owners].map(([name, { set }]) => [name, [...set].sort()]));

const sorted = (entries: Flat): [string, string][] => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

/** Runs one write through both; returns what they are afterwards. */
function runWrite(
  live: KubeObject,
  owners: ModelOwners,
  { by, spec: specValue, how }: Write,
): [KubeObject, ModelOwners] {
  const options = { manager: by, now: "2026-01-01T00:00:00Z" };
  const object = objectWith(specValue);
  if (how === "update") {
    const after = modelUpdate(owners, flat(live), flat(object), `${by} Update`);
    updater.update(live, object, options);
    assert.deepEqual(ownersIn(object), modelOwnersText(after));
    return [object, after];
  }
  const expected = modelApply(owners, flat(live), flat(object), `${by} Apply`);
  try {
    const applied = updater.apply(live, object, { ...options, force: how === "force" });
    assert.ok(how === "force" || expected.conflicts.size === 0, "conflicts were missed");
    assert.deepEqual(sorted(flat(applied).entries), sorted(expected.object));
    assert.deepEqual(ownersIn(applied), modelOwnersText(expected.owners));
    return [applied, expected.owners];
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    assert.equal(how, "apply");
    assert.equal(error.status.details?.causes?.length, expected.conflicts.size);
    return [live, owners];
  }
}

test("any sequence of applies and updates by several managers comes out as the slow model says", () => {
  fc.assert(
    fc.property(spec, fc.array(write, { minLength: 1, maxLength: 6 }), (first, writes) => {
      let live = objectWith(first);
      updater.update(undefined, live, { manager: "zero", now: "2026-01-01T00:00:00Z" });
      let owners = modelUpdate(new Map(), flat(undefined), flat(live), "zero Update");
      assert.deepEqual(ownersIn(live), modelOwnersText(owners));
      for (const next of writes) {
        // Objects that nobody owns are not tracked by updates; the model does not know that.
        if (owners.size === 0) return;
        [live, owners] = runWrite(live, owners, next);
      }
    }),
    { numRuns: 300 },
  );
});
