// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Choose,
  jsonPatchBetween,
  mergePatchBetween,
  type StrategicSchema,
  strategicPatchBetween,
} from "../../../test/fixtures/patch-diff.ts";
import { propertyRuns } from "../../../test/fixtures/property-runs.ts";
import { compactSchemaRegistry } from "../compact-schema.ts";
import { StatusError } from "../status-error.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

type Fields = Record<string, unknown>;

/** What a patch must not change is frozen for it. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) frozen(child);
  }
  return value;
}

/** The same choices for the same numbers. */
function choosing(numbers: readonly number[]): Choose {
  let next = 0;
  return (ways) => numbers[next++ % numbers.length]! % ways;
}

const choices = fc.array(fc.nat(100), { minLength: 5, maxLength: 20 });
const scalar = fc.oneof(fc.constantFrom("", "a", "b", "é"), fc.integer({ min: -2, max: 2 }), fc.boolean());
const name = fc.constantFrom("a", "b", "a/b", "c~d", "", "0", "-", "__proto__");

/** Any JSON; objects without nulls, which a merge patch cannot set. */
const json = fc.letrec<{ value: unknown; object: Fields }>((tie) => ({
  object: fc.dictionary(name, tie("value"), { maxKeys: 4, depthIdentifier: "json" }),
  value: fc.oneof(
    { depthSize: "small", depthIdentifier: "json" },
    scalar,
    fc.array(fc.oneof(tie("value"), fc.constant(null)), { maxLength: 3, depthIdentifier: "json" }),
    tie("object"),
  ),
})).object;

/** Objects of one prototype: the generator makes some without any. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("a merge patch between two objects makes one of the other, again too, and changes neither", () => {
  fc.assert(
    fc.property(json, json, (from, to) => {
      const patch = frozen(mergePatchBetween(frozen(from), frozen(to)));
      const patched = applyMergePatch(from, patch);
      assert.deepEqual(plain(patched), plain(to));
      assert.deepEqual(plain(applyMergePatch(frozen(patched), patch)), plain(to));
    }),
    propertyRuns(400),
  );
});

test("a JSON patch between two objects makes one of the other, and changes neither", () => {
  fc.assert(
    fc.property(json, json, choices, (from, to, numbers) => {
      const patch = frozen(jsonPatchBetween(frozen(from), frozen(to), choosing(numbers)));
      assert.deepEqual(plain(applyJsonPatch(from, patch)), plain(to));
    }),
    propertyRuns(400),
  );
});

const registry = compactSchemaRegistry({
  version: "test",
  packages: { t: "t" },
  connectParameters: {},
  types: {
    "t.Root": {
      fields: {
        name: "string",
        labels: "{}string",
        meta: "Meta",
        strategy: "*Meta patch=retainKeys",
        items: "[]Item patch=merge merge=name",
        plain: "[]Item",
        finalizers: "[]string patch=merge",
        args: "[]string",
      },
    },
    "t.Meta": { fields: { a: "string", b: "string", inner: "Meta", finalizers: "[]string patch=merge" } },
    "t.Item": { fields: { name: "string", value: "string", meta: "Meta", ports: "[]Port patch=merge merge=port" } },
    "t.Port": { fields: { port: "int32", protocol: "string" } },
  },
});
const shape = { type: "ref", name: "t.Root" } as const;

const leaf: StrategicSchema = { kind: "leaf" };
const primitives: StrategicSchema = { kind: "list", items: leaf };
const innerMeta: StrategicSchema = { kind: "struct", fields: { a: leaf, b: leaf, finalizers: primitives } };
const metaFields = { a: leaf, b: leaf, inner: innerMeta, finalizers: primitives };
const metaSchema: StrategicSchema = { kind: "struct", fields: metaFields };
const portSchema: StrategicSchema = { kind: "struct", fields: { port: leaf, protocol: leaf } };
const itemSchema: StrategicSchema = {
  kind: "struct",
  fields: { name: leaf, value: leaf, meta: metaSchema, ports: { kind: "list", key: "port", items: portSchema } },
};
const schema: StrategicSchema = {
  kind: "struct",
  fields: {
    name: leaf,
    labels: { kind: "map", values: leaf },
    meta: metaSchema,
    strategy: { kind: "struct", fields: metaFields, retains: true },
    items: { kind: "list", key: "name", items: itemSchema },
    plain: leaf,
    finalizers: primitives,
    args: leaf,
  },
};

const text = fc.constantFrom("a", "b", "c");
const some = { requiredKeys: [] as [], noNullPrototype: true };
const texts = fc.uniqueArray(text, { maxLength: 3 });
const metaParts = { a: text, b: text, finalizers: texts };
const meta = fc.record({ ...metaParts, inner: fc.record(metaParts, some) }, some);
const port = fc.record(
  { port: fc.integer({ min: 1, max: 3 }), protocol: fc.constantFrom("TCP", "UDP") },
  { requiredKeys: ["port"], noNullPrototype: true },
);
const item = fc.record(
  { name: text, value: text, meta, ports: fc.uniqueArray(port, { maxLength: 3, selector: (p) => p.port }) },
  { requiredKeys: ["name"], noNullPrototype: true },
);
const root = fc.record(
  {
    name: text,
    labels: fc.dictionary(text, text, { noNullPrototype: true }),
    meta,
    strategy: meta,
    items: fc.uniqueArray(item, { maxLength: 3, selector: (i) => i.name }),
    plain: fc.array(item, { maxLength: 2 }),
    finalizers: texts,
    args: fc.array(text, { maxLength: 3 }),
  },
  some,
);

test("a strategic merge patch between two objects makes one of the other, again too, and changes neither", () => {
  fc.assert(
    fc.property(root, root, choices, (from, to, numbers) => {
      const patch = frozen(strategicPatchBetween(frozen(from), frozen(to), schema, choosing(numbers)));
      const patched = applyStrategicMergePatch(from, patch, shape, registry);
      assert.deepEqual(patched, to);
      assert.deepEqual(applyStrategicMergePatch(frozen(patched), patch, shape, registry), to);
    }),
    propertyRuns(400),
  );
});

/** Anything that a client may send: values of every type in every place, and directives where they do not belong. */
const nonsense = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  object: fc.dictionary(
    fc.constantFrom(
      ...["name", "labels", "meta", "items", "finalizers", "args", "inner", "ports", "unknown", "$patch"],
      ...[
        "$retainKeys",
        "$setElementOrder/items",
        "$setElementOrder/finalizers",
        "$deleteFromPrimitiveList/finalizers",
      ],
      ...["$setElementOrder", "$deleteFromPrimitiveList"],
    ),
    tie("value"),
    { maxKeys: 4, noNullPrototype: true, depthIdentifier: "nonsense" },
  ),
  value: fc.oneof(
    { depthSize: "small", depthIdentifier: "nonsense" },
    fc.constantFrom<unknown>(null, 1, 1.5, true, "a", "delete", "replace", "merge"),
    fc.array(tie("value"), { maxLength: 3, depthIdentifier: "nonsense" }),
    tie("object"),
  ),
}));

test("any strategic or merge patch is applied or refused in words, and changes neither the object nor itself", () => {
  fc.assert(
    fc.property(root, nonsense.object, nonsense.value, (from, objectPatch, anyPatch) => {
      frozen(from);
      for (const patch of [frozen(objectPatch), frozen(anyPatch)]) {
        refusedInWords(() => applyStrategicMergePatch(from, patch, shape, registry));
        refusedInWords(() => applyMergePatch(from, patch));
      }
    }),
    propertyRuns(400),
  );
});

const pointer = fc
  .array(fc.constantFrom("name", "labels", "items", "0", "1", "-", "-1", "9", "a", "~0", "~1", "x", ""), {
    maxLength: 3,
  })
  .map((tokens) => tokens.map((token) => `/${token}`).join(""));
const operation = fc.record(
  {
    op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test", "other"),
    path: pointer,
    from: pointer,
    value: nonsense.value,
  },
  some,
);

test("any JSON patch is applied or refused in words, and changes neither the object nor itself", () => {
  fc.assert(
    fc.property(root, fc.array(operation, { maxLength: 4 }), (from, patch) => {
      refusedInWords(() => applyJsonPatch(frozen(from), frozen(patch)));
    }),
    propertyRuns(400),
  );
});

function refusedInWords(apply: () => unknown): void {
  try {
    apply();
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
  }
}
