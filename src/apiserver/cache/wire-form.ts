// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, KubeObject, Status } from "../../apimachinery/index.ts";
import type { CacheEntry } from "./cache-entry.ts";

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED";

/**
 * A form in which a watch is sent: served version × encoding × shape (whole, metadata, table row). Watchers of equal
 * forms share every frame.
 */
export interface WireForm {
  /** Equal for equal forms. */
  readonly key: string;
  /** The frame of an event, in pieces that are copied once, when they are put together with those of other events. */
  frame(type: WatchEventType, entry: CacheEntry): readonly Uint8Array[];
  /** The object itself, for readers that share the server's memory; forms that are no whole objects lack it. */
  shared?(entry: CacheEntry): DeepReadonly<KubeObject>;
  /** What the first bytes of one watch become, where those say more than the rest. */
  opening?(chunk: Uint8Array): Uint8Array;
  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array;
  error(status: Status): Uint8Array;
}
