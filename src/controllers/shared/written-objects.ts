// SPDX-License-Identifier: Apache-2.0

import { keyOf, type CachedObject, type ObjectKey } from "../../client/index.ts";

/** How many objects that were deleted are remembered: their write may be answered after the deletion was seen. */
const GONE_MAX = 1_000;

type Deed = { readonly type: "wrote"; readonly version: number } | { readonly type: "deleted"; readonly uid: string };

/**
 * What a controller wrote and deleted and its cache does not show yet. While the cache is behind, a decision made on it
 * would be made twice.
 */
export class WrittenObjects {
  readonly #byOwner = new Map<string, Map<ObjectKey, Deed>>();
  readonly #gone = new Set<string>();

  wrote(owner: string, object: CachedObject): void {
    if (this.#gone.has(object.metadata.uid)) return;
    this.#remember(owner, keyOf(object), { type: "wrote", version: versionOf(object) });
  }

  deleted(owner: string, object: CachedObject): void {
    this.#remember(owner, keyOf(object), { type: "deleted", uid: object.metadata.uid });
  }

  /** The object was told to go, and stays for a while: the cache shows that as a newer version of it. */
  changing(owner: string, object: CachedObject): void {
    if (this.#gone.has(object.metadata.uid)) return;
    this.#remember(owner, keyOf(object), { type: "wrote", version: versionOf(object) + 1 });
  }

  /** Somebody deleted the object: nothing more is expected of it. */
  gone(owner: string, object: CachedObject): void {
    this.#gone.add(object.metadata.uid);
    const [oldest] = this.#gone;
    if (this.#gone.size > GONE_MAX && oldest !== undefined) this.#gone.delete(oldest);
    this.#forgetDeed(owner, keyOf(object));
  }

  forget(owner: string): void {
    this.#byOwner.delete(owner);
  }

  /** Whether the cache does not show yet what was done for the owner. */
  cacheIsBehind(owner: string, get: (key: ObjectKey) => CachedObject | undefined): boolean {
    for (const [key, deed] of this.#byOwner.get(owner) ?? []) {
      if (!isShown(deed, get(key))) return true;
      this.#forgetDeed(owner, key);
    }
    return false;
  }

  #remember(owner: string, key: ObjectKey, deed: Deed): void {
    let deeds = this.#byOwner.get(owner);
    if (!deeds) this.#byOwner.set(owner, (deeds = new Map()));
    deeds.set(key, deed);
  }

  #forgetDeed(owner: string, key: ObjectKey): void {
    const deeds = this.#byOwner.get(owner);
    deeds?.delete(key);
    if (deeds?.size === 0) this.#byOwner.delete(owner);
  }
}

const versionOf = (object: CachedObject): number => Number(object.metadata.resourceVersion);

const isShown = (deed: Deed, cached: CachedObject | undefined): boolean =>
  deed.type === "wrote" ? cached !== undefined && versionOf(cached) >= deed.version : cached?.metadata.uid !== deed.uid;
