// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { Agent, request as httpsRequest } from "node:https";
import { connect as tcpConnect } from "node:net";
import { test } from "node:test";
import { connect as tlsConnect, type TLSSocket } from "node:tls";
import { gunzipSync } from "node:zlib";
import { WebSocket } from "ws";
import { silentLogger } from "../../base/index.ts";
import type { ApiRequest, ApiResponse, ByteSink } from "../../client/index.ts";
import { Pki } from "../x509/index.ts";
import { HttpsServer } from "./https-server.ts";

const nowMs = Date.now();
const pki = Pki.create({ nowMs });
const serving = pki.serverCertificate({
  commonName: "server",
  dnsNames: ["localhost"],
  addresses: ["127.0.0.1"],
  nowMs,
});
const alice = pki.clientCertificate({ commonName: "alice", organizations: ["dev", "ops"], nowMs });
const stranger = Pki.create({ nowMs }).clientCertificate({ commonName: "mallory", organizations: [], nowMs });

const bytesAnswer = (text: string): ApiResponse => ({
  status: 200,
  headers: { "content-type": "text/plain" },
  body: { type: "bytes", bytes: Buffer.from(text) },
});

interface Fixture extends AsyncDisposable {
  readonly server: HttpsServer;
  readonly port: number;
  readonly requests: ApiRequest[];
  readonly upgrades: ApiRequest[];
}

async function serve(
  answer: (request: ApiRequest) => ApiResponse | Promise<ApiResponse>,
  options: { readonly patienceMs?: number } = {},
): Promise<Fixture> {
  const requests: ApiRequest[] = [];
  const upgrades: ApiRequest[] = [];
  const server = new HttpsServer(
    {
      handler: {
        async handle(request) {
          requests.push(request);
          return answer(request);
        },
      },
      async upgrade(request, connection) {
        upgrades.push(request);
        connection.write(
          Buffer.from("HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n"),
        );
        connection.onData((chunk) => connection.write(chunk));
        await new Promise<void>((resolve) => connection.onClose(resolve));
      },
    },
    { certificate: serving.certificate, key: serving.key, clientCa: pki.ca.certificate, log: silentLogger, ...options },
  );
  const port = await server.listen("127.0.0.1", 0);
  return { server, port, requests, upgrades, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

async function http2(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body?: string | Buffer,
): Promise<Answer> {
  const stream = session.request(headers);
  stream.end(body);
  const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { status: Number(answer[":status"]), headers: answer, body: Buffer.concat(chunks) };
}

function session(port: number, client?: { certificate: string; key: string }): ClientHttp2Session {
  return connect(`https://127.0.0.1:${port}`, {
    ca: pki.ca.certificate,
    ...(client ? { cert: client.certificate, key: client.key } : {}),
  });
}

test("HTTP/2 and HTTP/1.1 reach the same handler on one port", async () => {
  await using fixture = await serve((request) => bytesAnswer(`${request.method} ${request.path}`));
  const h2 = session(fixture.port);
  assert.equal((await http2(h2, { ":path": "/a?b=c" })).body.toString(), "GET /a?b=c");
  h2.close();
  const agent = new Agent({ ca: pki.ca.certificate, keepAlive: true });
  for (const path of ["/one", "/two"]) {
    const request = httpsRequest({ host: "127.0.0.1", port: fixture.port, path, agent, method: "POST" });
    request.end("body");
    const [message] = (await once(request, "response")) as [AsyncIterable<Buffer>];
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), `POST ${path}`);
  }
  agent.destroy();
  assert.equal(Buffer.from(fixture.requests[1]!.body!).toString(), "body");
});

test("an answer with a header that cannot be sent fails alone", async () => {
  const bad: ApiResponse = { ...bytesAnswer("x"), headers: { warning: "\u6f22" } };
  await using fixture = await serve(({ path }) => (path === "/bad" ? bad : bytesAnswer("x")));
  const agent = new Agent({ ca: pki.ca.certificate, keepAlive: true });
  for (const [path, status] of [
    ["/bad", 500],
    ["/good", 200],
  ] as const) {
    const request = httpsRequest({ host: "127.0.0.1", port: fixture.port, path, agent });
    request.end();
    const [message] = (await once(request, "response")) as [IncomingMessage];
    message.resume();
    assert.equal(message.statusCode, status);
  }
  agent.destroy();
});

test("an empty answer over HTTP/1.1 says that it is empty, where a body might have followed", async () => {
  await using fixture = await serve(({ path }) => ({
    status: Number(path.slice(1)),
    headers: {},
    body: { type: "empty" },
  }));
  const agent = new Agent({ ca: pki.ca.certificate });
  for (const [status, length] of [
    [404, "0"],
    [304, undefined],
  ] as const) {
    const request = httpsRequest({ host: "127.0.0.1", port: fixture.port, path: `/${status}`, agent });
    request.end();
    const [message] = (await once(request, "response")) as [IncomingMessage];
    message.resume();
    assert.deepEqual([message.statusCode, message.headers["content-length"]], [status, length]);
    assert.equal(message.headers["transfer-encoding"], undefined);
  }
  agent.destroy();
});

test("the peer is who the certificate says, and nobody when the authority did not sign it", async () => {
  await using fixture = await serve(() => bytesAnswer("ok"));
  for (const client of [alice, stranger, undefined]) {
    const h2 = session(fixture.port, client);
    await http2(h2, { ":path": "/" });
    h2.close();
  }
  const [known, unknown, none] = fixture.requests.map((request) => request.peer.certificate);
  assert.equal(known?.commonName, "alice");
  assert.deepEqual(known?.organizations, ["dev", "ops"]);
  assert.equal(unknown, undefined);
  assert.equal(none, undefined);
  assert.deepEqual(
    fixture.requests.map((request) => request.peer.badCertificate ?? false),
    [false, true, false],
  );
});

test("of a repeated header each value is kept apart where it may hold a comma", async () => {
  await using fixture = await serve(() => bytesAnswer("ok"));
  const values = ["a,b", "c"];
  const h2 = connect(`https://127.0.0.1:${fixture.port}`, { ca: pki.ca.certificate });
  const stream = h2.request({ ":path": "/", "impersonate-group": values, "x-other": values });
  stream.end();
  await once(stream, "response");
  h2.close();
  const headers = [
    "host",
    "localhost",
    "impersonate-group",
    "a,b",
    "impersonate-group",
    "c",
    "x-other",
    "a,b",
    "x-other",
    "c",
  ];
  const request = httpsRequest({
    host: "127.0.0.1",
    port: fixture.port,
    ca: pki.ca.certificate,
    headers,
    agent: false,
  });
  request.end();
  const [message] = (await once(request, "response")) as [IncomingMessage];
  message.resume();
  for (const { headers: seen } of fixture.requests) {
    assert.deepEqual([seen["impersonate-group"], seen["x-other"]], ["a,b\nc", "a,b, c"]);
  }
  assert.equal(fixture.requests.length, 2);
});

test("a body of more than 3 MiB is thrown away, and the request says so, whether its length is announced or not", async () => {
  await using fixture = await serve(({ bodyTooLarge }) => bytesAnswer(bodyTooLarge ? "too large" : "ok"));
  const big = Buffer.alloc(3 * 1024 * 1024 + 1, 97);
  for (const headers of [{ "content-length": String(big.length) }, {}]) {
    const h2 = session(fixture.port);
    const answer = await http2(h2, { ":path": "/", ":method": "POST", ...(headers as object) }, big);
    assert.equal(answer.body.toString(), "too large");
    h2.destroy();
  }
  assert.deepEqual(
    fixture.requests.map(({ body }) => body),
    [undefined, undefined],
  );
});

/** Sends text over TLS; what came back when `until` had come, or when the server closed. */
async function exchange(port: number, text: string, until: RegExp): Promise<string> {
  const socket = tlsConnect({ host: "127.0.0.1", port, ca: pki.ca.certificate });
  await once(socket, "secureConnect");
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) {
    answer += String(chunk);
    if (until.test(answer)) break;
  }
  socket.destroy();
  return answer;
}

test("HTTP/1.1 keeps a connection without saying so, and says when it does not", async () => {
  await using fixture = await serve(({ path }) => bytesAnswer(`<${path}>`));
  const kept = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n";
  const both = await exchange(fixture.port, kept, /<\/2>/);
  assert.match(both, /<\/1>HTTP\/1\.1 200 OK/);
  assert.doesNotMatch(both, /connection|keep-alive/i);
  const last = "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  assert.match(await exchange(fixture.port, last, /never/), /connection: close/i);
  const old = "GET /4 HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n";
  assert.match(await exchange(fixture.port, old, /<\/4>/), /connection: keep-alive/i);
});

test("what is no HTTP is answered 400 in words, and the connection is closed", async () => {
  await using fixture = await serve(() => bytesAnswer("ok"));
  const answer = await exchange(fixture.port, "WORD / HTTP/1.1\r\nHost: x\r\n\r\n", /never/);
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: text\/plain[^]*\r\n\r\n400 Bad Request$/);
  assert.equal(fixture.requests.length, 0);
});

test("an upload that breaks off is no request", async () => {
  await using fixture = await serve(() => bytesAnswer("ok"));
  const h2 = session(fixture.port);
  const stream = h2.request({ ":path": "/", ":method": "POST", "content-length": "1000" });
  stream.on("error", () => undefined);
  await new Promise((resolve) => stream.write("half of it", resolve));
  stream.close(8);
  await once(stream, "close");
  await http2(h2, { ":path": "/after" });
  h2.close();
  assert.deepEqual(
    fixture.requests.map((request) => request.path),
    ["/after"],
  );
});

test("a list that a client reads slowly is pulled slowly", async () => {
  let pulled = 0;
  const chunk = Buffer.alloc(64 * 1024, 97);
  await using fixture = await serve(() => ({
    status: 200,
    headers: {},
    body: {
      type: "chunks",
      chunks: (function* () {
        for (; pulled < 200; pulled++) yield chunk;
      })(),
    },
  }));
  const h2 = session(fixture.port);
  const stream = h2.request({ ":path": "/" });
  await once(stream, "response");
  stream.pause();
  await http2(h2, { ":path": "/other", ":method": "HEAD" }).catch(() => undefined);
  assert.ok(pulled < 100, `${pulled} chunks were pulled for a reader that stands still`);
  let bytes = 0;
  for await (const piece of stream) bytes += (piece as Buffer).length;
  assert.ok(bytes > 0);
  h2.destroy();
});

test("big answers are compressed for those who ask, small ones and streams are not", async () => {
  const big = "x".repeat(300_000);
  let sink: ByteSink | undefined;
  await using fixture = await serve(({ path }) => {
    if (path !== "/stream") return bytesAnswer(path === "/big" ? big : "small");
    return { status: 200, headers: {}, body: { type: "stream", start: (started) => void (sink = started) } };
  });
  const h2 = session(fixture.port);
  const zipped = await http2(h2, { ":path": "/big", "accept-encoding": "gzip" });
  assert.equal(zipped.headers["content-encoding"], "gzip");
  assert.equal(gunzipSync(zipped.body).toString(), big);
  assert.equal((await http2(h2, { ":path": "/big" })).headers["content-encoding"], undefined);
  const refused = await http2(h2, { ":path": "/big", "accept-encoding": "gzip;q=0, deflate" });
  assert.equal(refused.headers["content-encoding"], undefined);
  const small = await http2(h2, { ":path": "/small", "accept-encoding": "gzip" });
  assert.equal(small.headers["content-encoding"], undefined);
  const stream = h2.request({ ":path": "/stream", "accept-encoding": "gzip" });
  const [head] = (await once(stream, "response")) as [Record<string, unknown>];
  assert.equal(head["content-encoding"], undefined);
  sink!.write(Buffer.from("event"));
  assert.equal(String((await once(stream, "data"))[0]), "event");
  sink!.end();
  await once(stream, "end");
  h2.close();
});

test("chunks that come bit by bit go out as they come, whatever the client accepts", async () => {
  const rest = Promise.withResolvers<void>();
  await using fixture = await serve(() => ({
    status: 200,
    headers: {},
    body: {
      type: "chunks",
      chunks: (async function* () {
        yield Buffer.from("line 1\n");
        await rest.promise;
        yield Buffer.from("line 2\n");
      })(),
    },
  }));
  const h2 = session(fixture.port);
  const stream = h2.request({ ":path": "/log", "accept-encoding": "gzip" });
  assert.equal(String((await once(stream, "data"))[0]), "line 1\n");
  rest.resolve();
  assert.equal(String((await once(stream, "data"))[0]), "line 2\n");
  h2.close();
});

test("a client that goes away aborts the signal and closes the sink", async () => {
  let closed: () => void;
  const gone = new Promise<void>((resolve) => {
    closed = resolve;
  });
  await using fixture = await serve(() => ({
    status: 200,
    headers: {},
    body: { type: "stream", start: (sink) => sink.onClose(closed) },
  }));
  const h2 = session(fixture.port);
  const stream = h2.request({ ":path": "/" });
  stream.on("error", () => undefined);
  await once(stream, "response");
  const { signal } = fixture.requests[0]!;
  assert.equal(signal.aborted, false);
  stream.close(8);
  await gone;
  assert.equal(signal.aborted, true);
  h2.close();
});

test("a request to upgrade hands over the connection", async () => {
  await using fixture = await serve(() => bytesAnswer("no"));
  const socket: TLSSocket = tlsConnect({ host: "127.0.0.1", port: fixture.port, ca: pki.ca.certificate });
  await once(socket, "secureConnect");
  socket.write("GET /exec HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n");
  const [head] = (await once(socket, "data")) as [Buffer];
  assert.match(head.toString(), /^HTTP\/1.1 101/);
  socket.write("ping");
  assert.equal(String((await once(socket, "data"))[0]), "ping");
  assert.equal(fixture.upgrades[0]!.path, "/exec");
  socket.destroy();
});

test("messages wait for a client that reads slowly, and arrive as they were sent", async () => {
  const message = Buffer.alloc(40_000, 97);
  const slow = Promise.withResolvers<{ sent: number; waiting: number }>();
  const server = new HttpsServer(
    {
      handler: { handle: async () => bytesAnswer("no") },
      async upgrade(_, connection) {
        const sink = (await connection.webSocket({ protocol: "", binary: true }))!;
        let sent = 1;
        while (sink.write(message)) {
          sent++;
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
        slow.resolve({ sent, waiting: sink.bufferedBytes });
        sink.onDrain(() => sink.end());
      },
    },
    { certificate: serving.certificate, key: serving.key, clientCa: pki.ca.certificate, log: silentLogger },
  );
  const port = await server.listen("127.0.0.1", 0);
  const client = new WebSocket(`wss://127.0.0.1:${port}/`, { ca: pki.ca.certificate });
  let received = 0;
  client.on("message", (data: Buffer) => (received += data.length));
  await once(client, "open");
  client.pause();
  const { sent, waiting } = await slow.promise;
  assert.ok(waiting > 0);
  client.resume();
  const [code] = (await once(client, "close")) as [number];
  assert.deepEqual([code, received], [1000, sent * message.length]);
  await server[Symbol.asyncDispose]();
});

test("a renewed certificate is served to the next connection, and running ones go on", async () => {
  await using fixture = await serve(() => bytesAnswer("ok"));
  const before = session(fixture.port);
  await http2(before, { ":path": "/" });
  const renewed = pki.serverCertificate({ commonName: "renewed", dnsNames: [], addresses: ["127.0.0.1"], nowMs });
  fixture.server.replaceCertificate(renewed.certificate, renewed.key);
  const after = session(fixture.port);
  await http2(after, { ":path": "/" });
  assert.equal((after.socket as TLSSocket).getPeerCertificate().subject.CN, "renewed");
  assert.equal((await http2(before, { ":path": "/" })).status, 200);
  before.close();
  after.close();
});

test("a server that stops answers what it has begun, and ends streams", async () => {
  let finish: (response: ApiResponse) => void;
  let streaming: () => void;
  const streams = new Promise<void>((resolve) => {
    streaming = resolve;
  });
  const fixture = await serve(({ path }) => {
    if (path === "/slow") {
      return new Promise<ApiResponse>((resolve) => {
        finish = resolve;
      });
    }
    return { status: 200, headers: {}, body: { type: "stream", start: () => streaming() } };
  });
  const h2 = session(fixture.port);
  const slow = http2(h2, { ":path": "/slow" });
  const stream = h2.request({ ":path": "/watch" });
  stream.on("error", () => undefined);
  await streams;
  const stopped = fixture[Symbol.asyncDispose]();
  finish!(bytesAnswer("done"));
  assert.equal((await slow).body.toString(), "done");
  await stopped;
  if (!stream.closed) await once(stream, "close");
});

test("who begins and does not go on is cut off: no handshake, no request, half a request", {
  timeout: 30_000,
}, async () => {
  await using fixture = await serve(() => bytesAnswer("ok"), { patienceMs: 50 });
  const { port } = fixture;
  const tls = () => tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  const silent = tcpConnect(port, "127.0.0.1");
  const noRequest = tls();
  const half = tls().once("secureConnect", () => half.write("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "));
  for (const socket of [silent, noRequest, half]) socket.on("error", () => undefined).resume();
  await Promise.all([silent, noRequest, half].map((socket) => once(socket, "close")));
  assert.equal(fixture.requests.length, 0);
});
