// SPDX-License-Identifier: Apache-2.0

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
