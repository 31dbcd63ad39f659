// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeProtobuf, decodeProtobufEnvelope } from "../../apimachinery/index.ts";
import { schemaRegistry } from "../../api/index.ts";
import { get, send, startServer } from "../server-fixture.test.ts";

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

test("aggregated discovery is answered once, and not again while nothing changes", async () => {
  await using server = await startServer({});
  const first = await send(server, "/apis", { headers: { accept: AGGREGATED } });
  assert.equal(first.headers["content-type"], "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  const etag = String(first.headers["etag"]);
  assert.match(etag, /^"[0-9A-F]{64}"$/);
  const again = await send(server, "/apis", { headers: { accept: AGGREGATED, "if-none-match": etag } });
  assert.deepEqual([again.status, again.body.type], [304, "empty"]);
});

test("aggregated discovery comes in every encoding, wherever the wish for it stands, and in version v2 alone", async () => {
  await using server = await startServer({});
  const wish = (encoding: string, version = "v2") =>
    `application/${encoding};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  const plain = await send(server, "/apis", { headers: { accept: wish("json") } });
  assert.ok(plain.body.type === "bytes");
  const document = JSON.parse(new TextDecoder().decode(plain.body.bytes)) as { items: unknown[] };
  const protobuf = await send(server, "/apis", { headers: { accept: wish("vnd.kubernetes.protobuf") } });
  assert.equal(protobuf.headers["content-type"], wish("vnd.kubernetes.protobuf"));
  assert.ok(protobuf.body.type === "bytes");
  const envelope = decodeProtobufEnvelope(protobuf.body.bytes);
  const list = decodeProtobuf(schemaRegistry(), "io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList", envelope);
  assert.equal((list["items"] as unknown[]).length, document.items.length);
  const yaml = await send(server, "/api", { headers: { accept: wish("yaml") } });
  assert.equal(yaml.headers["content-type"], wish("yaml"));
  const last = await send(server, "/api", { headers: { accept: `application/json, ${wish("json")};q=0.1` } });
  assert.equal(last.headers["content-type"], wish("json"));
  const older = `${wish("json", "v2beta1")}, application/json`;
  assert.equal(
    (await send(server, "/apis", { headers: { accept: older } })).headers["content-type"],
    "application/json",
  );
  assert.equal((await send(server, "/apis", { headers: { accept: wish("json", "v2beta1") } })).status, 406);
});

test("a slash at the end makes another path of most, but not of those that upstream's router serves", async () => {
  await using server = await startServer({});
  const status = async (path: string): Promise<number> => (await send(server, path)).status;
  for (const path of [
    "/api/",
    "/apis/",
    "/apis/apps/",
    "/apis/apps/v1/",
    "/version/",
    "/openid/v1/jwks/",
    "/index.html",
  ])
    assert.equal(await status(path), 200, path);
  for (const path of ["/healthz/", "/metrics/", "/openapi/v2/", "/openapi/v3/", "//", "/api//v1", "/apis//apps"])
    assert.equal(await status(path), 404, path);
});

test("discovery speaks protobuf and YAML too, and nothing else", async () => {
  await using server = await startServer({});
  const accept = "application/vnd.kubernetes.protobuf";
  const { body } = await send(server, "/apis/apps/v1", { headers: { accept } });
  assert.ok(body.type === "bytes");
  const envelope = decodeProtobufEnvelope(body.bytes);
  const list = decodeProtobuf(schemaRegistry(), "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList", envelope);
  assert.equal(list["groupVersion"], "apps/v1");
  const yaml = await get(server, "/api", { headers: { accept: "application/yaml" } });
  assert.match(String(yaml.body), /^kind: APIVersions$/m);
  assert.equal((await get(server, "/apis", { headers: { accept: "application/vnd.foo" } })).status, 406);
});

test("OpenAPI documents are found by the index, with a hash that makes them immutable", async () => {
  await using server = await startServer({});
  const index = String((await get(server, "/openapi/v3")).body);
  const { paths } = JSON.parse(index) as { paths: Record<string, { serverRelativeURL: string }> };
  const url = paths["apis/coordination.k8s.io/v1"]!.serverRelativeURL;
  const response = await send(server, url);
  assert.deepEqual([response.status, response.headers["cache-control"]], [200, "public, immutable"]);
  const stale = await send(server, `${url.split("?")[0]}?hash=X`);
  assert.deepEqual([stale.status, stale.headers["location"]], [301, url]);
  assert.deepEqual([stale.headers["etag"], stale.body.type], [response.headers["etag"], "empty"]);
  assert.ok(paths["apis/coordination.k8s.io"] && paths["version"] && paths[".well-known/openid-configuration"]);
  assert.equal((await send(server, "/openapi/v3/apis/nope/v1")).status, 404);
  const swagger = (await get(server, "/openapi/v2")).body as { swagger: string; definitions: Record<string, unknown> };
  assert.equal(swagger.swagger, "2.0");
  assert.ok(swagger.definitions["io.k8s.api.core.v1.Pod"]);
});

test("an OpenAPI document comes in the form that the client likes best, and not again while nothing changes", async () => {
  await using server = await startServer({});
  const form = async (path: string, accept: string): Promise<unknown> => {
    const { status, headers } = await send(server, path, { headers: { accept } });
    return [status, headers["content-type"]];
  };
  for (const [path, version] of [
    ["/openapi/v2", "v2"],
    ["/openapi/v3/apis/apps", "v3"],
  ] as const) {
    const protobuf = `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`;
    assert.deepEqual(await form(path, `application/json;q=0.5,${protobuf.replace(".v1.0", "@v1.0")}`), [200, protobuf]);
    assert.deepEqual(await form(path, "application/*"), [200, "application/json"]);
    assert.deepEqual(await form(path, "text/html"), [406, undefined]);
    const { headers } = await send(server, path);
    const etag = String(headers["etag"]);
    const known = async (conditions: Record<string, string>) =>
      (await send(server, path, { headers: conditions })).status;
    assert.equal(await known({ "if-none-match": `"X", ${etag}` }), 304);
    assert.equal(await known({ "if-none-match": '"X"' }), 200);
    assert.equal(await known({ "if-modified-since": String(headers["last-modified"]) }), 304);
  }
});

test("the issuer tells where its keys are", async () => {
  await using server = await startServer({});
  const { body } = await get(server, "/.well-known/openid-configuration");
  assert.equal((body as { issuer: string }).issuer, "https://kubernetes.default.svc.cluster.local");
  const jwks = await send(server, "/openid/v1/jwks");
  assert.equal(jwks.headers["content-type"], "application/jwk-set+json");
});
