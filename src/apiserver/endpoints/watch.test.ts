// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestServer } from "../../../test/fixtures/endpoint-server.ts";
import type { Status } from "../../apimachinery/index.ts";

const MAPS = "/api/v1/namespaces/ns/configmaps";

async function filled(): Promise<TestServer> {
  const server = await TestServer.start();
  for (const name of ["a", "b", "c"]) {
    await server.request("POST", MAPS, { body: { metadata: { name, labels: { odd: String(name !== "b") } } } });
  }
  return server;
}

const begun = async (server: TestServer, query: string): Promise<string[]> =>
  (await server.watch(`${MAPS}?watch=1&${query}`)).summary;

test("where a watch begins: with the state, after a revision, or now", async () => {
  const server = await filled();
  const first = (await server.request("GET", `${MAPS}/a`)).json as unknown as { metadata: { resourceVersion: string } };
  const state = ["ADDED a", "ADDED b", "ADDED c"];
  const list = "resourceVersionMatch=NotOlderThan&sendInitialEvents";
  const cases: readonly [query: string, expected: readonly string[]][] = [
    ["", state],
    ["resourceVersion=0", state],
    [`resourceVersion=${first.metadata.resourceVersion}`, ["ADDED b", "ADDED c"]],
    ["allowWatchBookmarks=true", [...state, "BOOKMARK"]],
    ["allowWatchBookmarks=true&resourceVersion=0", [...state, "BOOKMARK"]],
    [`${list}=true`, state],
    [`${list}=true&allowWatchBookmarks=1`, [...state, "BOOKMARK"]],
    [`${list}=true&allowWatchBookmarks=1&resourceVersion=${first.metadata.resourceVersion}`, [...state, "BOOKMARK"]],
    [`${list}=false&resourceVersion=0`, []],
    [`${list}=false`, []],
    [`${list}=false&resourceVersion=${first.metadata.resourceVersion}`, ["ADDED b", "ADDED c"]],
    [`${list}=true&allowWatchBookmarks=1&labelSelector=odd%3Dtrue`, ["ADDED a", "ADDED c", "BOOKMARK"]],
    ["fieldSelector=metadata.name%3Db", ["ADDED b"]],
    ["fieldSelector=metadata.name!%3Db", ["ADDED a", "ADDED c"]],
  ];
  for (const [query, expected] of cases) assert.deepEqual(await begun(server, query), expected, query);
});

test("the bookmark after the state says that it was the state", async () => {
  const server = await filled();
  const sink = await server.watch(`${MAPS}?watch=1&allowWatchBookmarks=true`);
  const { object } = sink.events.at(-1)! as { object: { kind?: string; metadata?: object } };
  assert.deepEqual(object, {
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: {
      resourceVersion: String(server.store.localRevision),
      annotations: { "k8s.io/initial-events-end": "true" },
    },
    ...("data" in object ? { data: object.data } : {}),
  });
});

test("a watch that is over before it begins says nothing; one of a bad revision is a 500", async () => {
  const server = await filled();
  const over = await server.watch(`${MAPS}?watch=1&timeoutSeconds=-1`);
  assert.deepEqual([over.summary, over.ended], [[], true]);
  const bad = await server.request("GET", `${MAPS}?watch=1&resourceVersion=abc`);
  assert.equal(bad.status, 500);
  assert.match(bad.text, /strconv\.ParseUint: parsing \\"abc\\": invalid syntax/);
});

test("a query of a watch that cannot be is refused in upstream's words", async () => {
  const server = await filled();
  const only = "resourceVersionMatch: Forbidden: ";
  const notSupported = 'resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"';
  const cases: readonly [query: string, message: string][] = [
    ["sendInitialEvents=true", `${only}sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`],
    [
      "resourceVersionMatch=NotOlderThan",
      `${only}resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided`,
    ],
    [
      "resourceVersionMatch=Exact&sendInitialEvents=true",
      `[${only}sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, ${notSupported}]`,
    ],
    ["resourceVersion=0&continue=x", `${only}resourceVersionMatch is forbidden when continue is provided`],
  ];
  for (const [query, message] of cases) {
    const answer = await server.request("GET", `${MAPS}?watch=1&${query}`);
    assert.equal(answer.status, 422, query);
    const { message: given } = answer.json as unknown as Status;
    assert.equal(given, `ListOptions.meta.k8s.io "" is invalid: ${message}`);
  }
});

test("a watch from before what is known hears of it in the stream", async () => {
  const server = await filled();
  await server.store.compact(server.store.localRevision!);
  server.registry.caches.compact(server.store.localRevision!);
  const sink = await server.watch(`${MAPS}?watch=1&resourceVersion=1`);
  assert.equal(sink.ended, true);
  const [event] = sink.events as unknown as [{ type: string; object: Status }];
  assert.deepEqual([event.type, event.object.reason, event.object.code], ["ERROR", "Expired", 410]);
  assert.match(event.object.message!, /^too old resource version: 1 \(\d+\)$/);
});

test("each watcher hears of an object by its own selector, with the state that it left", async () => {
  const server = await filled();
  const odd = await server.watch(`${MAPS}?watch=1&labelSelector=odd%3Dtrue`);
  const even = await server.watch(`${MAPS}?watch=1&labelSelector=odd+in+(false)`);
  await server.request("PATCH", `${MAPS}/a`, {
    body: { metadata: { labels: { odd: "false" } }, data: { n: "1" } },
    contentType: "application/merge-patch+json",
  });
  assert.deepEqual(odd.summary, ["ADDED a", "ADDED c", "DELETED a"]);
  assert.deepEqual(even.summary, ["ADDED b", "ADDED a"]);
  const left = odd.events.at(-1)!.object as unknown as { data?: object; metadata: { resourceVersion: string } };
  const entered = even.events.at(-1)!.object as unknown as typeof left;
  assert.equal(left.data, undefined);
  assert.deepEqual(entered.data, { n: "1" });
  assert.equal(left.metadata.resourceVersion, entered.metadata.resourceVersion);
});
