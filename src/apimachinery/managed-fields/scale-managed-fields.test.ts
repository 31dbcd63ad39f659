// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { compactSchemaRegistry } from "../compact-schema.ts";
import type { FieldsV1, KubeObject, ManagedFieldsEntry } from "../object.ts";
import { extractApplied } from "./extract-managed.ts";
import { ScaleManagedFields } from "./scale-managed-fields.ts";
import { managedFieldsFault } from "./sent-entries.ts";

const TIME = "2026-01-01T00:00:01Z";
const REPLICAS = { "f:spec": { "f:replicas": {} } };

const entry = (
  manager: string,
  operation: "Apply" | "Update",
  fieldsV1: FieldsV1,
  more: Partial<ManagedFieldsEntry> = {},
): ManagedFieldsEntry => ({ manager, operation, apiVersion: "apps/v1", fieldsType: "FieldsV1", fieldsV1, ...more });

const scale = new ScaleManagedFields("apps/v1", new Map([["apps/v1", ["spec", "replicas"]]]));

test("a Scale shows the managers that own the replicas, in its own version", () => {
  const entries = [
    entry("one", "Apply", { "f:spec": { "f:replicas": {}, "f:selector": {} } }, { time: TIME }),
    entry("two", "Update", { "f:spec": { "f:selector": {} } }),
    entry("old", "Update", REPLICAS, { apiVersion: "apps/v0" }),
  ];
  assert.deepEqual(scale.toScale(entries), [
    entry("one", "Apply", REPLICAS, { apiVersion: "autoscaling/v1", time: TIME }),
  ]);
});

test("who writes the replicas through /scale takes them from the managers of the resource", () => {
  const before = [entry("one", "Apply", { "f:spec": { "f:replicas": {}, "f:selector": {} } }, { time: TIME })];
  const written = [
    entry("scaler", "Update", REPLICAS, { apiVersion: "autoscaling/v1", subresource: "scale", time: TIME }),
  ];
  assert.deepEqual(scale.toResource(before, written), [
    entry("one", "Apply", { "f:spec": { "f:selector": {} } }, { time: TIME }),
    entry("scaler", "Update", REPLICAS, { subresource: "scale" }),
  ]);
  assert.deepEqual(scale.toResource(before, scale.toScale(before)), before);
});

test("faults in managed fields that a webhook sends are told", () => {
  assert.equal(managedFieldsFault([entry("one", "Apply", REPLICAS)]), undefined);
  assert.equal(managedFieldsFault([{ manager: "one" }]), "operation must be `Apply` or `Update`");
  assert.equal(
    managedFieldsFault([entry("one", "Apply", REPLICAS, { fieldsType: "FieldsV2" })]),
    'invalid fieldsType "FieldsV2" in managed fields entry 0',
  );
});

test("what a manager applied can be taken out of the object again, keys of list items included", () => {
  const registry = compactSchemaRegistry({
    version: "test",
    packages: { t: "t" },
    connectParameters: {},
    types: {
      "t.Thing": { fields: { apiVersion: "string", kind: "string", metadata: "Meta", spec: "Spec" } },
      "t.Meta": { fields: { name: "string", labels: "{}string" } },
      "t.Spec": { fields: { size: "int32", items: "[]Item list=name" } },
      "t.Item": { fields: { name: "string", value: "string", other: "string" } },
    },
  });
  const fields = {
    "f:metadata": { "f:labels": { "f:a": {} } },
    "f:spec": { "f:items": { 'k:{"name":"i"}': { "f:value": {} } } },
  };
  const object: KubeObject = {
    apiVersion: "t/v1",
    kind: "Thing",
    metadata: { name: "x", labels: { a: "1", b: "2" }, managedFields: [entry("one", "Apply", fields)] },
    spec: { size: 3, items: [{ name: "h" }, { name: "i", value: "v", other: "o" }] },
  };
  const shape = { type: "ref", name: "t.Thing" } as const;
  assert.deepEqual(extractApplied(object, { manager: "one" }, shape, registry), {
    apiVersion: "t/v1",
    kind: "Thing",
    metadata: { name: "x", labels: { a: "1" } },
    spec: { items: [{ name: "i", value: "v" }] },
  });
  assert.equal(extractApplied(object, { manager: "two" }, shape, registry), undefined);
});
