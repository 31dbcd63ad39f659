// SPDX-License-Identifier: Apache-2.0

import { assert, type Clock, type Timer, TimerWheel } from "../../base/index.ts";
import { type Store, type StoredValue, type StoreEvent } from "../../store/index.ts";
import { type CacheEntry, FormBudget } from "./cache-entry.ts";
import { ParsedObjects } from "./parsed-objects.ts";
import { type CachedResource, type CacheFeed, WatchCache } from "./watch-cache.ts";

/** Everything is kept below this. */
const ROOT = "/registry/";
/** Events of the store's history that fill the rings at the start, so that watches resume over a restart. */
const REPLAYED_EVENTS = 4096;
/** Granularity of bookmarks and timeouts. */
const WHEEL_TICK_MS = 1000;
const RESTART_DELAY_MS = 1000;
/** Objects whose columns are extracted at once after a start, and the pause until the next ones. */
const EXTRACTION_SLICE = 100;
const EXTRACTION_PAUSE_MS = 1;

interface Waiter {
  readonly revision: number;
  resolve(): void;
}

/**
 * The watch caches of one API server, fed by one watch of the store. What this server writes reaches its own caches the
 * same way as what another server writes.
 */
export class WatchCaches implements CacheFeed {
  readonly parsed = new ParsedObjects();
  readonly forms = new FormBudget();
  readonly timers: TimerWheel;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #byPath = new Map<string, WatchCache>();
  readonly #opening = new Map<WatchCache, Promise<void>>();
  #waiters: Waiter[] = [];
  #revision = 0;
  #started = false;
  #stopWatch: (() => void) | undefined;
  #extraction: Timer | undefined;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.timers = new TimerWheel(clock, WHEEL_TICK_MS);
  }

  get revision(): number {
    return this.#revision;
  }

  /** Fills the caches that are open and follows the store from there. */
  async start(): Promise<void> {
    const { signal } = this.#abort;
    const current = await this.#store.currentRevision({ signal });
    const from = Math.max(this.#store.compactedRevision, current - REPLAYED_EVENTS);
    await this.#follow(from);
    await this.waitFor(current);
  }

  /** The cache of a resource; opened on first call, and filled soon after when the feed runs. */
  open(resource: CachedResource): WatchCache {
    const path = pathOf(resource.prefix);
    const known = this.#byPath.get(path);
    if (known) return known;
    const cache = new WatchCache(resource, this);
    this.#byPath.set(path, cache);
    if (this.#started)
      this.#opening.set(
        cache,
        this.#fill(cache).catch(() => {}),
      );
    return cache;
  }

  /** Ends the watches of a resource that is not served any more, and forgets it. */
  close(cache: WatchCache): void {
    if (this.#byPath.delete(pathOf(cache.resource.prefix))) cache.endWatches();
  }

  /** Whether the cache may be read as of the store's newest revision without waiting. */
  isFresh(cache: WatchCache): boolean {
    const newest = this.#store.localRevision;
    return newest !== undefined && this.#revision >= newest && this.#started && !this.#opening.has(cache);
  }

  /** Waits until the cache holds everything that was durable when this was called. */
  async freshen(cache: WatchCache, signal: AbortSignal): Promise<void> {
    if (this.isFresh(cache)) return;
    await this.#opening.get(cache);
    await this.waitFor(await this.#store.currentRevision({ signal }), signal);
  }

  /** Waits until the feed has reached a revision. */
  async waitFor(revision: number, signal?: AbortSignal): Promise<void> {
    if (this.#revision >= revision) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiters.push({ revision, resolve });
      signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
  }

  /** Forgets history that the store has forgotten. */
  compact(revision: number): void {
    for (const cache of this.#byPath.values()) cache.compact(revision);
  }

  stop(): void {
    this.#abort.abort(new Error("The API server stopped"));
    this.#stopWatch?.();
    this.#extraction?.cancel();
    this.timers.clear();
    for (const cache of this.#byPath.values()) cache.endWatches();
  }

  /**
   * After a start, extracts the columns of what was loaded, a little at a time: otherwise the first selector would have
   * to parse everything at once.
   */
  #extractSoon(entries: Iterator<CacheEntry>): void {
    this.#extraction = this.#clock.setTimer(EXTRACTION_PAUSE_MS, () => {
      for (let i = 0; i < EXTRACTION_SLICE; i++) {
        const { value, done } = entries.next();
        if (done) return;
        if (!value.extracted) value.extract(value.passingObject);
      }
      this.#extractSoon(entries);
    });
  }

  *#loadedEntries(): Generator<CacheEntry> {
    for (const cache of this.#byPath.values()) yield* cache.snapshot().entries.values();
  }

  async #follow(from: number): Promise<void> {
    const { signal } = this.#abort;
    const { items, revision } = await this.#store.range(ROOT, { signal, revision: from });
    this.#loadAll(items, revision);
    this.#revision = revision;
    this.#started = true;
    if (items.length > 0) this.#extractSoon(this.#loadedEntries());
    this.#stopWatch = this.#store.watch(revision, {
      onEvents: (events) => this.#onEvents(events),
      onProgress: (reached) => this.#advance(reached),
      onEnd: () => this.#onEnd(),
    });
  }

  #loadAll(items: readonly StoredValue[], revision: number): void {
    const byCache = new Map<WatchCache, StoredValue[]>();
    for (const cache of this.#byPath.values()) byCache.set(cache, []);
    for (const item of items) {
      const cache = this.#find(item.key);
      if (cache) byCache.get(cache)!.push(item);
    }
    for (const [cache, values] of byCache) cache.load(values, revision);
  }

  /** Fills a cache that was opened while the feed runs. */
  async #fill(cache: WatchCache): Promise<void> {
    const { signal } = this.#abort;
    const { prefix } = cache.resource;
    const { items, revision } = await this.#store.range(prefix, { signal });
    cache.load(items, revision);
    await this.waitFor(revision, signal);
    this.#opening.delete(cache);
  }

  #onEvents(events: readonly StoreEvent[]): void {
    const touched = new Set<WatchCache>();
    for (const event of events) {
      const cache = this.#find(event.key);
      if (!cache) continue;
      cache.apply(event);
      touched.add(cache);
    }
    this.#revision = events[events.length - 1]!.revision;
    for (const cache of touched) cache.flush();
    this.#wake();
  }

  #advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    for (const cache of this.#byPath.values()) cache.flush();
    this.#wake();
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const ready = this.#waiters.filter((waiter) => waiter.revision <= this.#revision);
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.#revision);
    for (const waiter of ready) waiter.resolve();
  }

  /** The store's watch broke: watches end, and everything is read anew. */
  #onEnd(): void {
    for (const cache of this.#byPath.values()) cache.endWatches();
    if (this.#abort.signal.aborted) return;
    this.#clock.setTimer(RESTART_DELAY_MS, () => {
      if (this.#abort.signal.aborted) return;
      this.#store
        .currentRevision({ signal: this.#abort.signal })
        .then((revision) => this.#follow(revision))
        .catch(() => this.#onEnd());
    });
  }

  /** Resources lie one or two path segments below the root. */
  #find(key: string): WatchCache | undefined {
    const first = key.indexOf("/", ROOT.length);
    if (first < 0) return undefined;
    const found = this.#byPath.get(key.slice(ROOT.length, first));
    if (found) return found;
    const second = key.indexOf("/", first + 1);
    return second < 0 ? undefined : this.#byPath.get(key.slice(ROOT.length, second));
  }
}

function pathOf(prefix: string): string {
  assert(prefix.startsWith(ROOT) && prefix.endsWith("/"), `${prefix} is a folder below ${ROOT}`);
  return prefix.slice(ROOT.length, -1);
}
