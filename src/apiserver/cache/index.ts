// SPDX-License-Identifier: Apache-2.0

export { CacheEntry, type FieldColumn } from "./cache-entry.ts";
export { ParsedObjects } from "./parsed-objects.ts";
export { spliceRevision } from "./splice-revision.ts";
export { type CachedResource, type CacheSnapshot, WatchCache } from "./watch-cache.ts";
export { WatchCaches } from "./watch-caches.ts";
export type { WatchInterest, WatchRequest, WatchStart } from "./watch-session.ts";
export type { WatchEventType, WireForm } from "./wire-form.ts";
