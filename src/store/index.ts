// SPDX-License-Identifier: Apache-2.0

export { FIRST_REVISION, type Change, type Journal, type JournalState, type KeyRecord } from "./journal.ts";
export { JournaledStore, prefixEnd, type JournaledStoreOptions } from "./journaled-store.ts";
export { MemoryStore } from "./memory-store.ts";
export {
  CompactedError,
  type CommitResult,
  type ExpectedRevision,
  type RangeOptions,
  type RangeResult,
  type Store,
  type StoreDelete,
  type StoredValue,
  type StoreEvent,
  type StoreOperation,
  type StorePut,
  type StoreWatcher,
} from "./store.ts";
