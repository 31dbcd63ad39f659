// SPDX-License-Identifier: Apache-2.0

import type { CacheEntry } from "./cache-entry.ts";
import { spliceRevision } from "./splice-revision.ts";

/** One change of one resource as the cache saw it. */
export class CacheEvent {
  readonly revision: number;
  /** What the key holds now; undefined when it is gone. */
  readonly entry: CacheEntry | undefined;
  readonly previous: CacheEntry | undefined;
  #gone: CacheEntry | undefined;

  constructor(revision: number, entry: CacheEntry | undefined, previous: CacheEntry | undefined, gone?: CacheEntry) {
    this.revision = revision;
    this.entry = entry;
    this.previous = previous;
    this.#gone = gone;
  }

  /** The last form of an object that is gone, or gone for a selector: the previous one with this event's revision. */
  get gone(): CacheEntry {
    const previous = this.previous!;
    return (this.#gone ??= previous.withBytes(spliceRevision(previous.bytes, this.revision), this.revision));
  }

  get byteLength(): number {
    return (this.entry?.bytes.length ?? 0) + (this.previous?.bytes.length ?? 0);
  }
}

/** Events kept for watchers that resume, at most. */
const MAX_EVENTS = 65_536;
/** Bytes of objects that only the ring may keep alive, at most; the newest events stay in any case. */
const MAX_BYTES = 48 * 2 ** 20;
const MIN_EVENTS = 512;

/** The latest events of one resource, oldest first; bounded by number and by bytes. */
export class EventRing {
  #events: CacheEvent[] = [];
  #head = 0;
  #bytes = 0;
  #startRevision: number;
  readonly #maxEvents: number;
  readonly #maxBytes: number;

  /** A ring that knows everything after `startRevision`. */
  constructor(startRevision: number, limits: { readonly events?: number; readonly bytes?: number } = {}) {
    this.#startRevision = startRevision;
    this.#maxEvents = limits.events ?? MAX_EVENTS;
    this.#maxBytes = limits.bytes ?? MAX_BYTES;
  }

  /** Everything after this revision is here. */
  get startRevision(): number {
    return this.#startRevision;
  }

  get size(): number {
    return this.#events.length - this.#head;
  }

  push(event: CacheEvent): void {
    this.#events.push(event);
    this.#bytes += event.byteLength;
    while (
      this.size > this.#maxEvents ||
      (this.#bytes > this.#maxBytes && this.size > Math.min(MIN_EVENTS, this.#maxEvents))
    )
      this.#shift();
  }

  /** Forgets events up to a revision. */
  trim(revision: number): void {
    while (this.size > 0 && this.#events[this.#head]!.revision <= revision) this.#shift();
  }

  /** The index of the first event after a revision; for at(). Indexes shift when the ring does: use them at once. */
  indexAfter(revision: number): number {
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low - this.#head;
  }

  at(index: number): CacheEvent {
    return this.#events[this.#head + index]!;
  }

  #shift(): void {
    const event = this.#events[this.#head]!;
    this.#events[this.#head++] = undefined as never;
    this.#bytes -= event.byteLength;
    this.#startRevision = event.revision;
    if (this.#head < 1024 || this.#head * 2 < this.#events.length) return;
    this.#events = this.#events.slice(this.#head);
    this.#head = 0;
  }
}
