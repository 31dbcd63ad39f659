// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import {
  type DeepReadonly,
  encodeJson,
  forgetEmpties,
  type GroupResource,
  type KubeObject,
} from "../../apimachinery/index.ts";
import { SortedMap } from "../../base/index.ts";
import type { CommitResult, Store } from "../../store/index.ts";
import { CacheEntry, type CacheSnapshot, spliceRevision, type WatchCache, type WatchCaches } from "../cache/index.ts";
import { encodeText, inStoredOrder } from "./stored-object.ts";

export interface KindStorageParts {
  readonly kind: Kind;
  /** The kind in the version in which it is stored; the same as `kind` for most. */
  readonly storageKind: Kind;
  readonly store: Store;
  readonly cache: WatchCache;
  readonly caches: WatchCaches;
}

/** What a put left in the store. */
export interface Stored {
  readonly bytes: Uint8Array;
  readonly revision: number;
  /** In the version of the kind, not of the storage. */
  readonly object: KubeObject;
}

/** One kind in one version over the store: keys, conversion, encoding, compare-and-swap. */
export class KindStorage {
  readonly kind: Kind;
  readonly storageKind: Kind;
  readonly cache: WatchCache;
  readonly groupResource: GroupResource;
  readonly #store: Store;
  readonly #caches: WatchCaches;

  constructor(parts: KindStorageParts) {
    this.kind = parts.kind;
    this.storageKind = parts.storageKind;
    this.cache = parts.cache;
    this.groupResource = { group: parts.kind.group, resource: parts.kind.resource };
    this.#store = parts.store;
    this.#caches = parts.caches;
  }

  /** The key in the cache: `namespace/name`, or `name`. */
  cacheKey(namespace: string, name: string): string {
    return this.kind.namespaced ? `${namespace}/${name}` : name;
  }

  storeKey(namespace: string, name: string): string {
    return this.cache.resource.prefix + this.cacheKey(namespace, name);
  }

  /** As the cache has it now. */
  peek(namespace: string, name: string): CacheEntry | undefined {
    return this.cache.get(this.cacheKey(namespace, name));
  }

  /** As the store has it now: waits for the cache where the store is not in this process. */
  read(
    namespace: string,
    name: string,
    request: { readonly signal: AbortSignal },
  ): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    if (this.#caches.isFresh(this.cache)) return this.peek(namespace, name);
    return this.#caches.freshen(this.cache, request.signal).then(() => this.peek(namespace, name));
  }

  get isFresh(): boolean {
    return this.#caches.isFresh(this.cache);
  }

  freshen(signal: AbortSignal): Promise<void> {
    return this.#caches.freshen(this.cache, signal);
  }

  waitFor(revision: number, signal: AbortSignal): Promise<void> {
    return this.#caches.waitFor(revision, signal);
  }

  /** The resource as it was at a revision, read from the store; throws CompactedError when that is gone. */
  async snapshotFromStore(revision: number, signal: AbortSignal): Promise<CacheSnapshot> {
    const { prefix } = this.cache.resource;
    const { items } = await this.#store.range(prefix, { signal, revision });
    const entries = new SortedMap<CacheEntry>();
    for (const item of items) {
      const key = item.key.slice(prefix.length);
      entries.set(key, new CacheEntry(this.cache, key, item.bytes, item.revision, true));
    }
    return { revision, entries };
  }

  /** The object in this kind's version; never to be changed. */
  objectOf(entry: CacheEntry): DeepReadonly<KubeObject> {
    const { storage } = this.kind;
    if (!storage) return entry.object;
    return storage.fromStorage(entry.object as KubeObject);
  }

  /** The same for one look, which leaves no trace in the cache of parsed objects. */
  passingObjectOf(entry: CacheEntry): DeepReadonly<KubeObject> {
    const { storage } = this.kind;
    return storage ? storage.fromStorage(entry.passingObject as KubeObject) : entry.passingObject;
  }

  /** Writes the object unless the key is at another revision than `expected` (0: absent). Takes the object over. */
  async put(
    namespace: string,
    name: string,
    object: KubeObject,
    options: { readonly expected: number; readonly traceId?: string },
  ): Promise<Stored | Extract<CommitResult, { type: "conflict" }>> {
    const { storage } = this.kind;
    const stored = storage ? storage.toStorage(object) : object;
    const result = await this.#store.commit({
      type: "put",
      key: this.storeKey(namespace, name),
      expected: options.expected,
      encode: (revision) => this.#encode(stored, revision),
      ttlSeconds: this.kind.ttlSeconds,
      traceId: options.traceId,
    });
    if (result.type === "conflict") return result;
    if (storage) object.metadata.resourceVersion = String(result.revision);
    return { bytes: result.bytes, revision: result.revision, object };
  }

  /** Removes the key at exactly this state; watchers see it once more with the deletion's revision. */
  delete(entry: CacheEntry, traceId: string | undefined): Promise<CommitResult> {
    return this.#store.commit({
      type: "delete",
      key: this.cache.resource.prefix + entry.key,
      expected: entry.revision,
      encode: (revision) => spliceRevision(entry.bytes, revision),
      traceId,
    });
  }

  /** The bytes as they would be stored, without a revision: for dry runs. */
  encodeDry(object: KubeObject): Uint8Array {
    const { storage } = this.kind;
    return encodeText(encodeJson(inStoredOrder(this.storageKind, storage ? storage.toStorage(object) : object)));
  }

  #encode(object: KubeObject, revision: number): Uint8Array {
    object.metadata.resourceVersion = String(revision);
    forgetEmpties(object);
    const ordered = inStoredOrder(this.storageKind, object);
    this.#caches.parsed.set(revision, ordered);
    return encodeText(encodeJson(ordered));
  }
}
