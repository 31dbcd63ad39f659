// SPDX-License-Identifier: Apache-2.0

/** A stored value: its bytes (JSON in the storage version, resourceVersion included) and the revision that wrote it. */
export interface StoredValue {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly revision: number;
  readonly createRevision: number;
}

/** One change, in order of revision. `previous` is what the key held before (needed for DELETED and for selectors). */
export interface StoreEvent {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly revision: number;
  /** The new bytes of a put. For a delete: the last bytes with the deletion's revision spliced in, if the writer gave them. */
  readonly bytes: Uint8Array;
  readonly createRevision: number;
  readonly previous?: { readonly bytes: Uint8Array; readonly revision: number };
  /** Travels in the record, never in the object. */
  readonly traceId?: string;
}

/** What a compare-and-swap expects of a key: its revision, or 0 that it does not exist; undefined for anything. */
export type ExpectedRevision = number | undefined;

export interface StorePut {
  readonly type: "put";
  readonly key: string;
  readonly expected: ExpectedRevision;
  /** Called once, when the store has chosen the revision: the bytes hold it as resourceVersion. */
  encode(revision: number): Uint8Array;
  /** Time to live in seconds: the key is deleted (as an ordinary event) when it has passed. */
  readonly ttlSeconds?: number;
  readonly traceId?: string;
}

export interface StoreDelete {
  readonly type: "delete";
  readonly key: string;
  readonly expected: ExpectedRevision;
  /** The last form of the object as its watchers see it, with the deletion's revision as resourceVersion. */
  encode?(revision: number): Uint8Array;
  readonly traceId?: string;
}

export type StoreOperation = StorePut | StoreDelete;

/** Either durable, or refused because the key was at another revision (0: absent); nothing changed then. */
export type CommitResult =
  | { readonly type: "committed"; readonly revision: number; readonly bytes: Uint8Array }
  | { readonly type: "conflict"; readonly revision: number };

export interface RangeOptions {
  /** Read as of this revision; the newest durable one when left out. Throws CompactedError when it is gone. */
  readonly revision?: number;
  /** Start after this key (paging). */
  readonly after?: string;
  readonly limit?: number;
}

export interface RangeResult {
  readonly items: readonly StoredValue[];
  readonly revision: number;
  readonly more: boolean;
}

/** Events after a compacted revision were asked for. */
export class CompactedError extends Error {
  override readonly name = "CompactedError";
  readonly compactedRevision: number;
  constructor(compactedRevision: number) {
    super(`Revision is compacted; the oldest that can be read is ${compactedRevision}`);
    this.compactedRevision = compactedRevision;
  }
}

/** Receives every batch of durable changes, in order, exactly once; must not throw. */
export interface StoreWatcher {
  onEvents(events: readonly StoreEvent[]): void;
  /** Every change up to this revision has been delivered (progress for empty stretches). */
  onProgress?(revision: number): void;
  /** The watch ended: the store closed or failed. */
  onEnd?(error: unknown): void;
}

/**
 * The one door to durable state. One 64-bit revision for the cluster (a safe integer here); it never goes back, whatever
 * crashed. Nothing is acknowledged or broadcast before it is flushed. A watcher sees a change before the writer's
 * commit() resolves when both are in one process.
 */
export interface Store extends AsyncDisposable {
  /**
   * The newest durable revision where this process is the authority (embedded stores): then currentRevision() need not be
   * awaited. Undefined for remote stores.
   */
  readonly localRevision?: number;
  /** The newest durable revision, read from the authority (a quorum read for remote stores). */
  currentRevision(options: { signal: AbortSignal }): Promise<number>;
  get(key: string, options: { signal: AbortSignal; revision?: number }): Promise<StoredValue | undefined>;
  /** All keys that begin with `prefix`, in key order. */
  range(prefix: string, options: RangeOptions & { signal: AbortSignal }): Promise<RangeResult>;
  /** Compare-and-put or delete of one key; resolves when durable (group commit) or refused. */
  commit(operation: StoreOperation): Promise<CommitResult>;
  /** Delivers everything after `fromRevision`; throws CompactedError at once when that is gone. Returns a stop function. */
  watch(fromRevision: number, watcher: StoreWatcher): () => void;
  /** Forgets history before `revision`; the space is used again. */
  compact(revision: number): Promise<void>;
  /** The oldest revision that can still be read. */
  readonly compactedRevision: number;
  /** A consistent copy of everything at one revision, for backup. */
  snapshot(options: { signal: AbortSignal }): AsyncIterable<StoredValue>;
}
