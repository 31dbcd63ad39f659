// SPDX-License-Identifier: Apache-2.0

import type { Client, Metadata, ServiceError } from "@grpc/grpc-js";
import { grpcLibrary } from "./grpc-library.ts";
import type { MessageCodec, MessageObject } from "./message-codec.ts";

/** Names of a call's messages in the codec. */
export interface GrpcMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: string;
  readonly response: string;
}

/** What a call takes besides its message. */
export interface GrpcCallOptions {
  readonly signal: AbortSignal;
  /** None when left out. */
  readonly timeoutMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A call that failed: the status by the name that Go gives it ("NotFound"), and the server's words. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What kubelets allow in one message. */
const MAX_MESSAGE_BYTES = 16 << 20;

/** Calls over one connection to a unix socket. */
export class GrpcClient implements Disposable {
  readonly #client: Client;
  readonly #codec: MessageCodec;

  constructor(socket: string, codec: MessageCodec) {
    this.#codec = codec;
    const grpc = grpcLibrary();
    this.#client = new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
      "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
      // A runtime that restarts is back within a second; the default would wait up to two minutes.
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1_000,
    });
  }

  /** One request, one answer. */
  call(method: GrpcMethod, request: object, options: GrpcCallOptions): Promise<MessageObject> {
    const { signal, timeoutMs } = options;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => call.cancel();
      const call = this.#client.makeUnaryRequest<object, MessageObject>(
        method.path,
        (message) => this.#codec.encode(method.request, message),
        (bytes) => this.#codec.decode(method.response, bytes),
        request,
        metadataOf(options.metadata),
        timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
        (error, response) => {
          signal.removeEventListener("abort", onAbort);
          if (signal.aborted) reject(signal.reason);
          else if (error) reject(toGrpcError(error));
          else resolve(response ?? {});
        },
      );
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** One request, a stream of answers; ends with the server's end, throws when the call fails. */
  async *stream(method: GrpcMethod, request: object, options: GrpcCallOptions): AsyncGenerator<MessageObject> {
    const { signal } = options;
    signal.throwIfAborted();
    const call = this.#client.makeServerStreamRequest<object, MessageObject>(
      method.path,
      (message) => this.#codec.encode(method.request, message),
      (bytes) => this.#codec.decode(method.response, bytes),
      request,
      metadataOf(options.metadata),
    );
    const onAbort = () => call.cancel();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      for await (const message of call) yield message as MessageObject;
    } catch (error) {
      signal.throwIfAborted();
      throw toGrpcError(error as ServiceError);
    } finally {
      signal.removeEventListener("abort", onAbort);
      call.cancel();
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function metadataOf(entries: Readonly<Record<string, string>> = {}): Metadata {
  const metadata = new (grpcLibrary().Metadata)();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
}

/** NOT_FOUND → NotFound. */
function toGrpcError(error: ServiceError): GrpcError {
  const name = grpcLibrary().status[error.code] ?? "UNKNOWN";
  const code = name
    .toLowerCase()
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
  return new GrpcError(code === "Cancelled" ? "Canceled" : code, error.details || error.message, { cause: error });
}
