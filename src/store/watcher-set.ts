// SPDX-License-Identifier: Apache-2.0

import { CompactedError, type StoreEvent, type StoreWatcher } from "./store.ts";

/** Events handed to a watcher at once while it reads history. */
const HISTORY_BATCH = 1000;

interface Watch {
  readonly watcher: StoreWatcher;
  /** Everything up to here was delivered; only meaningful while catching up. */
  position: number;
  live: boolean;
  stopped: boolean;
}

/** The history that a watcher reads before it hears of changes as they happen. */
export interface HistoryReader {
  readonly durableRevision: number;
  readonly compactedRevision: number;
  read(after: number, upTo: number, limit: number): readonly StoreEvent[];
}

/** The watchers of a store: those that hear live, and those that still read history. */
export class WatcherSet {
  readonly #live = new Set<Watch>();
  readonly #catchingUp = new Set<Watch>();
  readonly #history: HistoryReader;
  readonly #defer: (callback: () => void) => void;

  /** `defer` runs its callback soon, but not now: between two batches of history others get their turn. */
  constructor(history: HistoryReader, defer: (callback: () => void) => void) {
    this.#history = history;
    this.#defer = defer;
  }

  add(fromRevision: number, watcher: StoreWatcher): () => void {
    const watch: Watch = { watcher, position: fromRevision, live: false, stopped: false };
    if (fromRevision >= this.#history.durableRevision) this.#goLive(watch);
    else {
      this.#catchingUp.add(watch);
      this.#defer(() => this.#catchUp(watch));
    }
    return () => {
      watch.stopped = true;
      this.#live.delete(watch);
      this.#catchingUp.delete(watch);
    };
  }

  /** Hands a batch of durable changes to every live watcher; the others find it in the history. */
  broadcast(events: readonly StoreEvent[]): void {
    const last = events[events.length - 1]!.revision;
    for (const watch of this.#live) {
      if (last <= watch.position) continue;
      const after = watch.position;
      watch.watcher.onEvents(events[0]!.revision > after ? events : events.filter((e) => e.revision > after));
    }
  }

  end(error: unknown): void {
    const all = [...this.#live, ...this.#catchingUp];
    this.#live.clear();
    this.#catchingUp.clear();
    for (const watch of all) {
      watch.stopped = true;
      watch.watcher.onEnd?.(error);
    }
  }

  #catchUp(watch: Watch): void {
    if (watch.stopped) return;
    if (watch.position < this.#history.compactedRevision) {
      this.#overtaken(watch);
      return;
    }
    const upTo = this.#history.durableRevision;
    if (watch.position < upTo) {
      const events = this.#history.read(watch.position, upTo, HISTORY_BATCH);
      watch.position = events.length < HISTORY_BATCH ? upTo : events[events.length - 1]!.revision;
      if (events.length > 0) watch.watcher.onEvents(events);
    }
    if (watch.stopped) return;
    if (watch.position >= this.#history.durableRevision) this.#goLive(watch);
    else this.#defer(() => this.#catchUp(watch));
  }

  /** Compaction was faster than the watcher's reading. */
  #overtaken(watch: Watch): void {
    this.#catchingUp.delete(watch);
    watch.stopped = true;
    watch.watcher.onEnd?.(new CompactedError(this.#history.compactedRevision));
  }

  #goLive(watch: Watch): void {
    this.#catchingUp.delete(watch);
    watch.live = true;
    this.#live.add(watch);
    watch.watcher.onProgress?.(this.#history.durableRevision);
  }
}
