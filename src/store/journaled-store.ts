// SPDX-License-Identifier: Apache-2.0

import { type Clock, type SortedView } from "../base/index.ts";
import { Expiry } from "./expiry.ts";
import type { Change, Journal, JournalState, KeyRecord } from "./journal.ts";
import { Keyspace } from "./keyspace.ts";
import {
  CompactedError,
  type CommitResult,
  type RangeOptions,
  type RangeResult,
  type Store,
  type StoredValue,
  type StoreEvent,
  type StoreOperation,
  type StoreWatcher,
} from "./store.ts";
import { WatcherSet, type HistoryReader } from "./watcher-set.ts";

/** History read at once when an old state is put together. */
const UNDO_BATCH = 1000;

interface Waiting {
  readonly change: Change | undefined;
  readonly result: CommitResult;
  resolve(result: CommitResult): void;
  reject(error: unknown): void;
}

export interface JournaledStoreOptions {
  readonly clock: Clock;
  /** Runs a callback after what is ready to run now; changes that arrive until then are flushed together. */
  readonly defer: (callback: () => void) => void;
}

const STORE_CLOSED = "The store is closed";

/** The end of the range of keys that begin with `prefix`. */
export const prefixEnd = (prefix: string): string | undefined =>
  prefix === "" ? undefined : prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

/**
 * A store that keeps what is current in memory and every change in a journal. Revisions are given synchronously and in
 * order; a change is acknowledged and broadcast when the journal says that it is durable, many at once.
 */
export class JournaledStore implements Store {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #defer: (callback: () => void) => void;
  readonly #keys: Keyspace;
  readonly #watchers: WatcherSet;
  readonly #expiry: Expiry;
  #queue: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #scheduled = false;
  #compactedRevision: number;
  #compacting: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(journal: Journal, state: JournalState, options: JournaledStoreOptions) {
    this.#journal = journal;
    this.#clock = options.clock;
    this.#defer = options.defer;
    this.#keys = new Keyspace(state);
    this.#compactedRevision = state.compactedRevision;
    this.#watchers = new WatcherSet(this.#historyReader(), options.defer);
    this.#expiry = new Expiry(options.clock, (key, revision) => this.#expire(key, revision));
    this.#keys.view.forEach("", undefined, (record) => {
      if (record.expiresAtMs) this.#expiry.add(record.key, record.revision, record.expiresAtMs);
    });
  }

  get localRevision(): number {
    return this.#keys.durableRevision;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  async currentRevision(_options: { signal: AbortSignal }): Promise<number> {
    return this.#keys.durableRevision;
  }

  async get(key: string, options: { signal: AbortSignal; revision?: number }): Promise<StoredValue | undefined> {
    const { revision } = options;
    if (revision === undefined || revision >= this.#keys.durableRevision) return this.#keys.get(key);
    this.#requireHistory(revision);
    const old = this.#undone(revision, key);
    return old.has(key) ? old.get(key) : this.#keys.get(key);
  }

  async range(prefix: string, options: RangeOptions & { signal: AbortSignal }): Promise<RangeResult> {
    const durable = this.#keys.durableRevision;
    const revision = options.revision ?? durable;
    if (revision >= durable) return { ...pageOf(this.#keys.view, prefix, options), revision: durable };
    this.#requireHistory(revision);
    const old = this.#undone(revision, prefix);
    const merged: StoredValue[] = [...this.#keys.view.values(prefix, prefixEnd(prefix))].filter(
      (record) => !old.has(record.key),
    );
    for (const value of old.values()) if (value) merged.push(value);
    merged.sort((a, b) => (a.key < b.key ? -1 : 1));
    return { ...pageOfSorted(merged, options), revision };
  }

  commit(operation: StoreOperation): Promise<CommitResult> {
    if (this.#closed) return Promise.reject(new Error(STORE_CLOSED));
    const prepared = this.#keys.prepare(operation, this.#clock.nowMs());
    if (prepared.type === "conflict") {
      const result: CommitResult = { type: "conflict", revision: prepared.revision };
      return prepared.pending ? this.#enqueue(undefined, result) : Promise.resolve(result);
    }
    const { event } = prepared.change;
    return this.#enqueue(prepared.change, { type: "committed", revision: event.revision, bytes: event.bytes });
  }

  watch(fromRevision: number, watcher: StoreWatcher): () => void {
    this.#requireHistory(fromRevision);
    if (this.#closed) throw new Error(STORE_CLOSED);
    return this.#watchers.add(fromRevision, watcher);
  }

  compact(revision: number): Promise<void> {
    const target = Math.min(revision, this.#keys.durableRevision);
    if (target <= this.#compactedRevision) return this.#compacting;
    this.#compactedRevision = target;
    // One compaction that failed must not fail all that follow.
    this.#compacting = this.#compacting.catch(() => undefined).then(() => this.#journal.compact(target));
    return this.#compacting;
  }

  async *snapshot(options: { signal: AbortSignal }): AsyncIterable<StoredValue> {
    for (const record of this.#keys.snapshot().values()) {
      options.signal.throwIfAborted();
      yield record;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#expiry.stop();
    while (this.#queue.length > 0 || this.#flushing) {
      if (!this.#flushing) this.#startFlush();
      await this.#flushing;
    }
    await this.#compacting.catch(() => {});
    this.#watchers.end(new Error(STORE_CLOSED));
    await this.#journal.close();
  }

  #historyReader(): HistoryReader {
    const localRevision = () => this.#keys.durableRevision;
    const compactedRevision = () => this.#compactedRevision;
    return {
      get durableRevision() {
        return localRevision();
      },
      get compactedRevision() {
        return compactedRevision();
      },
      read: (after, upTo, limit) => this.#journal.read(after, upTo, limit),
    };
  }

  #requireHistory(revision: number): void {
    if (revision < this.#compactedRevision) throw new CompactedError(this.#compactedRevision);
  }

  #enqueue(change: Change | undefined, result: CommitResult): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ change, result, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#flushing) return;
    this.#scheduled = true;
    this.#defer(() => {
      this.#scheduled = false;
      if (!this.#flushing) this.#startFlush();
    });
  }

  #startFlush(): void {
    if (this.#queue.length === 0) return;
    const batch = this.#queue;
    this.#queue = [];
    this.#flushing = this.#flush(batch).finally(() => {
      this.#flushing = undefined;
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  async #flush(batch: readonly Waiting[]): Promise<void> {
    const changes: Change[] = [];
    for (const { change } of batch) if (change) changes.push(change);
    if (changes.length > 0) {
      try {
        await this.#journal.append(changes);
      } catch (error) {
        this.#fail(batch, error);
        return;
      }
      this.#publish(changes);
    }
    for (const waiting of batch) waiting.resolve(waiting.result);
  }

  #publish(changes: readonly Change[]): void {
    const events: StoreEvent[] = new Array(changes.length);
    for (let i = 0; i < changes.length; i++) {
      const change = changes[i]!;
      this.#keys.apply(change);
      events[i] = change.event;
      const expiresAtMs = change.record?.expiresAtMs;
      if (expiresAtMs) this.#expiry.add(change.event.key, change.event.revision, expiresAtMs);
    }
    this.#watchers.broadcast(events);
  }

  /** The batch is lost, and with it whatever was promised on top of it. */
  #fail(batch: readonly Waiting[], error: unknown): void {
    const lost = [...batch, ...this.#queue];
    this.#queue = [];
    this.#keys.dropPending();
    for (const waiting of lost) waiting.reject(error);
  }

  #expire(key: string, revision: number): void {
    if (this.#closed) return;
    this.commit({ type: "delete", key, expected: revision }).catch(() => {
      // The disk refused: the key stays, and is tried again.
      this.#expiry.add(key, revision, this.#clock.nowMs() + RETRY_EXPIRY_MS);
    });
  }

  /** What keys with that prefix held at `revision`, for those that changed since; undefined: they did not exist. */
  #undone(revision: number, prefix: string): Map<string, StoredValue | undefined> {
    const old = new Map<string, StoredValue | undefined>();
    const upTo = this.#keys.durableRevision;
    for (let after = revision; after < upTo; ) {
      const events = this.#journal.read(after, upTo, UNDO_BATCH);
      for (const event of events) {
        if (!event.key.startsWith(prefix) || old.has(event.key)) continue;
        old.set(event.key, previousOf(event));
      }
      after = events.length < UNDO_BATCH ? upTo : events[events.length - 1]!.revision;
    }
    return old;
  }
}

/** How soon an expiry that could not be written is tried again. */
const RETRY_EXPIRY_MS = 10_000;

const previousOf = (event: StoreEvent): StoredValue | undefined =>
  event.previous && {
    key: event.key,
    bytes: event.previous.bytes,
    revision: event.previous.revision,
    createRevision: event.createRevision,
  };

function pageOf(view: SortedView<KeyRecord>, prefix: string, options: RangeOptions): Omit<RangeResult, "revision"> {
  const { limit } = options;
  const after = options.after;
  const from = after !== undefined && after >= prefix ? `${after}\0` : prefix;
  const items: StoredValue[] = [];
  let more = false;
  view.forEach(from, prefixEnd(prefix), (record) => {
    if (limit !== undefined && items.length >= limit) {
      more = true;
      return false;
    }
    items.push(record);
    return true;
  });
  return { items, more };
}

function pageOfSorted(values: readonly StoredValue[], options: RangeOptions): Omit<RangeResult, "revision"> {
  const { after, limit } = options;
  const rest = after === undefined ? values : values.filter((value) => value.key > after);
  const items = limit === undefined ? rest : rest.slice(0, limit);
  return { items, more: items.length < rest.length };
}
