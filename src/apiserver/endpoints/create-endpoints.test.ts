// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestServer } from "../../../test/fixtures/endpoint-server.ts";

const MAPS = "/api/v1/namespaces/ns/configmaps";
const map = (name: string, labels?: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels },
  data: { a: "1" },
});

test("an object can be created, read, listed, replaced, patched and deleted", async () => {
  const server = await TestServer.start();
  const created = await server.request("POST", MAPS, { body: map("a") });
  assert.equal(created.status, 201);
  const got = await server.request("GET", `${MAPS}/a`);
  assert.deepEqual(got.json, created.json);
  const list = await server.request("GET", MAPS);
  assert.ok(list.text.startsWith('{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"'));
  assert.ok(list.text.includes('"items":[{"metadata":{"name":"a"'), "items carry no kind and apiVersion");
  const replaced = await server.request("PUT", `${MAPS}/a`, { body: { ...map("a"), data: { b: "2" } } });
  assert.equal(replaced.status, 200);
  const patched = await server.request("PATCH", `${MAPS}/a`, {
    body: { data: { c: "3" } },
    contentType: "application/merge-patch+json",
  });
  assert.deepEqual((patched.json as Record<string, unknown>)["data"], { b: "2", c: "3" });
  assert.equal((await server.request("DELETE", `${MAPS}/a`)).status, 200);
  assert.equal((await server.request("GET", `${MAPS}/a`)).status, 404);
});

test("a watch hears what was there, what changes, and what leaves its selector", async () => {
  const server = await TestServer.start();
  await server.request("POST", MAPS, { body: map("a", { app: "x" }) });
  await server.request("POST", MAPS, { body: map("b", { app: "y" }) });
  const watch = await server.watch(`${MAPS}?watch=1&labelSelector=app%3Dx`);
  assert.deepEqual(watch.summary, ["ADDED a"]);
  const patch = (name: string, app: string) =>
    server.request("PATCH", `${MAPS}/${name}`, {
      body: { metadata: { labels: { app } } },
      contentType: "application/merge-patch+json",
    });
  await patch("b", "x");
  const left = await patch("a", "y");
  await server.request("DELETE", `${MAPS}/b`);
  assert.deepEqual(watch.summary, ["ADDED a", "ADDED b", "DELETED a", "DELETED b"]);
  const gone = watch.events[2]!.object as unknown as { metadata: Record<string, unknown> };
  assert.deepEqual(gone.metadata["labels"], { app: "x" }, "the object as it was when it still belonged");
  const { metadata } = left.json as unknown as { metadata: Record<string, unknown> };
  assert.equal(gone.metadata["resourceVersion"], metadata["resourceVersion"], "with the revision of the change");
});

test("keys may have the names that every JavaScript object has", async () => {
  const server = await TestServer.start();
  const data = { constructor: "1", toString: "2" };
  const created = await server.request("POST", MAPS, { body: { ...map("a", { constructor: "x" }), data } });
  assert.equal(created.status, 201, created.text);
  assert.deepEqual((created.json as Record<string, unknown>)["data"], data);
  const list = await server.request("GET", `${MAPS}?labelSelector=toString`);
  assert.deepEqual((list.json as Record<string, unknown>)["items"], []);
});
