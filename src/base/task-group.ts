// SPDX-License-Identifier: Apache-2.0

/** Owns loops: the first failure aborts its siblings, and disposal awaits them all. */
export class TaskGroup implements AsyncDisposable {
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #detach: () => void;
  #failure: { error: unknown } | undefined;

  constructor(parent?: AbortSignal) {
    const onAbort = () => this.#abort.abort(parent?.reason);
    if (parent?.aborted) onAbort();
    else parent?.addEventListener("abort", onAbort, { once: true });
    this.#detach = () => parent?.removeEventListener("abort", onAbort);
  }

  /** Aborted when the parent is, when a task fails, and when the group is disposed. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The number of tasks that have not ended. */
  get size(): number {
    return this.#running.size;
  }

  /** Starts a task; its name appears in the error when it fails. */
  run(name: string, task: (signal: AbortSignal) => Promise<void>): void {
    const promise = (async () => {
      try {
        await task(this.signal);
      } catch (error) {
        if (this.signal.aborted) return;
        this.#failure = { error: new Error(`Task ${name} failed`, { cause: error }) };
        this.#abort.abort(this.#failure.error);
      }
    })();
    this.#running.add(promise);
    void promise.finally(() => this.#running.delete(promise));
  }

  /** Resolves when every task has ended; rejects with the first failure. */
  async wait(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#detach();
    if (this.#failure) throw this.#failure.error;
  }

  /** Aborts all tasks and awaits them. */
  async stop(reason: unknown = new Error("Task group stopped")): Promise<void> {
    if (!this.signal.aborted) this.#abort.abort(reason);
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#detach();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
