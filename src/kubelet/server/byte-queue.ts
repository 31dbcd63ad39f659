// SPDX-License-Identifier: Apache-2.0

/** Unread bytes before the writer waits. */
const UNREAD_BYTES_MAX = 256 * 1024;

/** Hands bytes from one writer to one reader; the writer waits while too much is unread. */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #closed = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** Resolves when there is room for more; what comes after the end is dropped. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#closed) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#wakeReader?.();
    while (this.#bytes > UNREAD_BYTES_MAX && !this.#closed)
      await new Promise<void>((resolve) => (this.#wakeWriter = resolve));
  }

  /** No more will come; what is there is still read. */
  close(): void {
    this.#closed = true;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  /** Everything until the end; to be iterated once. */
  async *read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#bytes -= chunk.length;
          if (this.#bytes <= UNREAD_BYTES_MAX) this.#wakeWriter?.();
          yield chunk;
        } else if (this.#closed) return;
        else await new Promise<void>((resolve) => (this.#wakeReader = resolve));
      }
    } finally {
      this.close();
    }
  }
}
