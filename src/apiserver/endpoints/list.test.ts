// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestServer } from "../../../test/fixtures/endpoint-server.ts";
import { schemaRegistry } from "../../api/index.ts";
import { macrotask } from "../../platform/time/real-clock.ts";
import {
  decodeProtobufEnvelope,
  decodeProtobufMessage,
  decodeProtobufWatchEvent,
  encodeProtobuf,
  type KubeList,
  type KubeObject,
  objectCodec,
  type Status,
} from "../../apimachinery/index.ts";

const MAPS = "/api/v1/namespaces/ns/configmaps";
const PROTOBUF = "application/vnd.kubernetes.protobuf";
const as = (kind: string): string => `application/json;as=${kind};v=v1;g=meta.k8s.io`;

async function filled(count: number): Promise<TestServer> {
  const server = await TestServer.start();
  for (let i = 0; i < count; i++) {
    const name = `m${String(i).padStart(3, "0")}`;
    await server.request("POST", MAPS, { body: { metadata: { name, labels: { odd: String(i % 2) } }, data: {} } });
  }
  return server;
}

const listOf = async (server: TestServer, query: string): Promise<KubeList> =>
  (await server.request("GET", `${MAPS}?${query}`)).json as unknown as KubeList;
const namesOf = (list: KubeList): string[] => list.items.map((item) => item.metadata.name!);
const remove = (server: TestServer, name: string) => server.request("DELETE", `${MAPS}/${name}`);

test("pages are of one state, and say how many are left", async () => {
  const server = await filled(25);
  const first = await listOf(server, "limit=10");
  assert.equal(first.metadata.remainingItemCount, 15);
  await remove(server, "m003");
  await remove(server, "m015");
  await server.request("POST", MAPS, { body: { metadata: { name: "m012x" }, data: {} } });
  const second = await listOf(server, `limit=10&continue=${first.metadata.continue}`);
  const third = await listOf(server, `limit=10&continue=${second.metadata.continue}`);
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  assert.equal(third.metadata.continue, undefined);
  assert.deepEqual(
    [...namesOf(first), ...namesOf(second), ...namesOf(third)],
    Array.from({ length: 25 }, (_, i) => `m${String(i).padStart(3, "0")}`),
  );
  const selected = await listOf(server, "limit=5&labelSelector=odd%3D1");
  assert.deepEqual(namesOf(selected), ["m001", "m005", "m007", "m009", "m011"]);
  assert.equal(selected.metadata.remainingItemCount, undefined);
});

test("a page of a state that only the store remembers is read from there", async () => {
  const server = await filled(6);
  const { continue: token } = (await listOf(server, "limit=2")).metadata;
  for (let i = 0; i < 20; i++) {
    await server.request("POST", MAPS, { body: { metadata: { name: `other${i}` }, data: {} } });
    await listOf(server, "limit=1");
  }
  await remove(server, "m003");
  assert.deepEqual(namesOf(await listOf(server, `limit=10&continue=${token}`)), ["m002", "m003", "m004", "m005"]);
});

test("a page of a compacted state is answered with 410 and a token that goes on in the newest state", async () => {
  const server = await filled(6);
  const { continue: token } = (await listOf(server, "limit=2")).metadata;
  await remove(server, "m003");
  await server.store.compact(server.store.localRevision!);
  server.registry.caches.compact(server.store.localRevision!);
  const gone = await server.request("GET", `${MAPS}?limit=2&continue=${token}`);
  assert.equal(gone.status, 410);
  const status = gone.json as unknown as Status & { metadata: { continue: string } };
  assert.equal(status.reason, "Expired");
  assert.match(status.message!, /^The provided continue parameter is too old to display a consistent list result/);
  const next = await listOf(server, `limit=10&continue=${status.metadata.continue}`);
  assert.deepEqual(namesOf(next), ["m002", "m004", "m005"]);
});

test("an exact revision is that state; one that nobody has seen yet is waited for, and then refused", async () => {
  const server = await filled(3);
  const { resourceVersion } = (await listOf(server, "")).metadata;
  await remove(server, "m001");
  const exact = await listOf(server, `resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
  assert.deepEqual(namesOf(exact), ["m000", "m001", "m002"]);
  const atLeast = await listOf(server, `resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan`);
  assert.deepEqual(namesOf(atLeast), ["m000", "m002"]);
  const future = server.request("GET", `${MAPS}?resourceVersion=999`);
  await server.clock.advance(3_100);
  const refused = await future;
  assert.equal(refused.status, 504);
  assert.match(refused.text, /Timeout: Too large resource version: 999, current: \d+/);
  const soon = server.request("GET", `${MAPS}?resourceVersion=${server.store.localRevision! + 1}`);
  await server.clock.settle();
  await remove(server, "m002");
  assert.deepEqual(namesOf((await soon).json as unknown as KubeList), ["m000"]);
});

test("revision 0 is the state at hand, unpaged; Exact and limit with a revision are that very state", async () => {
  const server = await filled(5);
  const { resourceVersion } = (await listOf(server, "")).metadata;
  await remove(server, "m000");
  for (const query of ["resourceVersion=0&limit=2", "resourceVersion=0&resourceVersionMatch=NotOlderThan&limit=2"]) {
    const list = await listOf(server, query);
    assert.equal(list.items.length, 4, query);
    assert.equal(list.metadata.continue, undefined);
  }
  const exact = await listOf(server, `resourceVersion=${resourceVersion}&limit=2`);
  assert.deepEqual(namesOf(exact), ["m000", "m001"]);
  assert.equal(exact.metadata.remainingItemCount, 3);
  const newer = await listOf(server, `resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan&limit=2`);
  assert.deepEqual(namesOf(newer), ["m001", "m002"]);
  const rest = await listOf(server, `limit=10&resourceVersion=0&continue=${exact.metadata.continue}`);
  assert.deepEqual(namesOf(rest), ["m002", "m003", "m004"]);
});

test("a query that cannot be is refused in upstream's words", async () => {
  const server = await filled(1);
  const { continue: token } = (await listOf(await filled(2), "limit=1")).metadata;
  const invalid = 'ListOptions.meta.k8s.io "" is invalid: ';
  const cases: readonly [query: string, status: number, message: string][] = [
    [
      "resourceVersionMatch=Exact",
      422,
      `${invalid}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided`,
    ],
    [
      "resourceVersionMatch=Exact&resourceVersion=0",
      422,
      `${invalid}resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"`,
    ],
    [
      "resourceVersionMatch=x&resourceVersion=1",
      422,
      `${invalid}resourceVersionMatch: Unsupported value: "x": supported values: "Exact", "NotOlderThan", ""`,
    ],
    [
      `resourceVersionMatch=Exact&resourceVersion=1&continue=${token}`,
      422,
      `${invalid}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided`,
    ],
    ["sendInitialEvents=false", 422, `${invalid}sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list`],
    [`resourceVersion=1&continue=${token}`, 400, "specifying resource version is not allowed when using continue"],
    [
      "resourceVersion=1&continue=!",
      400,
      "invalid continue token: continue key is not valid: illegal base64 data at input byte 0",
    ],
    [
      "resourceVersion=abc",
      400,
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      "resourceVersion=18446744073709551616",
      400,
      'invalid resource version: resourceVersion: Invalid value: "18446744073709551616": strconv.ParseUint: parsing "18446744073709551616": value out of range',
    ],
    ["limit=", 400, 'strconv.ParseInt: parsing "": invalid syntax'],
    ["limit=1.5", 400, 'strconv.ParseInt: parsing "1.5": invalid syntax'],
    ["timeoutSeconds=9223372036854775808", 400, 'strconv.ParseInt: parsing "9223372036854775808": value out of range'],
  ];
  for (const [query, status, message] of cases) {
    const answer = await server.request("GET", `${MAPS}?${query}`);
    const { message: given } = answer.json as unknown as Status;
    assert.deepEqual([answer.status, given], [status, message], query);
  }
});

test("fields that a kind selects by, and those that it does not", async () => {
  const server = await filled(3);
  const pods = "/api/v1/namespaces/ns/pods";
  const cases: readonly [path: string, selector: string, expected: number | string][] = [
    [MAPS, "metadata.name=m001", 1],
    [MAPS, "metadata.name!=m001", 2],
    [MAPS, "metadata.name=", 0],
    [MAPS, "metadata.name=m001,metadata.namespace!=ns", 0],
    ["/api/v1/configmaps", "metadata.name==m001,metadata.namespace=ns", 1],
    [MAPS, "constructor=x", '"constructor" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    [pods, "spec.bogus=x", "field label not supported: spec.bogus"],
    ["/api/v1/nodes", "metadata.namespace=x", "field label not supported: metadata.namespace"],
    [
      "/apis/apps/v1/replicasets",
      "status.replicas=1",
      '"status.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    [MAPS, "metadata.name in (a)", "invalid selector: 'metadata.name in (a)'; can't understand 'metadata.name in (a)'"],
    [
      "/api/v1/watch/namespaces/ns/configmaps/m001",
      "metadata.name=m002",
      "fieldSelector metadata.name doesn't match requested name",
    ],
  ];
  for (const [path, selector, expected] of cases) {
    const { json } = await server.request("GET", `${path}?fieldSelector=${encodeURIComponent(selector)}`);
    const { message, items } = json as unknown as { message?: string; items?: unknown[] };
    assert.equal(message ?? items?.length, expected, selector);
  }
});

test("a list of one object by its name is not paged", async () => {
  const server = await filled(2);
  const list = await listOf(server, "fieldSelector=metadata.name%3Dm000&limit=1&continue=none");
  assert.deepEqual([namesOf(list), list.metadata.continue], [["m000"], undefined]);
  const everywhere = await server.request("GET", "/api/v1/configmaps?fieldSelector=metadata.name%3Dm000&limit=1");
  assert.ok((everywhere.json as unknown as KubeList).metadata.continue, "other namespaces may follow");
});

test("a table's cells are made once and its ages with each request", async () => {
  const server = await filled(2);
  const cells = async (): Promise<unknown[][]> => {
    const { json } = await server.request("GET", MAPS, { accept: as("Table") });
    return (json as unknown as { rows: { cells: unknown[] }[] }).rows.map((row) => row.cells);
  };
  await server.clock.advance(61_000);
  assert.deepEqual(await cells(), [
    ["m000", 0, "61s"],
    ["m001", 0, "61s"],
  ]);
  await server.clock.advance(3_600_000);
  assert.deepEqual((await cells())[0], ["m000", 0, "61m"]);
});

test("rows carry metadata, the object, or nothing, as includeObject says", async () => {
  const server = await filled(1);
  const object = async (query: string): Promise<KubeObject | null> => {
    const { json } = await server.request("GET", `${MAPS}/m000?${query}`, { accept: as("Table") });
    return (json as unknown as { rows: { object: KubeObject | null }[] }).rows[0]!.object;
  };
  assert.equal((await object(""))?.kind, "PartialObjectMetadata");
  assert.equal((await object("includeObject=Object"))?.kind, "ConfigMap");
  assert.equal(await object("includeObject=None"), null);
  assert.equal((await server.request("GET", `${MAPS}?includeObject=x`, { accept: as("Table") })).status, 400);
});

test("others get their turn while the objects of a long protobuf list are encoded, which happens once", async () => {
  const server = await filled(150);
  let done = false;
  const list = server.bytes("GET", MAPS, { accept: PROTOBUF }).finally(() => (done = true));
  assert.equal((await server.request("GET", `${MAPS}/m000`)).status, 200);
  await macrotask();
  assert.equal(done, false);
  await server.clock.advanceUntil(() => done, { limitMs: 100 });
  const again = await server.bytes("GET", MAPS, { accept: PROTOBUF });
  assert.deepEqual(again, await list);
});

test("protobuf lists, objects and watches hold what JSON holds", async () => {
  const server = await filled(3);
  const json = await listOf(server, "");
  const registry = schemaRegistry();
  const list = await server.bytes("GET", MAPS, { accept: PROTOBUF });
  const envelope = decodeProtobufEnvelope(list);
  assert.deepEqual([envelope.kind, envelope.apiVersion], ["ConfigMapList", "v1"]);
  const type = "io.k8s.api.core.v1.ConfigMapList";
  const decoded = decodeProtobufMessage(registry, type, envelope.raw) as unknown as KubeList;
  assert.deepEqual(decoded.items, json.items);
  assert.equal(decoded.metadata.resourceVersion, json.metadata.resourceVersion);

  const watch = await server.watch(`${MAPS}?watch=1&allowWatchBookmarks=true`, {
    accept: `${PROTOBUF};stream=watch`,
  });
  await remove(server, "m001");
  const types: string[] = [];
  const bytes = Buffer.concat(watch.chunks);
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const event = decodeProtobufWatchEvent(bytes.subarray(at + 4, at + 4 + length));
    types.push(`${event.type} ${decodeProtobufEnvelope(event.object).kind}`);
    at += 4 + length;
  }
  assert.deepEqual(types, [
    "ADDED ConfigMap",
    "ADDED ConfigMap",
    "ADDED ConfigMap",
    "BOOKMARK ConfigMap",
    "DELETED ConfigMap",
  ]);
  const meta = await server.bytes("GET", `${MAPS}/m000`, {
    accept: `${PROTOBUF};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`,
  });
  assert.equal(decodeProtobufEnvelope(meta).kind, "PartialObjectMetadata");
});

test("a watched table says its columns once", async () => {
  const server = await filled(1);
  const watch = await server.watch(`${MAPS}?watch=1`, { accept: as("Table") });
  await remove(server, "m000");
  const tables = Buffer.concat(watch.chunks)
    .toString()
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { object: { columnDefinitions: unknown[] | null } }).object);
  assert.deepEqual(
    tables.map(({ columnDefinitions }) => columnDefinitions?.length ?? null),
    [3, null],
  );
});

test("an object that arrives as protobuf or YAML is stored like one that arrives as JSON", async () => {
  const server = await TestServer.start();
  const registry = schemaRegistry();
  const { object } = objectCodec(registry, "io.k8s.api.core.v1.ConfigMap").decodeJson(
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"p"},"data":{"a":"b"}}',
  );
  const body = encodeProtobuf(registry, "io.k8s.api.core.v1.ConfigMap", object);
  const created = await server.request("POST", MAPS, { body, contentType: PROTOBUF });
  assert.equal(created.status, 201, created.text);
  const yaml = "metadata:\n  name: fromyaml\ndata:\n  a: b\n";
  const fromYaml = await server.request("POST", MAPS, { body: yaml, contentType: "application/yaml" });
  assert.equal(fromYaml.status, 201, fromYaml.text);
  const list = await listOf(server, "");
  assert.deepEqual(
    list.items.map((item) => [item.metadata.name, item["data"]]),
    [
      ["fromyaml", { a: "b" }],
      ["p", { a: "b" }],
    ],
  );
  const text = (await server.request("GET", `${MAPS}/fromyaml`, { accept: "application/yaml" })).text;
  assert.match(text, /^apiVersion: v1\ndata:\n {2}a: b\nkind: ConfigMap\n/);
});

test("people get indented JSON", async () => {
  const server = await filled(1);
  const curl = { headers: { "user-agent": "curl/8.0" } };
  assert.match((await server.request("GET", MAPS, curl)).text, /^\{\n {2}"kind": "ConfigMapList",\n/);
  assert.match((await server.request("GET", `${MAPS}?pretty=true`)).text, /^\{\n {2}"kind"/);
  assert.match((await server.request("GET", `${MAPS}?pretty=false`, curl)).text, /^\{"kind"/);
});

test("a collection is deleted by its selectors", async () => {
  const server = await filled(10);
  const deleted = await server.request("DELETE", `${MAPS}?labelSelector=odd%3D1`);
  assert.equal((deleted.json as unknown as KubeList).items.length, 5);
  assert.deepEqual(namesOf(await listOf(server, "")), ["m000", "m002", "m004", "m006", "m008"]);
});
