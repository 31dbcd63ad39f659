// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { request as httpsRequest } from "node:https";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import type { Clock } from "../../base/index.ts";
import { silentLogger } from "../../base/index.ts";
import { Client } from "../../client/index.ts";
import { NodeApi, type CommandStreams, type DuplexStream, type RuntimeStreams } from "../../kubelet/index.ts";
import { ByteChannel, socketStream, SpdySession } from "../streaming/index.ts";
import { Pki } from "../x509/index.ts";
import { NodeHttpsServer } from "./node-server.ts";

const host = "127.0.0.1";
const pki = Pki.create({ nowMs: Date.now() });
const client = pki.clientCertificate({ commonName: "api", organizations: ["system:masters"], nowMs: Date.now() });
const tls = { ca: pki.ca.certificate, cert: client.certificate, key: client.key };
const abort = new AbortController();
let port = 0;
let serving: Promise<void>;

async function collect(source: AsyncIterable<Uint8Array> | undefined): Promise<string> {
  let text = "";
  for await (const chunk of source ?? []) text += Buffer.from(chunk).toString("utf8");
  return text;
}

/** A runtime whose command answers its input in capitals, and whose ports echo. */
const runtime: RuntimeStreams = {
  async exec({ command }, streams: CommandStreams) {
    const input = await collect(streams.stdin);
    await streams.stdout?.write(Buffer.from(`${command.join(" ")}:${input.toUpperCase()}`));
    await streams.stderr?.write(Buffer.from("err"));
    return { type: "exited", exitCode: 3 };
  },
  async attach() {
    return { type: "failed", message: "nothing runs" };
  },
  async portForward({ port: wanted }): Promise<DuplexStream> {
    if (wanted === 1) throw new Error("connection refused");
    const channel = new ByteChannel(1 << 20);
    return {
      incoming: channel,
      write: (chunk) => channel.write(chunk),
      closeWrite: async () => channel.end(),
      destroy: () => channel.end(),
    };
  },
};

const allowed = {
  async request() {
    const bytes = Buffer.from('{"status":{"allowed":true}}');
    return { status: 201, headers: {}, bytes: async () => bytes, async *chunks() {} };
  },
};

const record = {
  uid: "u",
  removed: false,
  pod: { metadata: { name: "web", namespace: "shop", uid: "u" }, spec: { containers: [{ name: "app" }] } },
  runtime: {
    sandboxes: [{ id: "s", ready: true }],
    containers: [{ id: "c", name: "app", state: "CONTAINER_RUNNING" }],
  },
};

before(async () => {
  const context = { nodeName: "n", log: silentLogger, clock: { monotonicMs: () => 0 } as unknown as Clock };
  const api = new NodeApi({
    context: context as never,
    client: new Client({ transport: allowed, userAgent: "kubelet" }),
    workers: { records: () => [record] } as never,
    streams: runtime,
  });
  api.synced();
  const { certificate, key } = pki.kubeletCertificates({ nodeName: "n", addresses: [host], nowMs: Date.now() }).serving;
  const server = new NodeHttpsServer({ certificate, key, clientCa: pki.ca.certificate, addresses: [host], port: 0 });
  await new Promise<void>((resolve) => {
    serving = server.serve(api, {
      signal: abort.signal,
      onListening: (bound) => {
        port = bound;
        resolve();
      },
    });
  });
});

after(async () => {
  abort.abort();
  await serving;
});

const EXEC = "/exec/shop/web/app?input=1&output=1&error=1&command=cat";

function answer(path: string, options: object = tls): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host, port, path, agent: false, ca: tls.ca, ...options }, (response) => {
      collect(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    request.on("error", reject);
    request.end();
  });
}

/** Messages that came, by channel, and how the connection closed. */
function webSocket(
  path: string,
  protocol: string,
  send: (socket: WebSocket) => void,
): Promise<{ channels: string[]; code: number }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`wss://${host}:${port}${path}`, [protocol], tls);
    const channels: string[] = ["", "", "", ""];
    socket.on("open", () => send(socket));
    socket.on("message", (data: Buffer) => {
      channels[data[0]!] += data.subarray(1).toString("utf8");
    });
    socket.on("close", (code) => resolve({ channels, code }));
    socket.on("error", reject);
  });
}

function spdy(path: string, protocol: string): Promise<SpdySession> {
  return new Promise((resolve, reject) => {
    const headers = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol };
    const request = httpsRequest({ host, port, path, method: "POST", agent: false, headers, ...tls });
    request.on("upgrade", (response, socket, head) => {
      assert.equal(response.headers["x-stream-protocol-version"], protocol);
      resolve(new SpdySession(socketStream(socket, head), "client"));
    });
    request.on("response", (response) => reject(new Error(`answered ${response.statusCode}`)));
    request.on("error", reject);
    request.end();
  });
}

test("who shows no certificate is not let in", async () => {
  assert.deepEqual(await answer("/healthz", {}), { status: 401, text: "Unauthorized" });
  assert.deepEqual(await answer("/healthz"), { status: 200, text: "ok" });
  assert.equal((await answer("/nothing")).status, 404);
});

test("a command runs over a WebSocket; closing its input is told since v5", async () => {
  const { channels, code } = await webSocket(EXEC, "v5.channel.k8s.io", (socket) => {
    socket.send(Buffer.from("\0hello"));
    socket.send(Buffer.from([255, 0]));
  });
  assert.equal(channels[1], "cat:HELLO");
  assert.equal(channels[2], "err");
  const status = JSON.parse(channels[3]!) as { reason: string; details: { causes: { message: string }[] } };
  assert.equal(status.reason, "NonZeroExitCode");
  assert.equal(status.details.causes[0]?.message, "3");
  assert.equal(code, 1000);
});

test("protocols that nobody speaks are refused", async () => {
  await assert.rejects(
    webSocket(EXEC, "v9.channel.k8s.io", () => undefined),
    /403/,
  );
});

test("a command runs over SPDY", async () => {
  const session = await spdy(EXEC, "v4.channel.k8s.io");
  const [error, stdin, stdout, stderr] = await Promise.all(
    ["error", "stdin", "stdout", "stderr"].map((streamtype) => session.openStream({ streamtype })),
  );
  await stdin!.write(Buffer.from("hi"));
  await stdin!.closeWrite();
  assert.equal(await collect(stdout!.incoming), "cat:HI");
  assert.equal(await collect(stderr!.incoming), "err");
  assert.match(await collect(error!.incoming), /"reason":"NonZeroExitCode"/);
  session.close();
});

async function forward(session: SpdySession, wanted: number): Promise<{ data: string; error: string }> {
  const headers = { port: String(wanted), requestid: "0" };
  const error = await session.openStream({ ...headers, streamtype: "error" });
  await error.closeWrite();
  const data = await session.openStream({ ...headers, streamtype: "data" });
  await data.write(Buffer.from("ping")).catch(() => undefined);
  await data.closeWrite().catch(() => undefined);
  const [echoed, failed] = await Promise.all([collect(data.incoming).catch(() => "reset"), collect(error.incoming)]);
  session.close();
  return { data: echoed, error: failed };
}

test("ports are forwarded over SPDY, and failures told on the error stream", async () => {
  const path = "/portForward/shop/web";
  assert.deepEqual(await forward(await spdy(path, "portforward.k8s.io"), 80), { data: "ping", error: "" });
  const failed = await forward(await spdy(path, "portforward.k8s.io"), 1);
  assert.equal(failed.error, "error forwarding port 1 to pod web, uid u: connection refused");
});

/** A client's binary message of fewer than 64 KiB, masked with zeros. */
function clientFrame(payload: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(payload.length);
  return Buffer.concat([Buffer.from([0x82, 0x80 | 126]), length, Buffer.alloc(4), payload]);
}

/** The payloads of a server's binary messages; others are skipped. */
async function* serverMessages(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const long = rest[1] === 126;
      const length = long
        ? rest.length < 4
          ? Number.POSITIVE_INFINITY
          : rest.readUInt16BE(2)
        : (rest[1] ?? Number.POSITIVE_INFINITY);
      const start = long ? 4 : 2;
      if (rest.length < start + length) break;
      if ((rest[0]! & 0x0f) === 2) yield rest.subarray(start, start + length);
      rest = rest.subarray(start + length);
    }
  }
}

/** The tunnel as kubectl opens it; the library refuses its protocol's name. */
function tunnel(path: string): Promise<DuplexStream> {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol": "SPDY/3.1+portforward.k8s.io",
  };
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host, port, path, agent: false, headers, ...tls });
    request.on("upgrade", (response, socket, head) => {
      assert.equal(response.headers["sec-websocket-protocol"], "SPDY/3.1+portforward.k8s.io");
      const raw = socketStream(socket, head);
      resolve({ ...raw, incoming: serverMessages(raw.incoming), write: (chunk) => raw.write(clientFrame(chunk)) });
    });
    request.on("response", (response) => reject(new Error(`answered ${response.statusCode}`)));
    request.on("error", reject);
    request.end();
  });
}

test("ports are forwarded over SPDY inside a WebSocket", async () => {
  const stream = await tunnel("/portForward/shop/web");
  assert.deepEqual(await forward(new SpdySession(stream, "client"), 80), { data: "ping", error: "" });
});

test("a container that does not run is told in words", async () => {
  await assert.rejects(spdy("/exec/shop/web/none?output=1&command=a", "v4.channel.k8s.io"), /answered 500/);
  assert.equal((await answer("/containerLogs/shop/none/app")).text, 'pod "shop/none" not found');
});
