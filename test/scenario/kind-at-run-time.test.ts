// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kind } from "../../src/api/index.ts";
import type { KubeObject, ObjectShape, SchemaRegistry, Shape } from "../../src/apimachinery/index.ts";
import { schemaRegistry } from "../../src/api/index.ts";
import { TestServer } from "../fixtures/endpoint-server.ts";

const string: Shape = { type: "scalar", scalar: "string" };
const integer: Shape = { type: "scalar", scalar: "int32" };
const meta: Shape = { type: "ref", name: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" };

const objectOf = (fields: Record<string, Shape>): ObjectShape => ({
  type: "object",
  fields: Object.fromEntries(Object.entries(fields).map(([name, shape]) => [name, { shape }])),
});
const widgetType = (specFields: Record<string, Shape>): ObjectShape =>
  objectOf({ apiVersion: string, kind: string, metadata: meta, spec: objectOf(specFields) });

const TYPES: Readonly<Record<string, ObjectShape>> = {
  "example.com.v1.Widget": widgetType({ size: integer, color: string }),
  "example.com.v2.Widget": widgetType({ width: integer, color: string }),
};
const schemas: SchemaRegistry = {
  structural: true,
  has: (name) => name in TYPES || schemaRegistry().has(name),
  type: (name) => TYPES[name] ?? schemaRegistry().type(name),
};

const spec = (object: KubeObject) => object["spec"] as Record<string, unknown>;
const names = { group: "example.com", kind: "Widget", resource: "widgets", singular: "widget", namespaced: true };

/** Stored as v1, where the field is called size. */
const v1: Kind = {
  ...names,
  version: "v1",
  type: "example.com.v1.Widget",
  generation: true,
  defaults: (object) => {
    spec(object)["color"] ??= "red";
  },
  selectableFields: { "spec.color": (object) => String(spec(object)["color"]) },
  columns: [
    { name: "Name", type: "string", description: "", cell: (object) => object.metadata.name },
    { name: "Size", type: "integer", description: "", cell: (object) => Number(spec(object)["size"]) },
    { name: "Age", type: "string", description: "", cell: (object, { age }) => age(object.metadata.creationTimestamp) },
  ],
};

const rename = (object: KubeObject, apiVersion: string, from: string, to: string): KubeObject => {
  const { [from]: value, ...rest } = spec(object);
  return { ...object, apiVersion, metadata: { ...object.metadata }, spec: { ...rest, [to]: value } };
};

/** v2 calls it width. */
const v2: Kind = {
  ...names,
  version: "v2",
  type: "example.com.v2.Widget",
  generation: true,
  defaults: v1.defaults?.bind(v1),
  storage: {
    resource: "widgets",
    toStorage: (object) => rename(object, "example.com/v1", "width", "size"),
    fromStorage: (object) => rename(object, "example.com/v2", "size", "width"),
  },
};

const V1 = "/apis/example.com/v1/namespaces/ns/widgets";
const V2 = "/apis/example.com/v2/namespaces/ns/widgets";

test("a kind that is registered while the server runs is created, watched, applied and printed in both versions", async () => {
  const server = await TestServer.start();
  assert.equal((await server.request("GET", V1)).text, "404 page not found\n");
  server.kinds.add({ kind: v1, schemas, custom: true });
  server.kinds.add({ kind: v2, schemas, custom: true });

  const watch1 = await server.watch(`${V1}?watch=1`);
  const watch2 = await server.watch(`${V2}?watch=1`);
  const created = await server.request("POST", V2, { body: { metadata: { name: "w" }, spec: { width: 3 } } });
  assert.equal(created.status, 201, created.text);
  assert.deepEqual(spec(created.json as unknown as KubeObject), { width: 3, color: "red" });

  const asV1 = (await server.request("GET", `${V1}/w`)).json as unknown as KubeObject;
  assert.equal(asV1.apiVersion, "example.com/v1");
  assert.deepEqual(spec(asV1), { size: 3, color: "red" });
  assert.equal(asV1.metadata.managedFields?.[0]?.apiVersion, "example.com/v2", "managed as it was written");

  const applied = await server.request("PATCH", `${V1}/w?fieldManager=me&force=true`, {
    body: { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec: { size: 5 } },
    contentType: "application/apply-patch+yaml",
  });
  assert.equal(applied.status, 200, applied.text);
  const asV2 = (await server.request("GET", `${V2}/w`)).json as unknown as KubeObject;
  assert.deepEqual(spec(asV2), { width: 5, color: "red" });
  assert.equal(asV2.metadata.generation, 2);

  assert.deepEqual(watch1.summary, ["ADDED w", "MODIFIED w"]);
  assert.deepEqual(
    watch2.events.map(({ object }) => spec(object as unknown as KubeObject)["width"]),
    [3, 5],
  );

  const list = (await server.request("GET", V2)).json as unknown as { kind: string; items: KubeObject[] };
  assert.equal(list.kind, "WidgetList");
  assert.equal(list.items[0]!.apiVersion, "example.com/v2", "items of custom kinds carry their version");
  await server.clock.advance(90_000);
  const table = (
    await server.request("GET", V1, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" })
  ).json as unknown as { rows: { cells: unknown[] }[] };
  assert.deepEqual(table.rows[0]!.cells, ["w", 5, "90s"]);
  assert.equal((await server.request("GET", `${V1}?fieldSelector=spec.color%3Dred`)).status, 200);
});

test("a kind that is removed is not served any more, its watches end, and its objects are there when it comes back", async () => {
  const server = await TestServer.start();
  server.kinds.add({ kind: v1, schemas, custom: true });
  await server.request("POST", V1, { body: { metadata: { name: "w" }, spec: { size: 3 } } });
  const watch = await server.watch(`${V1}?watch=1`);
  server.kinds.remove("example.com", "v1", "widgets");
  assert.equal(watch.ended, true);
  assert.equal((await server.request("GET", V1)).status, 404);
  server.kinds.add({ kind: v1, schemas, custom: true });
  const list = (await server.request("GET", V1)).json as unknown as { items: KubeObject[] };
  assert.equal(list.items.length, 1);
});
