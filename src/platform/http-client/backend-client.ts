// SPDX-License-Identifier: Apache-2.0

import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type {
  Backend,
  BackendRequest,
  BackendResponse,
  BackendTransport,
  BackendUpgrade,
} from "../../apiserver/index.ts";
import { socketConnection } from "./socket-connection.ts";

export interface BackendClientOptions {
  /** Signs the kubelets' serving certificates. */
  readonly ca: string;
  /** The API server's client certificate towards kubelets. */
  readonly certificate: string;
  readonly key: string;
}

const CONNECT_TIMEOUT_MS = 10_000;

function headersOf(message: IncomingMessage): Record<string, string | readonly string[]> {
  const headers: Record<string, string | readonly string[]> = {};
  for (const name in message.headers) {
    const value = message.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

const answerOf = (message: IncomingMessage): BackendResponse => ({
  status: message.statusCode ?? 502,
  headers: headersOf(message),
  body: message,
});

/** Words a failed connection as Go's dialer does, since users read it. */
function dialError(backend: Backend, error: NodeJS.ErrnoException): Error {
  if (/wrong version number|packet length too long|record layer failure/i.test(error.message)) {
    return new Error("tls: first record does not look like a TLS handshake", { cause: error });
  }
  const where = `${backend.host}:${backend.port}`;
  const reason =
    error.code === "ECONNREFUSED"
      ? "connect: connection refused"
      : error.code === "ETIMEDOUT"
        ? "i/o timeout"
        : error.code === "EHOSTUNREACH"
          ? "connect: no route to host"
          : error.message;
  return new Error(`dial tcp ${where}: ${reason}`, { cause: error });
}

/** Reaches kubelets with the API server's certificate, and endpoints without one. */
export class BackendClient implements BackendTransport {
  readonly #trust: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly #kubelets: HttpsAgent;
  readonly #plain = new HttpAgent({ keepAlive: true, timeout: CONNECT_TIMEOUT_MS });
  readonly #secure = new HttpsAgent({ keepAlive: true, rejectUnauthorized: false });

  constructor(options: BackendClientOptions) {
    this.#trust = { ca: options.ca, cert: options.certificate, key: options.key };
    this.#kubelets = new HttpsAgent({ keepAlive: true, ...this.#trust });
  }

  request(backend: Backend, request: BackendRequest): Promise<BackendResponse> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#open(backend, request, false);
      // The connection is kept, as HTTP/1.1 has it; nobody need be told.
      outgoing.removeHeader("connection");
      outgoing.once("response", (message) => resolve(answerOf(message)));
      outgoing.once("error", (error) =>
        reject(request.signal.aborted ? request.signal.reason : dialError(backend, error)),
      );
      outgoing.end(request.body);
    });
  }

  upgrade(backend: Backend, request: BackendRequest): Promise<BackendUpgrade> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#open(backend, request, true);
      outgoing.once("upgrade", (message, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        (socket as Socket).setTimeout(0);
        resolve({ upgraded: true, headers: headersOf(message), connection: socketConnection(socket as Socket) });
      });
      outgoing.once("response", (message) => resolve({ upgraded: false, ...answerOf(message) }));
      outgoing.once("error", (error) =>
        reject(request.signal.aborted ? request.signal.reason : dialError(backend, error)),
      );
      outgoing.end(request.body);
    });
  }

  #open(backend: Backend, request: BackendRequest, upgrade: boolean): ClientRequest {
    const options: RequestOptions = {
      host: backend.host,
      port: backend.port,
      method: request.method,
      path: request.path,
      headers: { host: `${backend.host}:${backend.port}`, ...request.headers },
      signal: request.signal,
    };
    if (backend.type === "endpoint" && backend.scheme === "http")
      return httpRequest({ ...options, agent: upgrade ? false : this.#plain });
    // An upgraded connection is not given back to a pool, so it gets the pool's credentials but not the pool.
    const trust = backend.type === "kubelet" ? this.#trust : { rejectUnauthorized: false };
    const agent = backend.type === "kubelet" ? this.#kubelets : this.#secure;
    return httpsRequest({ ...options, ...(upgrade ? { ...trust, agent: false } : { agent }) });
  }
}
