// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { ApiRequest, ApiResponse } from "../../client/index.ts";
import type { CallOptions, NodeHandler, NodeServer, UpgradeRequest } from "../../kubelet/index.ts";
import { peerOf } from "../http/peer.ts";
import { readBody } from "../http/request-body.ts";
import { writeBody } from "../http/response-writer.ts";
import { socketStream, SpdySession } from "../streaming/index.ts";
import { acceptWebSocket, webSocketStream } from "./web-socket.ts";

const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface NodeHttpsServerOptions {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** Client certificates that it signed are believed; others are as good as none. */
  readonly clientCa: string;
  readonly addresses: readonly string[];
  readonly port: number;
}

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in message.headers) {
    const value = message.headers[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

function requestOf(message: IncomingMessage, closing: Duplex | ServerResponse): ApiRequest {
  const controller = new AbortController();
  closing.once("close", () => controller.abort(CLIENT_GONE));
  return {
    method: message.method ?? "GET",
    path: message.url ?? "/",
    headers: headersOf(message),
    signal: controller.signal,
    peer: peerOf(message.socket as TLSSocket),
  };
}

const CLIENT_GONE = new Error("The client closed the connection");

function respond(response: ServerResponse, answer: ApiResponse): void {
  if (response.destroyed) return;
  const { body } = answer;
  for (const name in answer.headers) response.setHeader(name, answer.headers[name] as string | string[]);
  if (body.type === "bytes") response.setHeader("content-length", body.bytes.length);
  response.writeHead(answer.status);
  if (body.type === "stream" || body.type === "chunks") response.flushHeaders();
  writeBody(response, body);
}

/** Answers a request to upgrade with an ordinary response. */
function refuse(socket: Duplex, answer: ApiResponse): void {
  const bytes = answer.body.type === "bytes" ? answer.body.bytes : new Uint8Array(0);
  const lines = Object.entries(answer.headers).flatMap(([name, value]) => [value].flat().map((v) => `${name}: ${v}`));
  const head = [
    `HTTP/1.1 ${answer.status} ${answer.status}`,
    ...lines,
    `content-length: ${bytes.length}`,
    "connection: close",
    "",
    "",
  ].join("\r\n");
  socket.write(head);
  socket.end(bytes);
}

/** The HTTPS server of a node: HTTP/1.1 with upgrades to WebSocket and SPDY/3.1. */
export class NodeHttpsServer implements NodeServer {
  readonly #options: NodeHttpsServerOptions;

  constructor(options: NodeHttpsServerOptions) {
    this.#options = options;
  }

  async serve(
    handler: NodeHandler,
    options: CallOptions & { readonly onListening?: (port: number) => void },
  ): Promise<void> {
    const { addresses, port } = this.#options;
    const sockets = new Set<Duplex>();
    const servers = addresses.map(() => this.#server(handler, sockets));
    await Promise.all(servers.map((server, i) => listen(server, addresses[i]!, port)));
    const bound = servers[0]?.address() as AddressInfo | undefined;
    if (bound) options.onListening?.(bound.port);
    await new Promise<void>((resolve) => {
      if (options.signal.aborted) resolve();
      else options.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
  }

  #server(handler: NodeHandler, sockets: Set<Duplex>): Server {
    const { certificate, key, clientCa } = this.#options;
    const server = createServer({
      cert: certificate,
      key,
      ca: clientCa,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      requestTimeout: 0,
    });
    server.on("secureConnection", (socket: TLSSocket) => {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
      socket.once("close", () => sockets.delete(socket));
    });
    // Clients that speak no TLS or break off: nobody's fault here.
    server.on("tlsClientError", () => undefined);
    server.on("request", (message, response) => onRequest(handler, message, response));
    server.on("upgrade", (message, socket, head) => void handler.upgrade(upgradeOf(message, socket, head)));
    return server;
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function onRequest(handler: NodeHandler, message: IncomingMessage, response: ServerResponse): void {
  response.on("error", () => undefined);
  message.on("error", () => undefined);
  const request = requestOf(message, response);
  const run = (body?: Uint8Array) => {
    handler
      .handle(body ? { ...request, body } : request)
      .then((answer) => respond(response, answer))
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
  readBody(message, undefined, (body) => {
    if (body.type === "body") run(body.bytes);
    else if (body.type === "tooLarge") respond(response, { status: 413, headers: {}, body: { type: "empty" } });
  });
}

function upgradeOf(message: IncomingMessage, socket: Duplex, head: Buffer): UpgradeRequest {
  let upgraded = false;
  const webSocket = (protocol: string) => {
    upgraded = true;
    return acceptWebSocket(message, socket, head, protocol);
  };
  return {
    request: requestOf(message, socket),
    acceptWebSocket: webSocket,
    acceptSpdy: async (headers) => {
      upgraded = true;
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n${lines.join("")}\r\n`,
      );
      return new SpdySession(socketStream(socket, head), "server");
    },
    acceptSpdyOverWebSocket: async (protocol) => new SpdySession(webSocketStream(await webSocket(protocol)), "server"),
    respond: (response) => {
      if (upgraded) socket.destroy();
      else refuse(socket, response);
    },
  };
}
