// SPDX-License-Identifier: Apache-2.0

import type { Database, RootDatabase } from "lmdb";
import {
  FIRST_REVISION,
  type Change,
  type Journal,
  type JournalState,
  type KeyRecord,
  type StoreEvent,
} from "../../store/index.ts";
import {
  type ByteTransform,
  DamagedRecordError,
  decodeRecord,
  encodeRecord,
  eventOf,
  keyRecordOf,
  type LogRecord,
  readLinks,
  revisionKey,
  revisionOf,
} from "./log-record.ts";

/** Records that one transaction of a compaction removes: short enough not to hold up writers. */
const COMPACTION_BATCH = 2000;
const COMPACTED_KEY = Buffer.from("compactedRevision");

type Binary = Database<Buffer, Uint8Array>;

/** LMDB rejects, beside the promise of a write, one that tells why its transaction failed: it must not stay unheard. */
function hearCause(error: unknown): void {
  (error as { readonly commitError?: Promise<unknown> }).commitError?.catch(() => {});
}

/** What a user reads of it: LMDB's own words point to a field of an error in this process. */
const notWritten = (cause: Error): Error =>
  new Error("The store could not write to its disk, which may be full; nothing was changed", { cause });

/**
 * The log of a store in LMDB: one record for each revision. What a key holds is its newest record; superseded ones stay
 * until compaction, for watchers that resume. Appending never rewrites, so a torn write can only lose a transaction
 * that was not acknowledged.
 */
export class LmdbJournal implements Journal {
  readonly #root: RootDatabase<Buffer, Uint8Array>;
  readonly #log: Binary;
  readonly #meta: Binary;
  readonly #transform: ByteTransform;
  readonly #release: () => void;
  #compactedRevision: number;

  constructor(root: RootDatabase<Buffer, Uint8Array>, transform: ByteTransform, release: () => void) {
    this.#root = root;
    this.#log = root.openDB({ name: "log", encoding: "binary", keyEncoding: "binary" });
    this.#meta = root.openDB({ name: "meta", encoding: "binary", keyEncoding: "binary" });
    this.#transform = transform;
    this.#release = release;
    const compacted = this.#meta.get(COMPACTED_KEY);
    this.#compactedRevision = compacted ? revisionOf(compacted) : 0;
  }

  /** Reads the whole log: what is current, and what an interrupted compaction left behind (removed in passing). */
  load(): JournalState {
    const compacted = this.#compactedRevision;
    const records = new Map<string, KeyRecord>();
    const stale: number[] = [];
    let last = FIRST_REVISION;
    for (const { key, value } of this.#log.getRange({})) {
      const record = decodeRecord(revisionOf(key), value, this.#transform);
      const replaced = records.get(record.key);
      last = record.revision;
      if (record.isPut) records.set(record.key, keyRecordOf(record));
      else records.delete(record.key);
      if (record.revision > compacted) continue;
      if (replaced) stale.push(replaced.revision);
      if (!record.isPut) stale.push(record.revision);
    }
    for (const revision of stale) this.#log.remove(revisionKey(revision)).catch(hearCause);
    return { records: records.values(), revision: Math.max(last, compacted), compactedRevision: compacted };
  }

  /** One transaction, which is flushed before its promise resolves. */
  async append(changes: readonly Change[]): Promise<void> {
    await this.#together(() => {
      for (const change of changes) {
        this.#log.put(revisionKey(change.event.revision), encodeRecord(change, this.#transform)).catch(hearCause);
      }
    });
  }

  read(after: number, upTo: number, limit: number): readonly StoreEvent[] {
    const records: LogRecord[] = [];
    const range = this.#log.getRange({ start: revisionKey(after + 1), end: revisionKey(upTo + 1), limit });
    for (const { key, value } of range) records.push(decodeRecord(revisionOf(key), value, this.#transform));
    return records.map((record) => eventOf(record, this.#previous(record)));
  }

  async compact(revision: number): Promise<void> {
    const from = this.#compactedRevision;
    this.#compactedRevision = revision;
    await this.#meta.put(COMPACTED_KEY, revisionKey(revision));
    for (let after = from; after < revision; ) {
      const { removals, last } = this.#removable(after, revision);
      await this.#together(() => {
        for (const removal of removals) this.#log.remove(revisionKey(removal)).catch(hearCause);
      });
      after = last;
    }
  }

  async close(): Promise<void> {
    await this.#root.close();
    this.#release();
  }

  /** One transaction: all of it is on disk when the promise resolves, and none of it when it rejects. */
  async #together(write: () => void): Promise<void> {
    try {
      await this.#log.batch(write);
    } catch (error) {
      hearCause(error);
      throw error instanceof Error && "commitError" in error ? notWritten(error) : error;
    }
  }

  #previous(record: LogRecord): LogRecord | undefined {
    const { previousRevision } = record;
    if (previousRevision === 0) return undefined;
    const value = this.#log.get(revisionKey(previousRevision));
    if (!value) throw new DamagedRecordError(previousRevision);
    return decodeRecord(previousRevision, value, this.#transform);
  }

  /** The records that only revisions up to `revision` need, found by what superseded them. */
  #removable(after: number, revision: number): { removals: number[]; last: number } {
    const removals: number[] = [];
    let last = revision;
    const range = this.#log.getRange({ start: revisionKey(after + 1), end: revisionKey(revision + 1) });
    for (const { key, value } of range) {
      const { isPut, previousRevision } = readLinks(value);
      const own = revisionOf(key);
      if (previousRevision) removals.push(previousRevision);
      if (!isPut) removals.push(own);
      if (removals.length >= COMPACTION_BATCH) {
        last = own;
        break;
      }
    }
    return { removals, last };
  }
}
