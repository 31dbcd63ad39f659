// SPDX-License-Identifier: Apache-2.0

/** A first-in, first-out queue that refuses what does not fit; readers wait for what comes. */
export class BoundedQueue<T> {
  readonly #limit: number;
  #head = 0;
  #items: T[] = [];
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** False when the queue is full or closed: the caller decides what that means. */
  push(item: T): boolean {
    if (this.#closed || this.size >= this.#limit) return false;
    this.#items.push(item);
    this.#wake();
    return true;
  }

  /** The oldest item, or undefined when empty. */
  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined as T;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** No more items; readers get what is left and then end. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Resolves when there is something to take or the queue is closed; rejects when aborted. */
  async ready(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.size > 0 || this.#closed) return;
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((w) => w !== done);
        reject(signal.reason);
      };
      this.#waiting.push(done);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** All items until closed and empty. */
  async *items(signal: AbortSignal): AsyncGenerator<T> {
    for (;;) {
      await this.ready(signal);
      let item = this.shift();
      if (item === undefined && this.#closed) return;
      while (item !== undefined) {
        yield item;
        item = this.shift();
      }
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
