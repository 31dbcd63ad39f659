// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compactSchemaRegistry } from "../compact-schema.ts";
import { compareObjects } from "./compare.ts";
import { CreatedFields } from "./created-fields.ts";
import { emptyObjectOf } from "./empty-object.ts";
import { equalSets, union } from "./field-set.ts";
import { structureOf } from "./structure.ts";

const registry = compactSchemaRegistry({
  version: "test",
  packages: { t: "t" },
  connectParameters: {},
  types: {
    "t.Raw": { scalar: "any" },
    "t.Root": {
      fields: {
        text: "string kept",
        count: "int32",
        inner: "Inner",
        pointer: "*Inner",
        items: "[]Inner list=text kept",
        names: "[]string list=set",
        atoms: "[]string",
        labels: "{}string",
        when: "time kept",
        free: "*Raw",
      },
    },
    "t.Inner": { fields: { text: "string", labels: "{}string", names: "[]string list=set", deep: "Deep" } },
    "t.Deep": { fields: { on: "boolean kept", free: "*Raw" } },
  },
});
const shape = { type: "ref", name: "t.Root" } as const;
const structure = structureOf(registry, shape);

test("an empty object has the structs and the kept zero values of its type", () => {
  assert.deepEqual(emptyObjectOf(registry, shape), {
    text: "",
    inner: { deep: { on: false } },
    items: null,
    when: null,
  });
});

const text = fc.constantFrom("", "a", "b");
const labels = fc.dictionary(text, text, { maxKeys: 2, noNullPrototype: true });
const optional = { requiredKeys: [] as [], noNullPrototype: true };
const free = fc.jsonValue({ maxDepth: 2 });
const deep = fc.record({ on: fc.boolean(), free }, optional);
const inner = fc.record({ text, labels, names: fc.array(text, { maxLength: 2 }), deep }, optional);
const items = fc.array(fc.record({ text, labels, deep }, { requiredKeys: ["text"], noNullPrototype: true }), {
  maxLength: 3,
});
const root = fc.record(
  {
    text,
    count: fc.nat(2),
    inner,
    pointer: fc.option(inner),
    items: fc.option(items),
    names: fc.array(text, { maxLength: 3 }),
    atoms: fc.array(text, { maxLength: 2 }),
    labels: fc.option(labels),
    when: fc.option(fc.constant("2026-01-01T00:00:00Z")),
    free,
  },
  optional,
);

test("a creator owns what differs from an empty object, however its fields are ordered and repeated", () => {
  const empty = emptyObjectOf(registry, shape);
  const created = new CreatedFields(structure, empty);
  fc.assert(
    fc.property(root, fc.boolean(), (object, isReversed) => {
      const ordered = isReversed ? Object.fromEntries(Object.entries(object).reverse()) : object;
      const { added, modified } = compareObjects(empty, ordered, structure);
      const set = created.of(ordered);
      assert.ok(equalSets(set, union(added, modified)));
      assert.equal(created.of(structuredClone(ordered)), set);
    }),
    { numRuns: 500 },
  );
});

test("memory of looks is bounded, and forgetting changes no answer", () => {
  const created = new CreatedFields(structure, emptyObjectOf(registry, shape));
  const first = created.of({ labels: { a: "1" } });
  for (let i = 0; i < 20_000; i++) created.of({ labels: { [`l${i}`]: "1" } });
  const again = created.of({ labels: { a: "1" } });
  assert.notEqual(again, first);
  assert.ok(equalSets(again, first));
});

test("an object may have ten thousand labels", () => {
  const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`l${i}`, "1"]));
  const created = new CreatedFields(structure, emptyObjectOf(registry, shape));
  const { added, modified } = compareObjects(emptyObjectOf(registry, shape), { labels }, structure);
  assert.ok(equalSets(created.of({ labels }), union(added, modified)));
});
