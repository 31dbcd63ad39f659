// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { propertyRuns } from "../../../test/fixtures/property-runs.ts";
import {
  flatten,
  modelApply,
  modelUpdate,
  step,
  type Flat,
  type ModelOwners,
  type ModelSchema,
} from "../../../test/fixtures/slow-ownership-model.ts";
import { compactSchemaRegistry } from "../compact-schema.ts";
import { copyJson } from "../json-value.ts";
import type { FieldsV1, KubeObject } from "../object.ts";
import { StatusError } from "../status-error.ts";
import { pathsOf } from "./field-set.ts";
import { readFields } from "./fields-v1.ts";
import { ManagedFieldsUpdater } from "./managed-fields-updater.ts";

const registry = compactSchemaRegistry({
  version: "test",
  packages: { t: "t" },
  connectParameters: {},
  types: {
    "t.Raw": { scalar: "any" },
    "t.Thing": {
      fields: { apiVersion: "string", kind: "string", metadata: "Meta", spec: "*Spec", status: "*Spec" },
    },
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
        ports: "[]Port list=port,protocol",
        whole: "Atomic",
        wholeMap: "{}string map=atomic",
      },
    },
    "t.Item": {
      fields: {
        name: "string",
        value: "string",
        tags: "{}string",
        names: "[]string list=set",
        ports: "[]Port list=port,protocol",
        whole: "Atomic",
      },
    },
    "t.Port": { fields: { port: "int32", protocol: 'string default="TCP"', name: "string" } },
    "t.Atomic": { atomic: true, fields: { a: "string", b: "[]string" } },
  },
});

const leaf: ModelSchema = { kind: "leaf" };
const names: ModelSchema = { kind: "list", items: leaf };
const ports: ModelSchema = {
  kind: "list",
  keys: [{ name: "port" }, { name: "protocol", default: "TCP" }],
  items: { kind: "struct", fields: { port: leaf, protocol: leaf, name: leaf } },
};
const item: ModelSchema = {
  kind: "struct",
  fields: { name: leaf, value: leaf, tags: { kind: "map", values: leaf }, names, ports, whole: leaf },
};
const part: ModelSchema = {
  kind: "struct",
  fields: {
    size: leaf,
    labels: { kind: "map", values: leaf },
    nested: { kind: "map", values: item },
    atoms: leaf,
    names,
    items: { kind: "list", keys: [{ name: "name" }], items: item },
    inner: item,
    ports,
    whole: leaf,
    wholeMap: leaf,
  },
};
const schema: ModelSchema = {
  kind: "struct",
  fields: {
    apiVersion: leaf,
    kind: leaf,
    metadata: { kind: "struct", fields: { name: leaf, uid: leaf } },
    spec: part,
    status: part,
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
const port = fc.record(
  { port: fc.integer({ min: 1, max: 2 }), protocol: fc.constantFrom("TCP", "UDP"), name: text },
  { requiredKeys: ["port"], noNullPrototype: true },
);
const portList = fc.uniqueArray(port, { maxLength: 3, selector: (p) => `${p.port}/${p.protocol ?? "TCP"}` });
const whole = fc.record({ a: text, b: fc.array(text, { maxLength: 2 }) }, { requiredKeys: [], noNullPrototype: true });
const itemParts = { value: text, tags: mapOf(text), names: nameSet, ports: portList, whole };
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
    ports: portList,
    whole,
    wholeMap: mapOf(text),
  },
  partial,
);

interface Write {
  readonly by: string;
  readonly spec?: object;
  readonly status?: object;
  readonly how: "apply" | "force" | "update";
  /** To the main resource, which cannot set the status, or to /status, which cannot set the spec. */
  readonly to: "main" | "status";
}

const write: fc.Arbitrary<Write> = fc.record(
  {
    by: fc.constantFrom("one", "two", "three"),
    spec,
    status: spec,
    how: fc.constantFrom("apply", "force", "force", "update"),
    to: fc.constantFrom("main", "main", "status"),
  },
  { requiredKeys: ["by", "how", "to"], noNullPrototype: true },
);

const RESETS = { main: [["status"]], status: [["spec"]] } as const;

const objectWith = ({ spec: specValue, status }: Pick<Write, "spec" | "status">): KubeObject => ({
  apiVersion: "t/v1",
  kind: "Thing",
  metadata: { name: "x" },
  ...(specValue ? { spec: copyJson(specValue) } : {}),
  ...(status ? { status: copyJson(status) } : {}),
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
  const owners = (object.metadata.managedFields ?? []).map(({ manager, operation, subresource, fieldsV1 }) => [
    `${manager} ${operation} ${subresource ?? "main"}`,
    pathTexts(fieldsV1!).sort(),
  ]);
  return Object.fromEntries(owners) as Record<string, string[]>;
}

const modelOwnersText = (owners: ModelOwners): Record<string, string[]> =>
  Object.fromEntries([...owners].map(([name, { set }]) => [name, [...set].sort()]));

const sorted = (entries: Flat): [string, string][] => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

/** Runs one write through both; returns what they are afterwards. */
function runWrite(live: KubeObject, owners: ModelOwners, next: Write): [KubeObject, ModelOwners] {
  const { by, how, to } = next;
  const options = {
    manager: by,
    now: "2026-01-01T00:00:00Z",
    resetFields: RESETS[to],
    ...(to === "status" ? { subresource: to } : {}),
  };
  const reset = step(`f:${RESETS[to][0]![0]!}`);
  const object = objectWith(next);
  if (how === "update") {
    const after = modelUpdate(owners, flat(live), flat(object), { name: `${by} Update ${to}`, reset });
    updater.update(live, object, options);
    assert.deepEqual(ownersIn(object), modelOwnersText(after));
    return [object, after];
  }
  const expected = modelApply(owners, flat(live), flat(object), { name: `${by} Apply ${to}`, reset });
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

/** What writes must not change is frozen for them. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) frozen(child);
  }
  return value;
}

const first = fc.record({ spec, status: spec }, { requiredKeys: [], noNullPrototype: true });

test("any sequence of applies and updates by several managers comes out as the slow model says", () => {
  fc.assert(
    fc.property(first, fc.array(write, { minLength: 1, maxLength: 6 }), (start, writes) => {
      let live = objectWith(start);
      updater.update(undefined, live, { manager: "zero", now: "2026-01-01T00:00:00Z" });
      let owners = modelUpdate(new Map(), flat(undefined), flat(live), { name: "zero Update main" });
      assert.deepEqual(ownersIn(live), modelOwnersText(owners));
      for (const next of writes) {
        // Objects that nobody owns are not tracked by updates; the model does not know that.
        if (owners.size === 0) return;
        [live, owners] = runWrite(frozen(live), owners, next);
      }
    }),
    propertyRuns(300),
  );
});

test("an apply that is repeated changes nothing", () => {
  fc.assert(
    fc.property(first, write, (start, next) => {
      const live = objectWith(start);
      const options = { manager: next.by, now: "2026-01-01T00:00:00Z", force: true, resetFields: RESETS.main };
      updater.update(undefined, live, { manager: "zero", now: "2026-01-01T00:00:00Z" });
      const once = updater.apply(live, objectWith(next), options);
      assert.deepEqual(updater.apply(frozen(once), objectWith(next), options), once);
    }),
    propertyRuns(300),
  );
});
