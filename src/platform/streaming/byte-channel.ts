// SPDX-License-Identifier: Apache-2.0

/**
 * Hands chunks from one writer to one reader; the writer waits while more than `limitBytes` are unread, so that memory
 * stays bounded and slowness is passed on.
 */
export class ByteChannel {
  readonly #limitBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wakeReader: (() => void) | undefined;
  #wakeWriters: (() => void)[] = [];

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when there is room for more; what comes after the end is dropped. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#ended || chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#wakeReader?.();
    while (this.#bytes > this.#limitBytes && !this.#ended) {
      await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
    }
  }

  /** No more will come; with an error the reader gets it after what is there. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    if (error !== undefined) this.#failure = { error };
    this.#wakeReader?.();
    this.#releaseWriters();
  }

  /** What is there is not wanted, and no more. */
  discard(): void {
    this.#chunks = [];
    this.#bytes = 0;
    this.end();
  }

  /** All chunks; to be iterated once. Leaving the loop early discards the rest. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#bytes -= chunk.length;
          if (this.#bytes <= this.#limitBytes) this.#releaseWriters();
          yield chunk;
        } else if (this.#ended) {
          if (this.#failure) throw this.#failure.error;
          return;
        } else await new Promise<void>((resolve) => (this.#wakeReader = resolve));
      }
    } finally {
      this.discard();
    }
  }

  #releaseWriters(): void {
    const writers = this.#wakeWriters;
    this.#wakeWriters = [];
    for (const wake of writers) wake();
  }
}
