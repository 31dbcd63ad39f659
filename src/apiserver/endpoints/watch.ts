// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../../apimachinery/index.ts";
import type { Random } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { WatchInterest, WatchStart } from "../cache/index.ts";
import type { ListQuery } from "./list-query.ts";
import type { ObjectForm } from "./object-form.ts";
import { revisionError } from "./query-values.ts";
import type { Selection } from "./selection.ts";
import type { ServedKind } from "./served-kind.ts";

/** A watch without timeoutSeconds ends after this long, and up to as long again, so that not all end at once. */
const MIN_WATCH_MS = 1_800_000;
const SECOND_MS = 1000;

/** Where a watch begins: with the state, after a revision, or now. */
function startOf(query: ListQuery, present: number): WatchStart {
  if (query.sendInitialEvents) return { type: "state", initialEventsEnd: query.allowBookmarks };
  return { type: "after", revision: query.revision || present };
}

/** Answers a watch: a stream that the cache fills. */
export async function watchResponse(
  served: ServedKind,
  form: ObjectForm,
  selection: Selection,
  query: ListQuery,
  context: { readonly random: Random; readonly signal: AbortSignal },
): Promise<ApiResponse> {
  const problem = query.revisionText ? revisionError(query.revisionText) : undefined;
  if (problem) throw new StatusError({ message: problem, code: 500 });
  if (form.watchRefusal) throw form.watchRefusal;
  const { storage } = served.store;
  if (query.revision === undefined && !storage.isFresh) await storage.freshen(context.signal);
  const interest: WatchInterest = { ...selection, form };
  const timeoutMs = query.timeoutSeconds
    ? query.timeoutSeconds * SECOND_MS
    : MIN_WATCH_MS * (1 + context.random.next());
  const isOver = timeoutMs < 0;
  return {
    status: 200,
    headers: { "content-type": form.streamContentType },
    body: {
      type: "stream",
      start(sink) {
        if (isOver) sink.end();
        else {
          const start = startOf(query, storage.cache.revision);
          storage.cache.watch({ interest, start, bookmarks: query.allowBookmarks, timeoutMs, sink });
        }
      },
    },
  };
}
