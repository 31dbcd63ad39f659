// SPDX-License-Identifier: Apache-2.0

import type { Status } from "../../apimachinery/index.ts";
import type { Timer } from "../../base/index.ts";
import type { ByteSink, SharedEvent } from "../../client/transport.ts";
import type { CacheEntry } from "./cache-entry.ts";
import type { CacheEvent } from "./event-ring.ts";
import type { WatchEventType, WireForm } from "./wire-form.ts";

/** Bytes that a live watcher may have waiting before it must catch up from the ring at its own speed. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Bytes that are put together into one write. */
export const MAX_CHUNK_BYTES = 64 * 1024;

/** What a watch is about. Watches of equal interest share the work of matching and encoding. */
export interface WatchInterest {
  /** Equal for equal interests of the same scope. */
  readonly key: string;
  readonly namespace: string;
  /** Exactly this object, when the selector names one. */
  readonly name: string;
  /** The value of the dispatch field, when the selector states one. */
  readonly fieldValue?: string;
  /** Whether an object belongs to the watch; undefined: every object of the scope does. */
  readonly matches?: (entry: CacheEntry) => boolean;
  readonly form: WireForm;
}

/** Where a watch begins. */
export type WatchStart =
  | { readonly type: "state"; readonly initialEventsEnd: boolean }
  | { readonly type: "after"; readonly revision: number };

export interface WatchRequest {
  readonly interest: WatchInterest;
  readonly start: WatchStart;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
  readonly sink: ByteSink;
}

/** What a watcher of this interest hears of a change. */
export function transition(
  event: CacheEvent,
  interest: WatchInterest,
): { readonly type: WatchEventType; readonly entry: CacheEntry } | undefined {
  const { entry, previous } = event;
  const { matches } = interest;
  const before = previous !== undefined && (matches === undefined || matches(previous));
  if (entry !== undefined && (matches === undefined || matches(entry))) {
    return { type: before ? "MODIFIED" : "ADDED", entry };
  }
  return before ? { type: "DELETED", entry: event.gone } : undefined;
}

/** Pieces of frames that go out as one chunk. */
export class ChunkBuilder {
  readonly #pieces: Uint8Array[] = [];
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  add(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#pieces.push(piece);
      this.#byteLength += piece.length;
    }
  }

  /** The chunk; its one copy of every object is made here. undefined: nothing was added. */
  build(): Uint8Array | undefined {
    if (this.#pieces.length < 2) return this.#pieces[0];
    const chunk = Buffer.allocUnsafeSlow(this.#byteLength);
    let at = 0;
    for (const piece of this.#pieces) {
      chunk.set(piece, at);
      at += piece.length;
    }
    return chunk;
  }
}

/** Events that go to readers in the same process as they are. */
export class EventBatch {
  readonly events: SharedEvent[] = [];
  byteLength = 0;

  add(type: WatchEventType, entry: CacheEntry, object: object): void {
    this.events.push({ type, object });
    this.byteLength += entry.bytes.length;
  }
}

/** Events of one interest, put together, up to and including a revision. */
export interface RingChunk {
  readonly chunk: Uint8Array | undefined;
  readonly revision: number;
}

/** What a session reads while it is not live. */
export interface SessionSource {
  /** Everything up to here is in the cache. */
  readonly revision: number;
  /** The next events after a revision that concern the interest, up to about a chunk; undefined: the ring lost them. */
  chunkAfter(revision: number, interest: WatchInterest): RingChunk | undefined;
  /** Takes over a session that has caught up. */
  goLive(session: WatchSession): void;
  /** Calls pump() when the cache has passed the session's position, which lies in the future. */
  awaitRevision(session: WatchSession): void;
  /** The session is over, or not live any more. */
  forget(session: WatchSession): void;
}

/**
 * One watch on its way: first the state (when asked for), then what the ring holds, at the reader's speed; then live,
 * where the hub pushes shared chunks. A live watcher that falls behind goes back to the ring; one that the ring has
 * overtaken is ended, and its client resumes or lists anew.
 */
export class WatchSession {
  readonly interest: WatchInterest;
  readonly bookmarks: boolean;
  readonly #sink: ByteSink;
  readonly #source: SessionSource;
  #initial: Iterator<CacheEntry> | undefined;
  #initialEventsEnd: boolean;
  /** Everything of interest up to this revision has been written. */
  #position: number;
  #live = false;
  #waitingForDrain = false;
  #over = false;
  /** Something has been written. */
  #opened = false;
  timer: Timer | undefined;

  constructor(
    request: WatchRequest,
    source: SessionSource,
    start: { readonly position: number; readonly initial?: Iterator<CacheEntry> },
  ) {
    this.interest = request.interest;
    this.bookmarks = request.bookmarks;
    this.#sink = request.sink;
    this.#source = source;
    this.#position = start.position;
    this.#initial = start.initial;
    this.#initialEventsEnd = request.start.type === "state" && request.start.initialEventsEnd;
    request.sink.onDrain(() => {
      this.#waitingForDrain = false;
      this.pump();
    });
    request.sink.onClose(() => this.#finish());
  }

  /** Whether the reader shares our memory, and the form allows to hand over the objects themselves. */
  get takesObjects(): boolean {
    return this.#sink.writeEvents !== undefined && this.interest.form.shared !== undefined;
  }

  get over(): boolean {
    return this.#over;
  }

  get position(): number {
    return this.#position;
  }

  /** Writes what is due until the session is live or the reader is slow. */
  pump(): void {
    while (!this.#over && !this.#live && !this.#waitingForDrain) {
      if (this.#initial) this.#pumpInitial(this.#initial);
      else if (this.#initialEventsEnd) this.#endInitialEvents();
      else if (this.#position > this.#source.revision) {
        this.#source.awaitRevision(this);
        return;
      } else if (this.#position === this.#source.revision) {
        this.#live = true;
        this.#source.goLive(this);
      } else this.#pumpRing();
    }
  }

  /** A chunk from the hub, with everything of interest up to `revision`. */
  push(chunk: Uint8Array, revision: number): void {
    this.#position = revision;
    if (!this.#send(chunk)) this.#fallBehind();
  }

  /** The same for a session that takes objects. */
  pushEvents({ events, byteLength }: EventBatch, revision: number): void {
    this.#position = revision;
    if (!this.#sink.writeEvents!(events, byteLength)) this.#fallBehind();
  }

  bookmark(revision: number): void {
    this.push(this.interest.form.bookmark(revision, false), revision);
  }

  fail(status: Status): void {
    if (this.#over) return;
    this.#sink.write(this.interest.form.error(status));
    this.end();
  }

  end(): void {
    if (this.#over) return;
    this.#finish();
    this.#sink.end();
  }

  #fallBehind(): void {
    if (this.#sink.bufferedBytes <= MAX_BUFFERED_BYTES) return;
    this.#live = false;
    this.#waitingForDrain = true;
    this.#source.forget(this);
  }

  #pumpInitial(initial: Iterator<CacheEntry>): void {
    const builder = new ChunkBuilder();
    while (builder.byteLength < MAX_CHUNK_BYTES) {
      const { value, done } = initial.next();
      if (done) {
        this.#initial = undefined;
        break;
      }
      builder.add(this.interest.form.frame("ADDED", value));
    }
    this.#write(builder.build());
  }

  #endInitialEvents(): void {
    this.#initialEventsEnd = false;
    this.#write(this.interest.form.bookmark(this.#position, true));
  }

  #pumpRing(): void {
    const next = this.#source.chunkAfter(this.#position, this.interest);
    if (!next) {
      this.end();
      return;
    }
    this.#position = next.revision;
    this.#write(next.chunk);
  }

  #write(chunk: Uint8Array | undefined): void {
    if (chunk && !this.#send(chunk)) this.#waitingForDrain = true;
  }

  #send(chunk: Uint8Array): boolean {
    if (this.#opened) return this.#sink.write(chunk);
    this.#opened = true;
    return this.#sink.write(this.interest.form.opening?.(chunk) ?? chunk);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#live = false;
    this.timer?.cancel();
    this.#source.forget(this);
  }
}
