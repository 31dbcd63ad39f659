// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, KubeObject } from "../../apimachinery/index.ts";
import { resourceExpired, type Status } from "../../apimachinery/index.ts";
import { SortedMap, type SortedView, type TimerWheel } from "../../base/index.ts";
import { prefixEnd, type StoredValue, type StoreEvent } from "../../store/index.ts";
import { CacheEntry, type EntryReader, type FieldColumn, type FormBudget } from "./cache-entry.ts";
import { CacheEvent, EventRing } from "./event-ring.ts";
import type { ParsedObjects } from "./parsed-objects.ts";
import { revisionInBytes, spliceRevision } from "./splice-revision.ts";
import { interestKey, WatchHub } from "./watch-hub.ts";
import {
  ChunkBuilder,
  MAX_CHUNK_BYTES,
  type RingChunk,
  transition,
  type WatchInterest,
  WatchSession,
  type SessionSource,
  type WatchRequest,
} from "./watch-session.ts";

/** How often live watches that asked for bookmarks get one. */
const BOOKMARK_INTERVAL_MS = 60_000;
/** Chunks of the ring that are kept for other watches at the same position. */
const MAX_SHARED_CHUNKS = 32;
/** Older states that paged lists may go on reading; beyond, the store is asked. */
const MAX_SNAPSHOTS = 16;

/** What a resource is to the cache. */
export interface CachedResource {
  /** Where its objects are in the store: `/registry/pods/`. */
  readonly prefix: string;
  readonly fields: readonly FieldColumn[];
  /** The label of the field by which watches are hashed. */
  readonly dispatchField?: string;
  parse(bytes: Uint8Array): KubeObject;
}

/** A state of the resource at one revision; stays as it is. */
export interface CacheSnapshot {
  readonly revision: number;
  readonly entries: SortedView<CacheEntry>;
}

/** Hears of every change, synchronously and in order. Must not throw. */
export interface CacheObserver {
  onChange(entry: CacheEntry | undefined, previous: CacheEntry | undefined): void;
}

/** What all watch caches of a server share. */
export interface CacheFeed {
  /** Every change up to this revision has been applied to every cache. */
  readonly revision: number;
  readonly parsed: ParsedObjects;
  readonly forms: FormBudget;
  readonly timers: TimerWheel;
}

/**
 * The objects of one resource as the store has them, fed by the store's watch alone: bytes sorted by key, the latest
 * events, and the watches.
 */
export class WatchCache implements EntryReader, SessionSource {
  readonly resource: CachedResource;
  readonly fields: readonly FieldColumn[];
  readonly #feed: CacheFeed;
  readonly #entries = new SortedMap<CacheEntry>();
  readonly #hub: WatchHub;
  readonly #sessions = new Set<WatchSession>();
  readonly #future = new Set<WatchSession>();
  readonly #observers = new Set<CacheObserver>();
  /** Chunks made for watches that catch up; those that fell behind together read the same ones. */
  readonly #chunks = new Map<string, RingChunk>();
  readonly #snapshots = new Map<number, SortedView<CacheEntry>>();
  #ring = new EventRing(0);
  #batch: CacheEvent[] = [];
  #loadedRevision = 0;
  /** Changes that arrived while the cache was still being filled; undefined once it is. */
  #early: StoreEvent[] | undefined = [];
  #bookmarksArmed = false;
  readonly #dispatchField: number;
  /** Keys by the value of the dispatch field; made when somebody first asks, kept up to date from then on. */
  #keysByField: Map<string, Set<string>> | undefined;

  constructor(resource: CachedResource, feed: CacheFeed) {
    this.resource = resource;
    this.fields = resource.fields;
    this.#feed = feed;
    this.#dispatchField = resource.fields.findIndex((field) => field.label === resource.dispatchField);
    this.#hub = new WatchHub(this.#dispatchField);
  }

  get revision(): number {
    return Math.max(this.#feed.revision, this.#loadedRevision);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Watches, live or catching up. */
  get watchCount(): number {
    return this.#sessions.size;
  }

  /** The oldest revision that a watch may resume from. */
  get oldestRevision(): number {
    return this.#ring.startRevision;
  }

  get formBudget(): FormBudget {
    return this.#feed.forms;
  }

  parse(entry: CacheEntry, keep: boolean): DeepReadonly<KubeObject> {
    if (entry.derived) return this.resource.parse(entry.bytes);
    const { parsed } = this.#feed;
    const known = parsed.get(entry.revision);
    if (known) return known;
    const object = this.resource.parse(entry.bytes);
    if (keep) parsed.set(entry.revision, object);
    return object;
  }

  /** The index of a field's column, or -1. */
  fieldIndex(label: string): number {
    return this.fields.findIndex((field) => field.label === label);
  }

  get(key: string): CacheEntry | undefined {
    return this.#entries.get(key);
  }

  /** Entries of a namespace ("" for all), in order of keys. */
  forEach(namespace: string, callback: (entry: CacheEntry) => boolean | void): void {
    const prefix = namespace === "" ? "" : `${namespace}/`;
    this.#entries.forEach(prefix, prefixEnd(prefix), callback);
  }

  /** The entries whose dispatch field has this value, in order of keys. */
  entriesOfField(value: string): CacheEntry[] {
    this.#keysByField ??= this.#indexByField();
    const keys = [...(this.#keysByField.get(value) ?? [])].sort();
    return keys.map((key) => this.#entries.get(key)!);
  }

  snapshot(): CacheSnapshot {
    return { revision: this.revision, entries: this.#entries.snapshot() };
  }

  /** Keeps a state for the next pages of a list. */
  retain(snapshot: CacheSnapshot): void {
    this.#snapshots.delete(snapshot.revision);
    this.#snapshots.set(snapshot.revision, snapshot.entries);
    if (this.#snapshots.size <= MAX_SNAPSHOTS) return;
    this.#snapshots.delete(this.#snapshots.keys().next().value!);
  }

  /** The state at a revision, when it is the present one or was retained. */
  snapshotAt(revision: number): CacheSnapshot | undefined {
    const entries = this.#snapshots.get(revision);
    if (entries) return { revision, entries };
    return revision === this.revision ? this.snapshot() : undefined;
  }

  /** Tells an observer what is there, and then of every change. */
  observe(observer: CacheObserver): () => void {
    this.#observers.add(observer);
    for (const entry of this.#entries.values()) observer.onChange(entry, undefined);
    return () => this.#observers.delete(observer);
  }

  watch(request: WatchRequest): void {
    const { start } = request;
    const session =
      start.type === "after"
        ? new WatchSession(request, this, { position: start.revision })
        : new WatchSession(request, this, { position: this.revision, initial: this.#initial(request.interest) });
    this.#sessions.add(session);
    if (start.type === "after" && start.revision < this.#ring.startRevision) {
      session.fail(tooOld(start.revision, this.#ring.startRevision));
      return;
    }
    session.timer = this.#feed.timers.set(request.timeoutMs, () => session.end());
    session.pump();
  }

  // What the feed calls.

  /** Replaces the content by a state of the store; changes up to its revision are known with it. */
  load(values: Iterable<StoredValue>, revision: number): void {
    for (const entry of this.#entries.values()) entry.retire();
    this.#entries.clear();
    this.#snapshots.clear();
    this.#keysByField = undefined;
    for (const value of values) {
      const key = value.key.slice(this.resource.prefix.length);
      this.#entries.set(key, new CacheEntry(this, key, value.bytes, value.revision));
    }
    this.#loadedRevision = revision;
    this.#ring = new EventRing(revision);
    this.#chunks.clear();
    for (const observer of this.#observers) {
      for (const entry of this.#entries.values()) observer.onChange(entry, undefined);
    }
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) this.apply(event);
    this.flush();
  }

  /** Applies one change of the store; watches hear of it with flush(). */
  apply(event: StoreEvent): void {
    if (this.#early) {
      this.#early.push(event);
      return;
    }
    if (event.revision <= this.#loadedRevision) return;
    const key = event.key.slice(this.resource.prefix.length);
    const previous = this.#previousOf(event, key);
    const change = event.type === "put" ? this.#put(event, key, previous) : this.#delete(event, key, previous);
    if (!change) return;
    this.#ring.push(change);
    this.#batch.push(change);
    previous?.retire();
    if (this.#keysByField) this.#reindex(change);
    for (const observer of this.#observers) observer.onChange(change.entry, change.previous);
  }

  /** Hands the applied changes to the watches; the feed's revision includes them now. */
  flush(): void {
    const batch = this.#batch;
    if (batch.length > 0) {
      this.#batch = [];
      this.#hub.dispatch(batch, this.revision);
    }
    if (this.#future.size > 0) this.#wakeFuture();
  }

  /** Forgets events that the store has compacted, and states of paged lists. */
  compact(revision: number): void {
    this.#ring.trim(revision);
    this.#chunks.clear();
    for (const old of this.#snapshots.keys()) if (old < revision) this.#snapshots.delete(old);
  }

  /** Ends all watches: the server stops, or the kind is not served any more. */
  endWatches(): void {
    for (const session of [...this.#sessions]) session.end();
  }

  // What sessions call.

  chunkAfter(revision: number, interest: WatchInterest): RingChunk | undefined {
    if (revision < this.#ring.startRevision) return undefined;
    const key = `${interestKey(interest)}|${revision}`;
    let known = this.#chunks.get(key);
    if (!known) {
      known = this.#buildChunk(revision, interest);
      this.#chunks.set(key, known);
      if (this.#chunks.size > MAX_SHARED_CHUNKS) this.#chunks.delete(this.#chunks.keys().next().value!);
    }
    return known;
  }

  goLive(session: WatchSession): void {
    this.#hub.add(session);
    if (session.bookmarks) this.#armBookmarks();
  }

  awaitRevision(session: WatchSession): void {
    this.#future.add(session);
  }

  forget(session: WatchSession): void {
    this.#hub.remove(session);
    if (!session.over) return;
    this.#sessions.delete(session);
    this.#future.delete(session);
  }

  #buildChunk(revision: number, interest: WatchInterest): RingChunk {
    const ring = this.#ring;
    const builder = new ChunkBuilder();
    for (let i = ring.indexAfter(revision); i < ring.size; i++) {
      const event = ring.at(i);
      if (!inScope(event, interest)) continue;
      const heard = transition(event, interest);
      if (!heard) continue;
      builder.add(interest.form.frame(heard.type, heard.entry));
      if (builder.byteLength >= MAX_CHUNK_BYTES) return { chunk: builder.build(), revision: event.revision };
    }
    return { chunk: builder.build(), revision: this.revision };
  }

  #indexByField(): Map<string, Set<string>> {
    const index = new Map<string, Set<string>>();
    for (const entry of this.#entries.values()) addKey(index, entry.fields[this.#dispatchField]!, entry.key);
    return index;
  }

  #reindex({ entry, previous }: CacheEvent): void {
    const index = this.#keysByField!;
    const before = previous?.fields[this.#dispatchField];
    const now = entry?.fields[this.#dispatchField];
    if (before === now) return;
    if (before !== undefined) {
      const keys = index.get(before);
      keys?.delete(previous!.key);
      if (keys?.size === 0) index.delete(before);
    }
    if (now !== undefined) addKey(index, now, entry!.key);
  }

  #previousOf(event: StoreEvent, key: string): CacheEntry | undefined {
    const known = this.#entries.get(key);
    if (!event.previous || known?.revision === event.previous.revision) return known;
    return new CacheEntry(this, key, event.previous.bytes, event.previous.revision);
  }

  #put(event: StoreEvent, key: string, previous: CacheEntry | undefined): CacheEvent {
    const entry = new CacheEntry(this, key, event.bytes, event.revision);
    const object = this.#feed.parsed.get(event.revision);
    if (object) entry.extract(object);
    this.#entries.set(key, entry);
    return new CacheEvent(event.revision, entry, previous);
  }

  #delete(event: StoreEvent, key: string, previous: CacheEntry | undefined): CacheEvent | undefined {
    this.#entries.delete(key);
    if (!previous) return undefined;
    const { revision, bytes } = event;
    const last = revisionInBytes(bytes) === revision ? bytes : spliceRevision(bytes, revision);
    return new CacheEvent(revision, undefined, previous, previous.withBytes(last, revision));
  }

  *#initial(interest: WatchInterest): Generator<CacheEntry> {
    const { matches, namespace, fieldValue } = interest;
    if (fieldValue !== undefined && interest.name === "") {
      for (const entry of this.entriesOfField(fieldValue)) {
        if ((namespace === "" || entry.namespace === namespace) && (!matches || matches(entry))) yield entry;
      }
      return;
    }
    if (interest.name !== "") {
      // Without a namespace the key is the name, unless the resource has namespaces.
      const entry = this.#entries.get(interest.namespace ? `${interest.namespace}/${interest.name}` : interest.name);
      if (entry && (!matches || matches(entry))) yield entry;
      if (entry || interest.namespace) return;
    }
    const prefix = interest.namespace === "" ? "" : `${interest.namespace}/`;
    for (const entry of this.#entries.snapshot().values(prefix, prefixEnd(prefix))) {
      if (interest.name !== "" && entry.name !== interest.name) continue;
      if (!matches || matches(entry)) yield entry;
    }
  }

  #wakeFuture(): void {
    for (const session of this.#future) {
      if (session.position > this.revision) continue;
      this.#future.delete(session);
      session.pump();
    }
  }

  #armBookmarks(): void {
    if (this.#bookmarksArmed) return;
    this.#bookmarksArmed = true;
    this.#feed.timers.set(BOOKMARK_INTERVAL_MS, () => this.#sendBookmarks());
  }

  #sendBookmarks(): void {
    this.#bookmarksArmed = false;
    let anyone = false;
    for (const session of [...this.#hub.sessions()]) {
      if (!session.bookmarks) continue;
      anyone = true;
      session.bookmark(this.revision);
    }
    if (anyone) this.#armBookmarks();
  }
}

function addKey(index: Map<string, Set<string>>, value: string, key: string): void {
  const keys = index.get(value);
  if (keys) keys.add(key);
  else index.set(value, new Set([key]));
}

function inScope(event: CacheEvent, interest: WatchInterest): boolean {
  const entry = event.entry ?? event.previous!;
  if (interest.namespace !== "" && entry.namespace !== interest.namespace) return false;
  return interest.name === "" || entry.name === interest.name;
}

/** The answer to a watch that starts before what is still known. */
const tooOld = (revision: number, oldest: number): Status =>
  resourceExpired(`too old resource version: ${revision} (${oldest})`).status;
