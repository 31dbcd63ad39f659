// SPDX-License-Identifier: Apache-2.0

export { openLmdbStore, type LmdbStoreOptions } from "./lmdb-store.ts";
export { DamagedRecordError, type ByteTransform } from "./log-record.ts";
