// SPDX-License-Identifier: Apache-2.0

/** Who is at the other end of a connection, as the one who accepted it verified. */
export interface Peer {
  /** Subject of a verified client certificate: common name and organisations; SHA-256 of its DER in hex where known. */
  readonly certificate?: {
    readonly commonName: string;
    readonly organizations: readonly string[];
    readonly fingerprint?: string;
    /** Values of the attribute that holds the user's UID: one in a good certificate. */
    readonly uids?: readonly string[];
  };
  /** The other end showed a certificate that is not good: of another authority, out of its time, for another use. */
  readonly badCertificate?: boolean;
  /** For logs and audit: "127.0.0.1:4711" or "in-process". */
  readonly address: string;
}

/**
 * A request to an API server, whatever carries it. Header names are lower case. Of a header that comes several times the
 * values are joined by ", ", as HTTP has it, but those of Impersonate-… by a line feed: they may hold commas.
 */
export interface ApiRequest {
  readonly method: string;
  /** Path and query, as on the wire: `/api/v1/pods?limit=500`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The body was longer than bodies may be, and was thrown away: whoever needs it answers 413. */
  readonly bodyTooLarge?: boolean;
  /** Aborted when the client went away. */
  readonly signal: AbortSignal;
  readonly peer: Peer;
}

/** An event of a watch for a reader in the same process: the object is the server's own, shared and never changed. */
export interface SharedEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: object;
}

/** Where a streamed answer goes: HTTP stream, message port or in-process reader. */
export interface ByteSink {
  /** Queues a chunk; the chunk is shared and never changed. False when the reader is slow: see bufferedBytes. */
  write(chunk: Uint8Array): boolean;
  /** Where readers share the server's memory: queues events without writing them out. As write(); counts as `bytes`. */
  writeEvents?(events: readonly SharedEvent[], bytes: number): boolean;
  /** Bytes accepted and not yet handed to the reader. */
  readonly bufferedBytes: number;
  /** Called once each time after write() returned false and the buffer has drained. */
  onDrain(callback: () => void): void;
  /** Called once when the reader went away or end() completed. */
  onClose(callback: () => void): void;
  end(): void;
}

/** The answer's body. Chunks are pulled with backpressure (lists); a stream is pushed (watch, logs). */
export type ApiBody =
  | { readonly type: "empty" }
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  | {
      readonly type: "chunks";
      readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
      /** A chunk is overwritten when the next one is asked for: lists need no memory that grows with them. */
      readonly transient?: boolean;
      readonly length?: number;
    }
  | { readonly type: "stream"; start(sink: ByteSink): void };

/** The chunks of a body, each to be kept as long as one likes. */
export async function* ownedChunks(body: Extract<ApiBody, { type: "chunks" }>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body.chunks) yield body.transient ? new Uint8Array(chunk) : chunk;
}

/** An API server's answer. Header names are lower case; a list value is several header lines (Warning). */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: ApiBody;
}

/** The one way to an API server: over HTTPS, over a message port, or in process; all end in the same request chain. */
export interface ApiHandler {
  handle(request: ApiRequest): Promise<ApiResponse>;
}

/** A request as a client makes it; the transport adds who it is. */
export interface ClientRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
}

/** An answer as a client reads it. */
export interface ClientResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The whole body, once. */
  bytes(): Promise<Uint8Array>;
  /** The body as it arrives, once; ends when the server ends it, throws when the connection breaks. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Where memory is shared: the body of a watch as it arrives, once, events unwritten where the server can. */
  sharedChunks?(): AsyncIterable<SharedChunk>;
}

/** Bytes of a body, or events in their place. */
export type SharedChunk = Uint8Array | readonly SharedEvent[];

/** How a Client reaches its server. */
export interface Transport {
  request(request: ClientRequest): Promise<ClientResponse>;
}
