// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestServer, type TestAnswer } from "../../../test/fixtures/endpoint-server.ts";
import type { KubeObject, Status } from "../../apimachinery/index.ts";

const MAPS = "/api/v1/namespaces/ns/configmaps";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/ns/deployments";
const JSON_PATCH = "application/json-patch+json";
const MERGE = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";
const APPLY = "application/apply-patch+yaml";

const objectOf = (answer: TestAnswer): KubeObject => answer.json as unknown as KubeObject;
const messageOf = (answer: TestAnswer): string => (answer.json as unknown as Status).message ?? "";
const configMap = (more: object = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, ...more });

async function serverWithMap(): Promise<TestServer> {
  const server = await TestServer.start();
  const answer = await server.request("POST", MAPS, { body: configMap({ data: { a: "1" } }) });
  assert.equal(answer.status, 201);
  return server;
}

const patch = (server: TestServer, contentType: string, body: unknown, query = "") =>
  server.request("PATCH", `${MAPS}/a?${query}`, { body, contentType });

test("keys that stand twice in a patch, and members that operations do not have, are told of", async () => {
  const server = await serverWithMap();
  const warned = await patch(server, MERGE, '{"data":{"a":"2","a":"3"},"foo":1}', "dryRun=All");
  assert.deepEqual(warned.warnings, ['duplicate field "data.a"', 'unknown field "foo"']);
  const operation = { op: "add", path: "/data/b", value: "1", foo: 1 };
  const member = await patch(server, JSON_PATCH, [operation], "dryRun=All");
  assert.deepEqual(member.warnings, ['json patch unknown field "[0].foo"']);
  const strict = await patch(server, STRATEGIC, '{"data":{"a":"2","a":"3"},"foo":1}', "fieldValidation=Strict");
  assert.equal(strict.status, 422);
  assert.equal(
    messageOf(strict),
    ' "" is invalid: patch: Invalid value: "map[data:map[a:3] foo:1]": strict decoding error: duplicate field "data.a", unknown field "foo"',
  );
});

test("without field validation the words are those of the patch libraries", async () => {
  const server = await serverWithMap();
  const ignoring = async (contentType: string, body: unknown) =>
    messageOf(await patch(server, contentType, body, "fieldValidation=Ignore"));
  assert.equal(await ignoring(MERGE, "{"), "Invalid JSON Patch");
  assert.equal(await ignoring(JSON_PATCH, "["), "unexpected end of JSON input");
  assert.equal(await ignoring(JSON_PATCH, "{}"), "json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  assert.equal(
    await ignoring(JSON_PATCH, [{ op: 5 }]),
    "the server rejected our request due to an error in our request",
  );
  assert.equal(messageOf(await patch(server, MERGE, "{")), "error decoding patch: unexpected end of JSON input");
});

test("an object is decoded as what a patch makes of its kind and version", async () => {
  const server = await serverWithMap();
  const because = async (body: object) => messageOf(await patch(server, MERGE, body)).replace(/^.*"}]}}": /s, "");
  assert.match(await because({ kind: "Foo" }), /: no kind "Foo" is registered for version "v1" in scheme/);
  assert.match(await because({ kind: "Pod" }), /: converting \(v1.Pod\) to \(core.ConfigMap\): unknown conversion$/);
  assert.match(await because({ apiVersion: "a/b/c" }), /: unexpected GroupVersion string: a\/b\/c$/);
  assert.match(await because({ kind: 5 }), /cannot unmarshal number into Go struct field .kind of type string$/);
  const nameless = await patch(server, MERGE, { apiVersion: null });
  assert.match(messageOf(nameless), /name must be provided$/);
  assert.deepEqual(nameless.warnings, ['unknown field "data"', 'unknown field "metadata"']);
  assert.equal((await patch(server, STRATEGIC, { kind: "Foo" })).status, 200);
});

test("a strategic merge patch and an apply are converted, not decoded", async () => {
  const server = await serverWithMap();
  const wrong = await patch(server, STRATEGIC, { data: { a: 5, b: null } });
  assert.equal(
    messageOf(wrong),
    ' "" is invalid: patch: Invalid value: "map[data:map[a:5 b:<nil>]]": cannot convert int64 to string',
  );
  const bytes = await patch(server, APPLY, configMap({ binaryData: { b: "%" } }), "fieldManager=m");
  assert.equal(bytes.status, 500);
  assert.equal(
    messageOf(bytes),
    "failed to convert new object (/a; /v1, Kind=ConfigMap) to proper version: unable to convert unstructured object to /v1, Kind=ConfigMap: error decoding from json: illegal base64 data at input byte 0",
  );
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d" },
    spec: {
      replicas: 4294967298,
      selector: { matchLabels: { app: "x" } },
      template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    },
  };
  const cut = await server.request("PATCH", `${DEPLOYMENTS}/d?fieldManager=m`, {
    body: deployment,
    contentType: APPLY,
  });
  assert.equal(cut.status, 201);
  assert.deepEqual(objectOf(cut)["spec"], { ...(objectOf(cut)["spec"] as object), replicas: 2 });
});

test("an apply is checked in the order of the original: type, fields, conflicts, then the name", async () => {
  const server = await serverWithMap();
  const apply = (body: object) => patch(server, APPLY, body, "fieldManager=m");
  assert.equal(messageOf(await apply({ metadata: { name: "b" } })), "invalid object type: /, Kind=");
  assert.match(messageOf(await apply(configMap({ metadata: { name: "b" }, foo: 1 }))), /field not declared in schema$/);
  assert.match(
    messageOf(await apply(configMap({ metadata: { name: "b" }, data: { a: "2" } }))),
    /^Apply failed with 1/,
  );
  assert.match(messageOf(await apply(configMap({ metadata: { name: "b" } }))), /does not match the name on the URL/);
  assert.equal(
    (await apply({ apiVersion: "v1", kind: "ConfigMap", data: { b: "1" } })).status,
    200,
    "the live name is enough",
  );
  const missing = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "n", uid: "u" } };
  const uid = await server.request("PATCH", `${MAPS}/n?fieldManager=m`, { body: missing, contentType: APPLY });
  assert.match(messageOf(uid), /uid mismatch: the provided object specified uid u, and no existing object was found$/);
});

test("a revision in a patch must be a number, and the present one", async () => {
  const server = await serverWithMap();
  const withRevision = (resourceVersion: string) => patch(server, MERGE, { metadata: { resourceVersion } });
  assert.equal((await withRevision("99999")).status, 409);
  const text = await withRevision("x");
  assert.equal(text.status, 500);
  assert.equal(messageOf(text), 'strconv.ParseUint: parsing "x": invalid syntax');
  const revision = objectOf(await server.request("GET", `${MAPS}/a`)).metadata.resourceVersion!;
  assert.equal((await withRevision(`00${revision}`)).status, 200);
});

test("an empty list of managed fields forgets all managers, by PUT and by patch", async () => {
  const server = await serverWithMap();
  assert.ok(objectOf(await server.request("GET", `${MAPS}/a`)).metadata.managedFields);
  const reset = await patch(server, MERGE, { metadata: { managedFields: [] } });
  assert.equal(objectOf(reset).metadata.managedFields, undefined);
  await patch(server, APPLY, configMap({ data: { b: "1" } }), "fieldManager=m");
  const live = objectOf(await server.request("GET", `${MAPS}/a`));
  assert.ok(live.metadata.managedFields);
  const put = { ...live, metadata: { ...live.metadata, managedFields: [] } };
  const answer = await server.request("PUT", `${MAPS}/a`, { body: put });
  assert.equal(objectOf(answer).metadata.managedFields, undefined);
});

test("a number in a patch that no double holds is refused, and not taken for null", async () => {
  const server = await serverWithMap();
  const why = (number: string, place = "Go value") =>
    `json: cannot unmarshal number ${number} into ${place} of type float64`;
  for (const number of ["1e400", "-1e999", "9".repeat(310)]) {
    const merge = await patch(server, MERGE, `{"metadata":{"generation":${number}}}`);
    assert.deepEqual([merge.status, messageOf(merge)], [400, `error decoding patch: ${why(number)}`]);
    const strategic = await patch(server, STRATEGIC, `{"metadata":{"generation":${number}}}`);
    assert.deepEqual([strategic.status, messageOf(strategic)], [400, why(number)]);
    const json = await patch(server, JSON_PATCH, `[{"op":"add","path":"/metadata/generation","value":${number}}]`);
    const inJson = `error decoding patch: ${why(number, "Go struct field jsonPatchOp.value")}`;
    assert.deepEqual([json.status, messageOf(json)], [400, inJson]);
  }
  assert.equal((await patch(server, MERGE, '{"data":{"b":"1e400"}}')).status, 200);
});
