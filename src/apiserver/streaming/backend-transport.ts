// SPDX-License-Identifier: Apache-2.0

import type { ByteSink } from "../../client/transport.ts";

/** A raw connection of bytes in both directions; what an upgraded HTTP/1.1 connection becomes. */
export interface ByteConnection {
  /** False when the other side is slow: wait for onDrain. */
  write(chunk: Uint8Array): boolean;
  onData(callback: (chunk: Uint8Array) => void): void;
  onDrain(callback: () => void): void;
  /** The other side has sent everything (half-close). */
  onEnd(callback: () => void): void;
  /** Called once, when both directions are over or the connection broke. */
  onClose(callback: () => void): void;
  pause(): void;
  resume(): void;
  /** Sends no more; what was written still arrives. */
  end(): void;
  destroy(): void;
}

/** How the API server speaks WebSocket to a client: it sends, and throws away what it gets. */
export interface WebSocketChoice {
  /** The one subprotocol of the answer; "": none. */
  readonly protocol: string;
  /** Whether messages go as binary frames or as text. */
  readonly binary: boolean;
}

/** The connection of a client that asks for an upgrade. */
export interface ClientConnection extends ByteConnection {
  /**
   * Answers 101 and speaks WebSocket: every write is a message, and the end closes it with 1000. undefined when the
   * handshake was refused, which has been answered, or the client is gone.
   */
  webSocket(choice: WebSocketChoice): Promise<ByteSink | undefined>;
}

/** Who a proxied or streamed request goes to: a node's kubelet, or an address that a pod or Service serves. */
export type Backend =
  | { readonly type: "kubelet"; readonly nodeName: string; readonly host: string; readonly port: number }
  | { readonly type: "endpoint"; readonly scheme: "http" | "https"; readonly host: string; readonly port: number };

export interface BackendRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
}

export interface BackendResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** What a backend answered to a request to upgrade. */
export type BackendUpgrade =
  | {
      readonly upgraded: true;
      /** The header lines of the 101, as they go to the client. */
      readonly headers: Readonly<Record<string, string | readonly string[]>>;
      readonly connection: ByteConnection;
    }
  | ({ readonly upgraded: false } & BackendResponse);

/**
 * The API server's way to kubelets and endpoints: platform/ speaks HTTPS with the server's client certificate, simulated
 * nodes answer in process. Rejects with an Error worded as Go's dial errors are when nobody answers.
 */
export interface BackendTransport {
  request(backend: Backend, request: BackendRequest): Promise<BackendResponse>;
  upgrade(backend: Backend, request: BackendRequest): Promise<BackendUpgrade>;
}

/** What the HTTP server does with a request that asks for an upgrade (WebSocket, SPDY/3.1). */
export interface UpgradeHandler<Request> {
  /** Runs the request chain and takes over the connection; resolves when the connection is over. Never rejects. */
  upgrade(request: Request, connection: ClientConnection): Promise<void>;
}
