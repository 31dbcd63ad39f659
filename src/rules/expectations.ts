// SPDX-License-Identifier: Apache-2.0

/** A controller stops waiting for what it expects after this long: a watch may have been lost. */
export const EXPECTATIONS_TIMEOUT_MS = 5 * 60_000;

interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  readonly sinceMs: number;
}

/**
 * What a controller has asked for and its cache does not show yet. While a key expects something, the cache is behind the
 * controller's own deeds and acting on it would do them twice.
 */
export class Expectations {
  readonly #byKey = new Map<string, Expected>();

  /** Whether the cache shows everything that was asked for, or it was waited for too long. */
  satisfied(key: string, nowMs: number): boolean {
    const expected = this.#byKey.get(key);
    if (!expected) return true;
    if (expected.creations <= 0 && expected.deletions.size === 0) return true;
    return nowMs - expected.sinceMs > EXPECTATIONS_TIMEOUT_MS;
  }

  expectCreations(key: string, count: number, nowMs: number): void {
    this.expect(key, { creations: count, deletions: [] }, nowMs);
  }

  expectDeletions(key: string, objects: readonly string[], nowMs: number): void {
    this.expect(key, { creations: 0, deletions: objects }, nowMs);
  }

  /** Names what will be deleted: by name, so that a deletion seen twice counts once. */
  expect(
    key: string,
    what: { readonly creations: number; readonly deletions: readonly string[] },
    nowMs: number,
  ): void {
    this.#byKey.set(key, { creations: what.creations, deletions: new Set(what.deletions), sinceMs: nowMs });
  }

  /** One creation was seen, or will never happen. */
  creationObserved(key: string): void {
    const expected = this.#byKey.get(key);
    if (expected) expected.creations -= 1;
  }

  deletionObserved(key: string, object: string): void {
    this.#byKey.get(key)?.deletions.delete(object);
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }
}
