// SPDX-License-Identifier: Apache-2.0

import { X509Certificate } from "node:crypto";
import {
  createServer as createHttp1,
  type IncomingMessage,
  type Server as Http1Server,
  type ServerResponse,
} from "node:http";
import {
  constants,
  createServer as createHttp2,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Server as NetServer } from "node:net";
import { createServer as createTls, type Server as TlsServer, type TLSSocket } from "node:tls";
import type { Logger } from "../../base/index.ts";
import type { ApiHandler, ApiRequest, ApiResponse, Peer } from "../../client/index.ts";
import type { ClientConnection } from "../../apiserver/index.ts";
import { clientConnection } from "./client-connection.ts";
import { withGzip } from "./gzip-body.ts";
import { HttpRequest } from "./http-request.ts";
import { peerOf } from "./peer.ts";
import { readBody } from "./request-body.ts";
import { writeBody } from "./response-writer.ts";

/** What the server does with requests. */
export interface HttpsHandlers {
  readonly handler: ApiHandler;
  /** Takes over the connection of a request that asks for another protocol; never rejects. */
  upgrade(request: ApiRequest, connection: ClientConnection): Promise<void>;
}

export interface HttpsServerOptions {
  readonly certificate: string;
  readonly key: string;
  /** Client certificates that it signed are believed; others are as good as none. */
  readonly clientCa: string;
  readonly log: Logger;
  /** How long a client may take for the TLS handshake, and for the head of a request; as upstream unless given. */
  readonly patienceMs?: number;
}

const STREAMS_PER_CONNECTION_MAX = 1_000;
const SESSION_MEMORY_MEGABYTES = 1_024;
const PATIENCE_MS = 32_000;
/** An idle HTTP/1.1 connection is kept this long. */
const KEEP_ALIVE_MS = 90_000;
/** How long a stopping server waits for requests that run. */
const STOP_GRACE_MS = 500;
const TOO_LARGE = 413;
const NO_BODY_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

const FAILED: ApiResponse = { status: 500, headers: {}, body: { type: "empty" } };

/** HTTPS with HTTP/2 and HTTP/1.1 on any number of addresses, for one handler. */
export class HttpsServer implements AsyncDisposable {
  readonly #handlers: HttpsHandlers;
  readonly #options: HttpsServerOptions;
  readonly #clientCa: X509Certificate;
  readonly #patienceMs: number;
  readonly #http2: Http2Server;
  readonly #http1: Http1Server;
  readonly #listeners: TlsServer[] = [];
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<TLSSocket>();
  readonly #peers = new WeakMap<object, Peer>();

  constructor(handlers: HttpsHandlers, options: HttpsServerOptions) {
    this.#handlers = handlers;
    this.#options = options;
    this.#clientCa = new X509Certificate(options.clientCa);
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#http2 = createHttp2({
      maxSessionMemory: SESSION_MEMORY_MEGABYTES,
      settings: { maxConcurrentStreams: STREAMS_PER_CONNECTION_MAX },
    });
    this.#http2.on("session", (session) => this.#keepSession(session));
    this.#http2.on("stream", (stream, headers, flags, lines) =>
      this.#onStream(stream as ServerHttp2Stream, headers, flags, lines),
    );
    this.#http1 = createHttp1({
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: 0,
      headersTimeout: this.#patienceMs,
      connectionsCheckingInterval: this.#patienceMs,
    });
    // It looks for slow clients only once it listens, and it never does: connections are handed to it.
    this.#http1.emit("listening");
    this.#http1.timeout = 0;
    this.#http1.on("request", (request, response) => this.#onRequest(request, response));
    this.#http1.on("clientError", (error: Error & { readonly code?: string }, socket) => {
      if (socket.writable) socket.end(unreadable(error.code));
      else socket.destroy();
    });
    this.#http1.on("upgrade", (request, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      this.#onUpgrade(request, socket as TLSSocket);
    });
  }

  /** Listens on an address; port 0 takes any, and what listens there already is taken over. Resolves to the port. */
  listen(address: string, port: number, held?: NetServer): Promise<number> {
    const { certificate, key, clientCa } = this.#options;
    const server = createTls({
      cert: certificate,
      key,
      ca: clientCa,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ["h2", "http/1.1"],
      handshakeTimeout: this.#patienceMs,
      minVersion: "TLSv1.2",
    });
    server.on("secureConnection", (socket) => this.#onConnection(socket));
    // Clients that speak no TLS, break off, or never begin: nobody's fault here, and nobody else closes them.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    this.#listeners.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(held ?? { host: address, port }, () => {
        server.off("error", reject);
        server.on("error", (error) => this.#options.log.error("Listener failed", { error }));
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  /** Serves with another certificate from the next connection on. */
  replaceCertificate(certificate: string, key: string): void {
    for (const server of this.#listeners)
      server.setSecureContext({ cert: certificate, key, ca: this.#options.clientCa });
  }

  /** Takes no more connections, lets running requests end, and cuts off what is still there after a moment (watches). */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#listeners.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    this.#http1.close();
    this.#http1.closeIdleConnections();
    for (const session of this.#sessions) session.close();
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, STOP_GRACE_MS);
    await Promise.all(closed);
    clearTimeout(cut);
    this.#http2.close();
  }

  #onConnection(socket: TLSSocket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
    this.#peers.set(socket, peerOf(socket, this.#clientCa));
    if (socket.alpnProtocol === "h2") this.#http2.emit("connection", socket);
    else this.#http1.emit("connection", socket);
  }

  #keepSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once("close", () => this.#sessions.delete(session));
    session.on("error", () => session.destroy());
  }

  #peer(socket: object | undefined): Peer {
    return (socket && this.#peers.get(socket)) || { address: "unknown" };
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, lines: string[]): void {
    stream.on("error", ignore);
    const session = stream.session as ServerHttp2Session | undefined;
    if (!session) return;
    let peer = this.#peers.get(session);
    if (!peer) {
      peer = this.#peer(rawSocket(session));
      this.#peers.set(session, peer);
    }
    const { plain, length } = plainHeaders(headers, lines);
    const line = { method: headers[":method"] ?? "GET", path: headers[":path"] ?? "/" };
    const request = new HttpRequest(line, plain, peer, stream);
    const answer = (response: ApiResponse) => respondHttp2(stream, response);
    if (flags & constants.NGHTTP2_FLAG_END_STREAM) this.#run(request, answer);
    else this.#withBody(request, stream, length, answer);
  }

  #onRequest(message: IncomingMessage, response: ServerResponse): void {
    response.on("error", ignore);
    message.on("error", ignore);
    const { plain, length } = plainHeaders(message.headers, message.rawHeaders);
    const method = message.method ?? "GET";
    const line = { method, path: message.url ?? "/" };
    const request = new HttpRequest(line, plain, this.#peer(message.socket), response);
    const answer = (r: ApiResponse) => respondHttp1(response, r, method);
    if (NO_BODY_METHODS.has(method)) {
      message.resume();
      this.#run(request, answer);
    } else this.#withBody(request, message, length, answer);
  }

  #onUpgrade(message: IncomingMessage, socket: TLSSocket): void {
    const { plain } = plainHeaders(message.headers, message.rawHeaders);
    const line = { method: message.method ?? "GET", path: message.url ?? "/" };
    const request = new HttpRequest(line, plain, this.#peer(socket), socket);
    void this.#handlers.upgrade(request, clientConnection(message, socket));
  }

  #withBody(
    request: HttpRequest,
    source: ServerHttp2Stream | IncomingMessage,
    length: number | undefined,
    answer: (response: ApiResponse) => void,
  ): void {
    readBody(source, length, (body) => {
      if (body.type === "aborted") return;
      if (body.type === "body") request.body = body.bytes;
      else request.bodyTooLarge = true;
      this.#run(request, answer);
    });
  }

  #run(request: ApiRequest, answer: (response: ApiResponse) => void): void {
    const encodings = request.headers["accept-encoding"];
    const fail = (error: unknown) => {
      this.#options.log.error("Request failed", { path: request.path, error });
      try {
        answer(FAILED);
      } catch {
        // The head is out already: the answer ends where it broke off.
      }
    };
    const send = (response: ApiResponse) => {
      try {
        answer(encodings === undefined ? response : withGzip(response, encodings));
      } catch (error) {
        // A header that cannot be sent: the client learns so, and nobody else suffers.
        fail(error);
      }
    };
    this.#handlers.handler.handle(request).then(send, fail);
  }
}

const UNREADABLE_STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** What a client hears whose request cannot be read. */
function unreadable(code = ""): string {
  const status = UNREADABLE_STATUS[code] ?? "400 Bad Request";
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`;
}

/** Clients go away at any time: whoever reads or writes learns of it by the closed stream. */
const ignore = (): void => undefined;

/** The socket under a session, past the proxy that guards it. */
function rawSocket(session: ServerHttp2Session): object | undefined {
  for (const symbol of Object.getOwnPropertySymbols(session))
    if (symbol.description === "socket") return (session as unknown as Record<symbol, object>)[symbol];
  return undefined;
}

/** The values of a header that comes several times, from the lines as they came: name, value, name, value. */
function valuesOf(lines: readonly string[], wanted: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < lines.length; i += 2) if (lines[i]!.toLowerCase() === wanted) values.push(lines[i + 1]!);
  return values;
}

/** The headers as the API server reads them, lower case and without HTTP/2's own. */
function plainHeaders(
  headers: IncomingHttpHeaders,
  lines: readonly string[],
): { plain: Record<string, string>; length: number | undefined } {
  const plain: Record<string, string> = {};
  for (const name in headers) {
    if (name.charCodeAt(0) === 58) continue;
    const value = headers[name];
    if (name.charCodeAt(0) === 105 && name.startsWith("impersonate-")) {
      plain[name] = valuesOf(lines, name).join("\n");
    } else plain[name] = typeof value === "string" ? value : (value ?? []).join(", ");
  }
  const authority = headers[":authority"];
  if (typeof authority === "string") plain["host"] ??= authority;
  const length = plain["content-length"];
  return { plain, length: length === undefined ? undefined : Number(length) };
}

/** Header lines as HTTP/2 takes them without copying them once more: name, value, name, value. */
function headerLines(response: ApiResponse): (string | number)[] {
  const lines: (string | number)[] = [":status", response.status];
  const { headers, body } = response;
  for (const name in headers) {
    const value = headers[name]!;
    if (typeof value === "string") lines.push(name, value);
    else for (const line of value) lines.push(name, line);
  }
  if (body.type === "bytes" && headers["content-length"] === undefined) {
    lines.push("content-length", body.bytes.length);
  }
  return lines;
}

function respondHttp2(stream: ServerHttp2Stream, response: ApiResponse): void {
  if (stream.destroyed || stream.closed) return;
  const { body } = response;
  if (body.type === "empty") {
    stream.respond(headerLines(response) as never, { endStream: true });
    return;
  }
  stream.respond(headerLines(response) as never);
  writeBody(stream, body);
}

/** Where a body may follow, a client that is not told that it is empty waits for chunks. */
const mayHaveBody = (status: number): boolean => status >= 200 && status !== 204 && status !== 304;

function respondHttp1(response: ServerResponse, answer: ApiResponse, method: string): void {
  if (response.destroyed) return;
  const { body } = answer;
  for (const name in answer.headers) response.setHeader(name, answer.headers[name] as string | string[]);
  if (body.type === "bytes") response.setHeader("content-length", body.bytes.length);
  else if (body.type === "empty" && mayHaveBody(answer.status) && method !== "HEAD")
    response.setHeader("content-length", 0);
  // HTTP/1.1 keeps connections without saying so.
  if (response.shouldKeepAlive && response.req.httpVersionMinor === 1) response.removeHeader("connection");
  if (answer.status === TOO_LARGE) response.statusMessage = "Request Entity Too Large";
  response.writeHead(answer.status);
  if (method === "HEAD") response.end();
  else {
    // A watch's first event may be far away: the head goes out at once.
    if (body.type === "stream") response.flushHeaders();
    writeBody(response, body);
  }
}
