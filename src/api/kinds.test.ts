// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { type KubeObject, objectCodec } from "../apimachinery/index.ts";
import { builtInKinds, type Kind, schemaRegistry } from "./index.ts";

const stored = builtInKinds().filter((kind) => !kind.virtual);
const nameOf = ({ group, version, kind }: Kind): string => `${kind}.${version}.${group}`;

test("every kind is registered once, with a schema and names that no other kind has", () => {
  const kinds = builtInKinds();
  assert.equal(new Set(kinds.map(nameOf)).size, kinds.length);
  const short = new Map<string, string>();
  for (const kind of kinds) {
    assert.ok(schemaRegistry().type(kind.type), nameOf(kind));
    for (const name of kind.shortNames ?? []) {
      const taken = short.get(name) ?? kind.resource;
      assert.equal(taken, kind.resource, `${nameOf(kind)} and ${taken} are both called ${name}`);
      short.set(name, kind.resource);
    }
  }
});

test("every kind takes an empty object through defaults, strategy, validation, warnings and columns", () => {
  const context = { userName: "tester", userGroups: [], now: "2026-01-01T00:00:00Z", dryRun: false, warn: () => {} };
  for (const kind of stored) {
    const { object } = objectCodec(schemaRegistry(), kind.type).decodeJson(
      JSON.stringify({
        apiVersion: kind.group ? `${kind.group}/${kind.version}` : kind.version,
        kind: kind.kind,
        metadata: { name: "empty" },
      }),
    );
    const old = structuredClone(object) as KubeObject;
    assert.doesNotThrow(() => {
      kind.defaults?.(object);
      kind.prepareForCreate?.(object, context);
      kind.validate?.(object);
      kind.warnings?.(object, undefined);
      kind.defaults?.(old);
      kind.prepareForUpdate?.(object, old, context);
      kind.validateUpdate?.(object, old);
      kind.warnings?.(object, old);
      for (const column of kind.columns ?? []) column.cell(object, { age: () => "1d" });
    }, nameOf(kind));
  }
});

test("defaults leave alone what they have filled", () => {
  for (const kind of stored) {
    const { object } = objectCodec(schemaRegistry(), kind.type).decodeJson(
      JSON.stringify({ metadata: { name: "empty" } }),
    );
    kind.defaults?.(object);
    const once = structuredClone(object);
    kind.defaults?.(object);
    assert.deepEqual(object, once, nameOf(kind));
  }
});

test("columns begin with the name and have types that tables know", () => {
  for (const kind of stored) {
    const [first] = kind.columns ?? [];
    if (first && kind.resource !== "events") assert.equal(first.name, "Name", nameOf(kind));
    for (const { type } of kind.columns ?? [])
      assert.ok(["string", "integer", "date", "boolean", "number"].includes(type), nameOf(kind));
  }
});
