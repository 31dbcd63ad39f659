// SPDX-License-Identifier: Apache-2.0

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { ClientRequest, ClientResponse, Transport } from "../../client/index.ts";

/** Where an API server is, and who we are towards it. PEM texts. */
export interface HttpsTransportOptions {
  /** `https://127.0.0.1:6443`. */
  readonly server: string;
  readonly ca: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly token?: string;
}

/** Bytes that one stream may be behind before the server waits. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;

const headerOf = (value: string | string[] | undefined): string | readonly string[] => value ?? "";

function responseOf(stream: ClientHttp2Stream, headers: NodeJS.Dict<string | string[]>): ClientResponse {
  const plain: Record<string, string | readonly string[]> = {};
  for (const name in headers) if (!name.startsWith(":")) plain[name] = headerOf(headers[name]);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) yield chunk as Uint8Array;
  };
  return {
    status: Number(headers[":status"]),
    headers: plain,
    chunks,
    async bytes() {
      const parts: Uint8Array[] = [];
      for await (const part of chunks()) parts.push(part);
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    },
  };
}

/** HTTPS over one HTTP/2 connection, which is made anew when it broke. */
export class HttpsTransport implements Transport, Disposable {
  readonly #options: HttpsTransportOptions;
  #session: ClientHttp2Session | undefined;

  constructor(options: HttpsTransportOptions) {
    this.#options = options;
  }

  request(request: ClientRequest): Promise<ClientResponse> {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const stream = this.#connection().request(
        {
          [constants.HTTP2_HEADER_METHOD]: request.method,
          [constants.HTTP2_HEADER_PATH]: request.path,
          ...(this.#options.token ? { authorization: `Bearer ${this.#options.token}` } : {}),
          ...request.headers,
        },
        // Left to itself, Node.js ends a DELETE before its body.
        { endStream: false },
      );
      const onAbort = () => {
        // Destroying with the reason makes readers of the body fail with it.
        stream.destroy(signal.reason instanceof Error ? signal.reason : new Error("The request was aborted"));
      };
      signal.addEventListener("abort", onAbort, { once: true });
      stream.once("close", () => signal.removeEventListener("abort", onAbort));
      stream.once("response", (headers) => resolve(responseOf(stream, headers)));
      stream.on("error", (error) => reject(signal.aborted ? signal.reason : error));
      stream.once("close", () => reject(new Error(`${request.method} ${request.path}: the connection was closed`)));
      stream.end(request.body);
    });
  }

  [Symbol.dispose](): void {
    this.#session?.destroy();
    this.#session = undefined;
  }

  #connection(): ClientHttp2Session {
    const current = this.#session;
    if (current && !current.closed && !current.destroyed) return current;
    const { server, ca, certificate, key } = this.#options;
    const session = connect(server, {
      ca,
      ...(certificate ? { cert: certificate, key } : {}),
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false },
    });
    session.setTimeout(CONNECT_TIMEOUT_MS, () => {
      if (session.connecting) session.destroy(new Error(`${server} does not answer`));
    });
    session.on("connect", () => session.setLocalWindowSize(16 * STREAM_WINDOW_BYTES));
    session.on("error", () => session.destroy());
    session.on("goaway", () => session.close());
    session.on("close", () => {
      if (this.#session === session) this.#session = undefined;
    });
    // An idle connection does not keep the process alive; requests under way do.
    this.#session = session;
    return session;
  }
}
