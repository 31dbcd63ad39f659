// SPDX-License-Identifier: Apache-2.0

import type { StoredValue, StoreEvent } from "./store.ts";

/** The current value of a key, and when it expires (0: never). */
export interface KeyRecord extends StoredValue {
  readonly expiresAtMs: number;
}

/** One change whose revision is chosen: what watchers will see, and what the key holds afterwards. */
export interface Change {
  readonly event: StoreEvent;
  /** undefined: the key is gone. */
  readonly record: KeyRecord | undefined;
}

/** Where a store keeps its changes: memory, or a disk. Calls to append never overlap. */
export interface Journal {
  /** Keeps changes, in order, all or nothing; resolves when they are durable. */
  append(changes: readonly Change[]): Promise<void> | void;
  /** The events after one revision up to another, in order, at most `limit`. */
  read(after: number, upTo: number, limit: number): readonly StoreEvent[];
  /** Forgets what only revisions up to `revision` need. */
  compact(revision: number): Promise<void> | void;
  close(): Promise<void> | void;
}

/** The revision of an empty store: 0 has a meaning of its own in requests ("any"). */
export const FIRST_REVISION = 1;

/** What a store starts with: nothing, or what its disk holds. */
export interface JournalState {
  readonly records: Iterable<KeyRecord>;
  readonly revision: number;
  readonly compactedRevision: number;
}
