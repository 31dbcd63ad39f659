// SPDX-License-Identifier: Apache-2.0

import { assert, SortedMap, type SortedView } from "../base/index.ts";
import type { Change, JournalState, KeyRecord } from "./journal.ts";
import type { StoreOperation, StorePut } from "./store.ts";

/** What became of an operation: a change with its revision, or a refusal. */
export type Prepared =
  | { readonly type: "change"; readonly change: Change }
  | {
      readonly type: "conflict";
      readonly revision: number;
      /** The change that caused it is not durable yet: nobody may hear of it before it is. */
      readonly pending: boolean;
    };

interface PendingKey {
  readonly record: KeyRecord | undefined;
  readonly revision: number;
}

/**
 * The keys of a store: what is durable, and what was promised and is on its way to the disk. Compare-and-swap looks at
 * the newest promise, readers at what is durable.
 */
export class Keyspace {
  readonly #durable = new SortedMap<KeyRecord>();
  readonly #pending = new Map<string, PendingKey>();
  #assignedRevision: number;
  #durableRevision: number;

  constructor(state: JournalState) {
    for (const record of state.records) this.#durable.set(record.key, record);
    this.#assignedRevision = state.revision;
    this.#durableRevision = state.revision;
  }

  get durableRevision(): number {
    return this.#durableRevision;
  }

  get(key: string): KeyRecord | undefined {
    return this.#durable.get(key);
  }

  /** What is durable now; stays as it is. */
  snapshot(): SortedView<KeyRecord> {
    return this.#durable.snapshot();
  }

  get view(): SortedView<KeyRecord> {
    return this.#durable;
  }

  /** Checks what the operation expects; gives it the next revision and encodes it, or refuses. */
  prepare(operation: StoreOperation, nowMs: number): Prepared {
    const { key, expected } = operation;
    const pending = this.#pending.get(key);
    const current = pending ? pending.record : this.#durable.get(key);
    const currentRevision = current ? current.revision : 0;
    const isMissing = operation.type === "delete" && !current;
    if (isMissing || (expected !== undefined && expected !== currentRevision)) {
      return { type: "conflict", revision: currentRevision, pending: pending !== undefined };
    }
    const revision = this.#assignedRevision + 1;
    const change =
      operation.type === "put"
        ? putChange(operation, revision, current, nowMs)
        : deleteChange(operation, revision, current!);
    this.#assignedRevision = revision;
    this.#pending.set(key, { record: change.record, revision });
    return { type: "change", change };
  }

  /** Makes a change visible that is durable now. */
  apply({ event, record }: Change): void {
    assert(event.revision > this.#durableRevision, "changes become durable in order");
    this.#durableRevision = event.revision;
    if (record) this.#durable.set(event.key, record);
    else this.#durable.delete(event.key);
    if (this.#pending.get(event.key)?.revision === event.revision) this.#pending.delete(event.key);
  }

  /** Takes back every promise: the disk refused. The revisions are not used again. */
  dropPending(): void {
    this.#pending.clear();
  }
}

function putChange(put: StorePut, revision: number, current: KeyRecord | undefined, nowMs: number): Change {
  const { key, ttlSeconds } = put;
  const bytes = put.encode(revision);
  const createRevision = current ? current.createRevision : revision;
  const expiresAtMs = ttlSeconds ? nowMs + ttlSeconds * 1000 : 0;
  return {
    event: {
      type: "put",
      key,
      revision,
      bytes,
      createRevision,
      previous: current && { bytes: current.bytes, revision: current.revision },
      traceId: put.traceId,
    },
    record: { key, bytes, revision, createRevision, expiresAtMs },
  };
}

function deleteChange(
  operation: Extract<StoreOperation, { type: "delete" }>,
  revision: number,
  current: KeyRecord,
): Change {
  return {
    event: {
      type: "delete",
      key: operation.key,
      revision,
      bytes: operation.encode ? operation.encode(revision) : current.bytes,
      createRevision: current.createRevision,
      previous: { bytes: current.bytes, revision: current.revision },
      traceId: operation.traceId,
    },
    record: undefined,
  };
}
