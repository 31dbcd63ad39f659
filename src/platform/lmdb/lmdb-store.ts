// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";
import { JournaledStore } from "../../store/index.ts";
import { holdDataFolder } from "./data-folder.ts";
import { LmdbJournal } from "./lmdb-journal.ts";
import { type ByteTransform, identityTransform } from "./log-record.ts";

export interface LmdbStoreOptions {
  /** Made when it is missing; one process at a time holds it. */
  readonly folder: string;
  readonly clock: Clock;
  /** The edge to the disk; identity unless given. */
  readonly transform?: ByteTransform;
}

/**
 * Opens the durable store in a folder. Every write is in LMDB and flushed before it is acknowledged or broadcast; writes
 * that arrive while one flush runs share the next.
 *
 * @example
 * await using store = await openLmdbStore({ folder: "data", clock });
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<JournaledStore> {
  const release = holdDataFolder(options.folder);
  try {
    const { open } = await import("lmdb");
    const root = open<Buffer, Uint8Array>({
      path: options.folder,
      encoding: "binary",
      keyEncoding: "binary",
      maxDbs: 2,
      // A promise of LMDB then means "on disk", not "visible".
      overlappingSync: false,
      // Its own batches end in a promise that nobody hears when the disk is full; the journal makes them itself.
      eventTurnBatching: false,
    });
    const journal = new LmdbJournal(root, options.transform ?? identityTransform, release);
    return new JournaledStore(journal, journal.load(), {
      clock: options.clock,
      defer: (callback) => setImmediate(callback),
    });
  } catch (error) {
    release();
    throw error;
  }
}
