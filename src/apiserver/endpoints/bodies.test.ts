// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestServer } from "../../../test/fixtures/endpoint-server.ts";
import type { Status } from "../../apimachinery/index.ts";

const MAPS = "/api/v1/namespaces/ns/configmaps";
const MERGE = "application/merge-patch+json";

const CASES: readonly (readonly [contentType: string, body: string, message: RegExp])[] = [
  ["application/json", "null", /name or generateName is required/],
  ["application/yaml", "", /name or generateName is required/],
  ["application/json", "[]", /unrecognized .*cannot unmarshal array into Go value of type struct/],
  ["application/yaml", "- a", /unrecognized .*cannot unmarshal array into Go value of type struct/],
  [
    "application/json",
    '{"kind":5}',
    /unrecognized .*cannot unmarshal number into Go struct field \.kind of type string/,
  ],
  [
    "application/json",
    '{"data":5,"apiVersion":[]}',
    /unrecognized .*cannot unmarshal array into Go struct field \.apiVersion of type string/,
  ],
  ["application/json", "\ufeff{}", /invalid character '\u00ef' looking for beginning of value/],
  ["application/json", '{"kind":"Pod"}', /converting \(v1\.Pod\) to \(core\.ConfigMap\): unknown conversion/],
  ["application/json", '{"kind":"PodList"}', /converting \(v1\.PodList\) to \(core\.ConfigMap\): unknown conversion/],
  ["application/json", '{"kind":"Foo"}', /no kind "Foo" is registered for version "v1"/],
  ["application/json", '{"apiVersion":"a/b/c"}', /unrecognized .*unexpected GroupVersion string: a\/b\/c/],
];

test("a body that is no object of the path's kind is told why", async () => {
  const server = await TestServer.start();
  for (const [contentType, body, message] of CASES) {
    const answer = await server.request("POST", MAPS, { body, contentType });
    assert.ok(answer.status === 400 || answer.status === 422, body);
    assert.match((answer.json as unknown as Status).message!, message, body);
  }
});

test("options of a deletion that cannot be read are a bad request in every encoding", async () => {
  const server = await TestServer.start();
  for (const contentType of ["application/vnd.kubernetes.protobuf", "application/yaml", "application/json"]) {
    const answer = await server.request("DELETE", `${MAPS}/a`, { body: "\u0000[", contentType });
    assert.equal(answer.status, 400, contentType);
  }
  const other = await server.request("DELETE", `${MAPS}/a`, { body: { kind: "Pod", apiVersion: "v1" } });
  assert.match((other.json as unknown as Status).message!, /no kind "Pod" is registered for version "v1"/);
});

test("a patch makes no other kind of an object", async () => {
  const server = await TestServer.start();
  await server.request("POST", MAPS, { body: { metadata: { name: "a" } } });
  const patch = (body: object, contentType = MERGE) => server.request("PATCH", `${MAPS}/a`, { body, contentType });
  const other = await patch({ kind: "Foo" });
  assert.equal(other.status, 422);
  assert.match((other.json as unknown as Status).message!, /no kind "Foo" is registered for version "v1"/);
  assert.equal(
    (await patch([{ op: "replace", path: "/apiVersion", value: "v2" }], "application/json-patch+json")).status,
    422,
  );
  assert.equal((await patch({ kind: "Foo" }, "application/strategic-merge-patch+json")).status, 200);
});

test("what is asked for as a list and is none, or the other way round, is not acceptable", async () => {
  const server = await TestServer.start();
  await server.request("POST", MAPS, { body: { metadata: { name: "a" } } });
  const as = (shape: string) => ({ accept: `application/json;as=${shape};g=meta.k8s.io;v=v1` });
  const list = await server.request("GET", MAPS, as("PartialObjectMetadata"));
  assert.match((list.json as unknown as Status).message!, /the requested object is a list \(\*core\.ConfigMapList\)/);
  const one = await server.request("GET", `${MAPS}/a`, as("PartialObjectMetadataList"));
  assert.match((one.json as unknown as Status).message!, /the requested object is not a list \(\*core\.ConfigMap\)/);
  assert.deepEqual([list.status, one.status], [406, 406]);
  const bogus = await server.request("GET", `${MAPS}?includeObject=bogus`, as("Table"));
  assert.equal(bogus.status, 400);
  assert.match((bogus.json as unknown as Status).message!, /^Unable to convert to Table as requested: includeObject/);
});
