// SPDX-License-Identifier: Apache-2.0

import {
  type ApiBody,
  type ApiHandler,
  type ByteSink,
  type ClientRequest,
  type ClientResponse,
  ownedChunks,
  type Peer,
  type SharedChunk,
  type SharedEvent,
  type Transport,
} from "./transport.ts";

/** A reader that lags by more than this is told apart as slow; the server then decides what to do with it. */
export const IN_PROCESS_BUFFER_BYTES_MAX = 1024 * 1024;

/** A pushed stream read by one loop in the same process; the chunks are passed on, not copied. */
class InProcessStream<C extends SharedChunk> implements ByteSink {
  #chunks: C[] = [];
  #bufferedBytes = 0;
  #ended = false;
  #closed = false;
  #full = false;
  #failure: { reason: unknown } | undefined;
  #wake: (() => void) | undefined;
  readonly #onDrain: (() => void)[] = [];
  readonly #onClose: (() => void)[] = [];

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  write(chunk: Uint8Array): boolean {
    return this.queue(chunk as C, chunk.length);
  }

  protected queue(chunk: C, bytes: number): boolean {
    if (this.#closed || this.#ended) return false;
    this.#chunks.push(chunk);
    this.#bufferedBytes += bytes;
    this.#wakeReader();
    this.#full = this.#bufferedBytes > IN_PROCESS_BUFFER_BYTES_MAX;
    return !this.#full;
  }

  onDrain(callback: () => void): void {
    this.#onDrain.push(callback);
  }

  onClose(callback: () => void): void {
    if (this.#closed) callback();
    else this.#onClose.push(callback);
  }

  end(): void {
    this.#ended = true;
    this.#wakeReader();
    if (this.#chunks.length === 0) this.#close();
  }

  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wakeReader();
    this.#close();
  }

  async *read(): AsyncGenerator<C> {
    try {
      for (;;) {
        if (this.#failure) throw this.#failure.reason;
        if (this.#chunks.length > 0) yield* this.#take();
        else if (this.#ended) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#close();
    }
  }

  #take(): C[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bufferedBytes = 0;
    if (this.#full) {
      this.#full = false;
      for (const callback of this.#onDrain) callback();
    }
    return chunks;
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const callback of this.#onClose) callback();
    this.#onClose.length = 0;
  }
}

/** The same for a reader that takes events as they are. */
class SharedStream extends InProcessStream<SharedChunk> {
  writeEvents(events: readonly SharedEvent[], bytes: number): boolean {
    return this.queue(events, bytes);
  }
}

async function* readBody(body: ApiBody, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  switch (body.type) {
    case "empty":
      return;
    case "bytes":
      yield body.bytes;
      return;
    case "chunks":
      yield* ownedChunks(body);
      return;
    case "stream":
      yield* readStream(body, new InProcessStream<Uint8Array>(), signal);
  }
}

async function* readStream<C extends SharedChunk>(
  body: Extract<ApiBody, { type: "stream" }>,
  stream: InProcessStream<C>,
  signal: AbortSignal,
): AsyncGenerator<C> {
  signal.throwIfAborted();
  const onAbort = () => stream.fail(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    body.start(stream);
    yield* stream.read();
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function joinChunks(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
  }
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Reaches an API server in the same process through its whole request chain, as the given peer. Bytes are shared. */
export function createInProcessTransport(handler: ApiHandler, peer: Peer): Transport {
  return {
    async request(request: ClientRequest): Promise<ClientResponse> {
      const response = await handler.handle({ ...request, headers: request.headers ?? {}, peer });
      const { body } = response;
      return {
        status: response.status,
        headers: response.headers,
        bytes: () => (body.type === "bytes" ? Promise.resolve(body.bytes) : joinChunks(readBody(body, request.signal))),
        chunks: () => readBody(body, request.signal),
        sharedChunks: () =>
          body.type === "stream"
            ? readStream(body, new SharedStream(), request.signal)
            : readBody(body, request.signal),
      };
    },
  };
}
