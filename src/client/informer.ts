// SPDX-License-Identifier: Apache-2.0

import type { Clock, Logger, Random } from "../base/index.ts";
import type { IndexFunction, Lister } from "./lister.ts";
import { ObjectCache } from "./object-cache.ts";
import { keyOf } from "./object-key.ts";
import { Reflector, type ReflectorTarget, type Selection } from "./reflector.ts";
import type { ResourceClient } from "./resource-client.ts";
import type { ApiObject, Cached } from "./resource-reference.ts";

/** What a consumer does when its cache changed; the cache holds the new state already. Must not throw. */
export interface InformerHandler<T extends ApiObject> {
  added?(object: Cached<T>): void;
  updated?(object: Cached<T>, old: Cached<T>): void;
  deleted?(object: Cached<T>): void;
}

export interface InformerOptions<T extends ApiObject> {
  readonly client: ResourceClient<T>;
  readonly selection?: Selection;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** A cache of one kind's objects that follows the server and tells its handlers. */
export class Informer<T extends ApiObject> implements ReflectorTarget<T> {
  readonly #cache = new ObjectCache<T>();
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #reflector: Reflector<T>;
  readonly #synced = Promise.withResolvers<void>();
  #hasSynced = false;

  constructor(options: InformerOptions<T>) {
    this.#reflector = new Reflector<T>({ ...options, target: this });
  }

  get lister(): Lister<T> {
    return this.#cache;
  }

  /** Whether the cache has held everything at least once. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Files objects under values of their own; before or after the start. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    this.#cache.addIndex(name, valuesOf);
  }

  /** Tells the handler of everything that is there, and of every change from now on; returns how to stop. */
  addHandler(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler);
    if (handler.added) for (const object of this.#cache.list()) handler.added(object);
    return () => this.#handlers.delete(handler);
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#reflector.run(signal);
  }

  /** Resolves when the cache has held everything once. */
  async waitForSync(options: { readonly signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    signal.throwIfAborted();
    if (this.#hasSynced) return;
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  replace(objects: readonly Cached<T>[]): void {
    const gone = new Set(this.#cache.keys());
    for (const object of objects) {
      gone.delete(keyOf(object));
      this.apply(object);
    }
    for (const key of gone) this.#forget(this.#cache.delete(key));
    this.#hasSynced = true;
    this.#synced.resolve();
  }

  apply(object: Cached<T>): void {
    const old = this.#cache.set(object);
    if (!old) for (const handler of this.#handlers) handler.added?.(object);
    else if (old.metadata.uid !== object.metadata.uid) this.#exchange(object, old);
    else if (old.metadata.resourceVersion !== object.metadata.resourceVersion) {
      for (const handler of this.#handlers) handler.updated?.(object, old);
    }
  }

  remove(object: Cached<T>): void {
    if (this.#cache.delete(keyOf(object))) this.#forget(object);
  }

  /** The object was deleted and made anew while we did not look. */
  #exchange(object: Cached<T>, old: Cached<T>): void {
    for (const handler of this.#handlers) {
      handler.deleted?.(old);
      handler.added?.(object);
    }
  }

  #forget(object: Cached<T> | undefined): void {
    if (object) for (const handler of this.#handlers) handler.deleted?.(object);
  }
}
