// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../base/index.ts";
import { FIRST_REVISION, type Change, type Journal } from "./journal.ts";
import { JournaledStore } from "./journaled-store.ts";
import type { StoreEvent } from "./store.ts";

/** Keeps every event since the last compaction in an array that is sorted by revision. */
class MemoryJournal implements Journal {
  #events: StoreEvent[] = [];

  append(changes: readonly Change[]): void {
    for (const { event } of changes) this.#events.push(event);
  }

  read(after: number, upTo: number, limit: number): readonly StoreEvent[] {
    const start = this.#firstAfter(after);
    const end = Math.min(this.#firstAfter(upTo), start + limit);
    return this.#events.slice(start, end);
  }

  compact(revision: number): void {
    this.#events = this.#events.slice(this.#firstAfter(revision));
  }

  close(): void {
    this.#events = [];
  }

  #firstAfter(revision: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A store in memory, for tests and simulations: everything but the disk is as in the durable one. */
export class MemoryStore extends JournaledStore {
  constructor(options: { readonly clock: Clock }) {
    super(
      new MemoryJournal(),
      { records: [], revision: FIRST_REVISION, compactedRevision: 0 },
      { clock: options.clock, defer: queueMicrotask },
    );
  }
}
