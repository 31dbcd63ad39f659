// SPDX-License-Identifier: Apache-2.0

import { assert } from "../base/index.ts";
import type { IndexFunction, Lister } from "./lister.ts";
import { keyOf, objectKey, type ObjectKey } from "./object-key.ts";
import type { ApiObject, Cached, CachedObject } from "./resource-reference.ts";

const NAMESPACE_INDEX = "namespace";
const CONTROLLER_INDEX = "controller";
const ORPHAN_PREFIX = "orphan:";

function controllerValues(object: CachedObject): readonly string[] {
  for (const reference of object.metadata.ownerReferences ?? []) {
    if (reference.controller) return [reference.uid];
  }
  return [ORPHAN_PREFIX + (object.metadata.namespace ?? "")];
}

const namespaceValues = (object: CachedObject): readonly string[] => [object.metadata.namespace ?? ""];

/** One index. Invariant: a value is present exactly while an object is filed under it. */
class Index<T extends ApiObject> {
  readonly #valuesOf: IndexFunction<T>;
  readonly #byValue = new Map<string, Map<ObjectKey, Cached<T>>>();

  constructor(valuesOf: IndexFunction<T>) {
    this.#valuesOf = valuesOf;
  }

  insert(key: ObjectKey, object: Cached<T>): void {
    for (const value of this.#valuesOf(object)) {
      let bucket = this.#byValue.get(value);
      if (!bucket) this.#byValue.set(value, (bucket = new Map()));
      bucket.set(key, object);
    }
  }

  remove(key: ObjectKey, object: Cached<T>): void {
    for (const value of this.#valuesOf(object)) {
      const bucket = this.#byValue.get(value);
      bucket?.delete(key);
      if (bucket?.size === 0) this.#byValue.delete(value);
    }
  }

  get(value: string): Iterable<Cached<T>> {
    return this.#byValue.get(value)?.values() ?? [];
  }
}

/** Objects by key, with indexes that cost nothing until somebody asks for them. */
export class ObjectCache<T extends ApiObject> implements Lister<T> {
  readonly #objects = new Map<ObjectKey, Cached<T>>();
  readonly #indexes = new Map<string, Index<T>>();

  get size(): number {
    return this.#objects.size;
  }

  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    const index = new Index<T>(valuesOf);
    for (const [key, object] of this.#objects) index.insert(key, object);
    this.#indexes.set(name, index);
  }

  /** Puts an object in; returns the one that it replaces. */
  set(object: Cached<T>): Cached<T> | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      if (old) index.remove(key, old);
      index.insert(key, object);
    }
    return old;
  }

  /** Takes an object out; returns it. */
  delete(key: ObjectKey): Cached<T> | undefined {
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) index.remove(key, old);
    return old;
  }

  keys(): Iterable<ObjectKey> {
    return this.#objects.keys();
  }

  get(namespace: string, name: string): Cached<T> | undefined {
    return this.#objects.get(objectKey(namespace, name));
  }

  getByKey(key: ObjectKey): Cached<T> | undefined {
    return this.#objects.get(key);
  }

  list(): Iterable<Cached<T>> {
    return this.#objects.values();
  }

  byNamespace(namespace: string): Iterable<Cached<T>> {
    this.addIndex(NAMESPACE_INDEX, namespaceValues);
    return this.byIndex(NAMESPACE_INDEX, namespace);
  }

  byOwner(uid: string): Iterable<Cached<T>> {
    this.addIndex(CONTROLLER_INDEX, controllerValues);
    return this.byIndex(CONTROLLER_INDEX, uid);
  }

  orphans(namespace: string): Iterable<Cached<T>> {
    this.addIndex(CONTROLLER_INDEX, controllerValues);
    return this.byIndex(CONTROLLER_INDEX, ORPHAN_PREFIX + namespace);
  }

  byIndex(index: string, value: string): Iterable<Cached<T>> {
    const found = this.#indexes.get(index);
    assert(found, `Index ${index} was never added`);
    return found.get(value);
  }
}
