// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { test } from "node:test";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import type { HttpProbe } from "../../kubelet/index.ts";
import { containerProbes } from "./container-probes.ts";

const host = "127.0.0.1";
const { signal } = new AbortController();

async function listening<T>(server: Server, run: (port: number) => Promise<T>): Promise<T> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  try {
    return await run((server.address() as AddressInfo).port);
  } finally {
    server.close();
    if ("closeAllConnections" in server) (server as ReturnType<typeof createHttp>).closeAllConnections();
  }
}

const http = (listener: RequestListener, more: Partial<HttpProbe> = {}) =>
  listening(createHttp(listener), (port) =>
    containerProbes.http(
      { scheme: "http", host, port, path: "/p?q=1", headers: [], timeoutMs: 300, ...more },
      { signal },
    ),
  );

async function closedPort(): Promise<number> {
  return listening(createServer(), async (port) => port);
}

test("answers from 200 to 399 are good", async () => {
  const result = await http((request, response) => response.writeHead(204, { "x-path": request.url }).end());
  assert.equal(result.type, "success");
  const bad = await http((_, response) => response.writeHead(500).end("no"));
  assert.deepEqual(bad, { type: "failure", output: "HTTP probe failed with statuscode: 500" });
});

test("headers are sent as they are written, the host's own name too", async () => {
  const headers = [
    { name: "Host", value: "shop.example" },
    { name: "X-A", value: "1" },
  ];
  const result = await http((request, response) => response.end(`${request.headers.host} ${request.headers["x-a"]}`), {
    headers,
  });
  assert.equal(result.output, "shop.example 1");
});

test("a redirect on the same host is followed, one to another host is good enough", async () => {
  const inside = await http((request, response) => {
    if (request.url === "/end") response.writeHead(503).end();
    else response.writeHead(302, { location: "/end" }).end();
  });
  assert.equal(inside.output, "HTTP probe failed with statuscode: 503");
  const outside = await http((_, response) => response.writeHead(302, { location: "http://elsewhere.invalid/" }).end());
  assert.equal(outside.type, "success");
});

test("who does not answer in time has failed", async () => {
  const result = await http(() => undefined);
  assert.match(
    result.output ?? "",
    /^Get "http:\/\/127\.0\.0\.1:\d+\/p\?q=1": context deadline exceeded \(Client\.Timeout exceeded/,
  );
});

test("a refused connection is told as Go tells it", async () => {
  const port = await closedPort();
  const tcp = await containerProbes.tcp({ host, port, timeoutMs: 500 }, { signal });
  assert.deepEqual(tcp, { type: "failure", output: `dial tcp 127.0.0.1:${port}: connect: connection refused` });
  const probe: HttpProbe = { scheme: "http", host, port, path: "/", headers: [], timeoutMs: 500 };
  const get = await containerProbes.http(probe, { signal });
  assert.equal(get.output, `Get "http://127.0.0.1:${port}/": dial tcp 127.0.0.1:${port}: connect: connection refused`);
});

test("a port that accepts connections is good", () =>
  listening(createServer(), async (port) => {
    assert.equal((await containerProbes.tcp({ host, port, timeoutMs: 500 }, { signal })).type, "success");
  }));

test("a gRPC server tells its health", async () => {
  const server = new GrpcServer();
  const definition = {
    check: {
      path: "/grpc.health.v1.Health/Check",
      requestStream: false,
      responseStream: false,
      requestSerialize: (b: Buffer) => b,
      requestDeserialize: (b: Buffer) => b,
      responseSerialize: (b: Buffer) => b,
      responseDeserialize: (b: Buffer) => b,
    },
  } as const;
  server.addService(definition, {
    check: (call: { request: Buffer }, reply: (error: null, answer: Buffer) => void) =>
      reply(null, Buffer.from([0x08, call.request.subarray(2).toString() === "good" ? 1 : 2])),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  try {
    const ask = (service: string) => containerProbes.grpc({ host, port, service, timeoutMs: 2_000 }, { signal });
    assert.deepEqual(await ask("good"), { type: "success", output: "service healthy" });
    assert.deepEqual(await ask("bad"), { type: "failure", output: 'service unhealthy (responded with "NOT_SERVING")' });
  } finally {
    server.forceShutdown();
  }
});
