// SPDX-License-Identifier: Apache-2.0

import type { ObjectKey } from "./object-key.ts";
import type { ApiObject, Cached } from "./resource-reference.ts";

/** Computes the values under which an index files an object. */
export type IndexFunction<T extends ApiObject> = (object: Cached<T>) => readonly string[];

/** Reads what an informer holds. Nothing that it hands out may be changed. */
export interface Lister<T extends ApiObject> {
  get(namespace: string, name: string): Cached<T> | undefined;
  getByKey(key: ObjectKey): Cached<T> | undefined;
  /** The number of objects. */
  readonly size: number;
  list(): Iterable<Cached<T>>;
  byNamespace(namespace: string): Iterable<Cached<T>>;
  /** The objects whose controller (the owner reference with `controller: true`) has this uid. */
  byOwner(uid: string): Iterable<Cached<T>>;
  /** The objects of a namespace that have no controller. */
  orphans(namespace: string): Iterable<Cached<T>>;
  /** The objects filed under a value of an index that was added to the informer. */
  byIndex(index: string, value: string): Iterable<Cached<T>>;
}
