// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { WebSocket } from "ws";
import { get, startServer, type TestServer } from "../../apiserver/server-fixture.test.ts";
import { silentLogger } from "../../base/index.ts";
import { VirtualClock } from "../../simulation/index.ts";
import { MemoryStore, type Store } from "../../store/index.ts";
import { macrotask } from "../time/real-clock.ts";
import { HttpsServer } from "./https-server.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
const BEARER = "base64url.bearer.authorization.k8s.io.";

interface Fixture extends AsyncDisposable {
  readonly server: TestServer;
  readonly https: HttpsServer;
  readonly url: string;
  /** The subprotocol by which a page says who it is. */
  readonly bearer: string;
}

const post = async (server: TestServer, path: string, body: object): Promise<unknown> => {
  const answer = await get(server, path, { body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
};

const addMap = (server: TestServer, name: string, app = "web") =>
  post(server, MAPS, { metadata: { name, labels: { app } } });

/** A token of a ServiceAccount that may watch config maps. */
async function watcherToken(server: TestServer): Promise<string> {
  const accounts = "/api/v1/namespaces/default/serviceaccounts";
  await post(server, accounts, { metadata: { name: "page" } });
  await post(server, `${RBAC}/roles`, {
    metadata: { name: "page" },
    rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["watch"] }],
  });
  await post(server, `${RBAC}/rolebindings`, {
    metadata: { name: "page" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "page" },
    subjects: [{ kind: "ServiceAccount", name: "page", namespace: "default" }],
  });
  const request = await post(server, `${accounts}/page/token`, { spec: {} });
  return (request as { status: { token: string } }).status.token;
}

async function serve(store?: Store, clock = new VirtualClock({ macrotask })): Promise<Fixture> {
  const server = await startServer({ clock, ...(store ? { store } : {}) });
  const { pki, api } = server;
  const subject = { commonName: "server", dnsNames: ["localhost"], addresses: ["127.0.0.1"], nowMs: clock.nowMs() };
  const https = new HttpsServer(
    { handler: api.handler, upgrade: (request, connection) => api.upgrade(request, connection) },
    { ...pki.serverCertificate(subject), clientCa: pki.ca.certificate, log: silentLogger },
  );
  const port = await https.listen("127.0.0.1", 0);
  const token = await watcherToken(server);
  return {
    server,
    https,
    url: `wss://127.0.0.1:${port}`,
    bearer: `${BEARER}${Buffer.from(token).toString("base64url")}`,
    async [Symbol.asyncDispose]() {
      await https[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

interface Watch {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  /** The next message: its bytes, and whether they are binary. */
  next(): Promise<{ data: Buffer; binary: boolean }>;
}

const open = (
  fixture: Fixture,
  path: string,
  options: { protocols?: string[]; headers?: object; origin?: string } = {},
): WebSocket =>
  new WebSocket(`${fixture.url}${path}`, options.protocols ?? ["v1.test", fixture.bearer], {
    rejectUnauthorized: false,
    origin: options.origin ?? "https://dashboard.test",
    ...(options.headers ? { headers: options.headers as Record<string, string> } : {}),
  });

async function watch(fixture: Fixture, path: string, options: { headers?: object } = {}): Promise<Watch> {
  const socket = open(fixture, path, options);
  const messages: { data: Buffer; binary: boolean }[] = [];
  let wake = (): void => undefined;
  socket.on("message", (data: Buffer, binary) => {
    messages.push({ data, binary });
    wake();
  });
  const closed = once(socket, "close").then(([code]) => code as number);
  await once(socket, "open");
  return {
    socket,
    closed,
    async next() {
      while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return messages.shift()!;
    },
  };
}

const eventOf = ({ data }: { data: Buffer }): { type: string; object: { metadata?: { name?: string } } } =>
  JSON.parse(data.toString()) as never;

const summaryOf = (message: { data: Buffer }): string => {
  const { type, object } = eventOf(message);
  return `${type} ${object.metadata?.name ?? ""}`.trim();
};

/** Status and text of the answer to a request that was not upgraded. */
async function refusal(socket: WebSocket): Promise<[status: number, text: string]> {
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return [response.statusCode ?? 0, Buffer.concat(chunks).toString()];
}

test("a page watches by WebSocket with a token in a subprotocol, which is not repeated", async () => {
  await using fixture = await serve();
  const { server } = fixture;
  await addMap(server, "a");
  const query = "watch=1&labelSelector=app%3Dweb&allowWatchBookmarks=true&timeoutSeconds=60";
  const watching = await watch(fixture, `${MAPS}?${query}`);
  assert.equal(watching.socket.protocol, "v1.test");
  const first = await watching.next();
  assert.equal(first.binary, false);
  assert.equal(first.data.at(-1), 0x0a);
  assert.equal(summaryOf(first), "ADDED a");
  assert.equal(summaryOf(await watching.next()), "BOOKMARK");
  await Promise.all([addMap(server, "other", "db"), addMap(server, "b"), addMap(server, "c")]);
  const two = [summaryOf(await watching.next()), summaryOf(await watching.next())];
  assert.deepEqual(two.sort(), ["ADDED b", "ADDED c"]);
  await server.clock.advance(61_000);
  assert.equal(await watching.closed, 1000);
});

test("events in protobuf are binary messages without a length in front", async () => {
  await using fixture = await serve();
  await addMap(fixture.server, "a");
  await addMap(fixture.server, "b");
  const headers = { accept: "application/vnd.kubernetes.protobuf" };
  const watching = await watch(fixture, `${MAPS}?watch=1`, { headers });
  for (const name of ["a", "b"]) {
    const { data, binary } = await watching.next();
    assert.equal(binary, true);
    // Field 1 of WatchEvent, of five bytes.
    assert.equal(data.subarray(0, 7).toString("latin1"), "\n\u0005ADDED");
    assert.equal(data.includes(`\u0001${name}`), true);
  }
  watching.socket.terminate();
});

test("a watch from before what is known hears 410 in a message, and is closed with 1000", async () => {
  const clock = new VirtualClock({ macrotask });
  const store = new MemoryStore({ clock });
  {
    await using before = await startServer({ store, clock });
    await addMap(before, "a");
    await addMap(before, "b");
    await store.compact(store.localRevision);
  }
  await using fixture = await serve(store, clock);
  const watching = await watch(fixture, `${MAPS}?watch=1&resourceVersion=1`);
  const { type, object } = eventOf(await watching.next()) as { type: string; object: { code?: number } };
  assert.deepEqual([type, object.code], ["ERROR", 410]);
  assert.equal(await watching.closed, 1000);
});

test("what is wrong before the upgrade is answered as without it", async () => {
  await using fixture = await serve();
  const noToken = await refusal(open(fixture, `${MAPS}?watch=1`, { protocols: ["v1.test"] }));
  assert.equal(noToken[0], 403);
  assert.match(noToken[1], /cannot watch resource \\"configmaps\\"/);
  const badToken = await refusal(open(fixture, `${MAPS}?watch=1`, { protocols: ["v1.test", `${BEARER}YWJj`] }));
  assert.equal(badToken[0], 401);
  const alone = await refusal(open(fixture, `${MAPS}?watch=1`, { protocols: [fixture.bearer] }));
  assert.equal(alone[0], 401);
  const badRevision = await refusal(open(fixture, `${MAPS}?watch=1&resourceVersion=x`));
  assert.equal(badRevision[0], 500);
  assert.match(badRevision[1], /invalid syntax/);
  const yaml = await refusal(open(fixture, `${MAPS}?watch=1`, { headers: { accept: "application/yaml" } }));
  assert.equal(yaml[0], 406);
  const several = await refusal(open(fixture, `${MAPS}?watch=1`, { protocols: ["a", "b", fixture.bearer] }));
  assert.deepEqual(several, [400, ""]);
  const noPage = await refusal(open(fixture, `${MAPS}?watch=1`, { origin: "null" }));
  assert.deepEqual(noPage, [403, ""]);
});

test("a client that reads slowly catches up at its own speed, and misses nothing", async () => {
  await using fixture = await serve();
  const { server } = fixture;
  const watching = await watch(fixture, `${MAPS}?watch=1&resourceVersion=0`);
  watching.socket.pause();
  // More than the sockets between them hold, and what may wait in memory.
  const names = Array.from({ length: 60 }, (_, i) => `big-${String(i).padStart(2, "0")}`);
  const data = { text: "x".repeat(250_000) };
  for (const name of names) await post(server, MAPS, { metadata: { name }, data });
  watching.socket.resume();
  for (const name of names) assert.equal(summaryOf(await watching.next()), `ADDED ${name}`);
  watching.socket.terminate();
});

test("a client that closes ends its watch, and a server that stops closes with 1000", async () => {
  await using fixture = await serve();
  const { server } = fixture;
  await addMap(server, "a");
  const leaving = await watch(fixture, `${MAPS}?watch=1`);
  await leaving.next();
  leaving.socket.close(1000);
  assert.equal(await leaving.closed, 1000);
  const staying = await watch(fixture, `${MAPS}?watch=1`);
  await staying.next();
  await server.api.stop();
  assert.equal(await staying.closed, 1000);
});
