// SPDX-License-Identifier: Apache-2.0

import { resourceExpired, StatusError } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import { CompactedError, prefixEnd } from "../../store/index.ts";
import type { CacheEntry, CacheSnapshot } from "../cache/index.ts";
import { encodeContinue } from "./continue-token.ts";
import type { ListQuery } from "./list-query.ts";
import type { ListResult } from "./object-form.ts";
import type { Selection } from "./selection.ts";
import type { ServedKind } from "./served-kind.ts";

/** How long a list waits for a revision that this server has not seen. */
const FUTURE_REVISION_WAIT_MS = 3000;

const CONTINUE_EXPIRED =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

const REVISION_EXPIRED = "The resourceVersion for the provided list is too old.";

/** Lists objects of one kind as they were at one revision. */
export class Lister {
  readonly #served: ServedKind;
  readonly #clock: Clock;

  constructor(served: ServedKind, clock: Clock) {
    this.#served = served;
    this.#clock = clock;
  }

  async list(selection: Selection, query: ListQuery, signal: AbortSignal): Promise<ListResult> {
    const snapshot = await this.#snapshot(query, signal);
    if (selection.single) return this.#single(snapshot, selection);
    return query.limit > 0 ? this.#page(snapshot, selection, query) : this.#all(snapshot, selection, query);
  }

  /** The state that the query asks for. */
  #snapshot(query: ListQuery, signal: AbortSignal): CacheSnapshot | Promise<CacheSnapshot> {
    const { storage } = this.#served.store;
    const { continueFrom, revision, match } = query;
    if (continueFrom && continueFrom.revision > 0) return this.#at(continueFrom.revision, query, signal);
    if (revision === undefined || continueFrom) {
      if (storage.isFresh) return storage.cache.snapshot();
      return storage.freshen(signal).then(() => storage.cache.snapshot());
    }
    if (revision === 0) return storage.cache.snapshot();
    const exact = match === "Exact" || (match === undefined && query.limit > 0);
    if (exact) return this.#at(revision, query, signal);
    if (storage.cache.revision >= revision) return storage.cache.snapshot();
    return this.waitFor(revision, signal, query.revisionText).then(() => storage.cache.snapshot());
  }

  /** Waits a little for a revision from the future, as it may come from another server; `text` is what was asked for. */
  async waitFor(revision: number, signal: AbortSignal, text = String(revision)): Promise<void> {
    const { storage } = this.#served.store;
    if (storage.cache.revision >= revision) return;
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = this.#clock.setTimer(FUTURE_REVISION_WAIT_MS, () => abort.abort());
    try {
      await storage.waitFor(revision, abort.signal);
    } catch {
      throw tooLargeRevision(text, storage.cache.revision);
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #at(revision: number, query: ListQuery, signal: AbortSignal): Promise<CacheSnapshot> {
    const { cache } = this.#served.store.storage;
    if (revision > cache.revision) await this.waitFor(revision, signal, query.revisionText || String(revision));
    const known = cache.snapshotAt(revision);
    if (known) return known;
    try {
      return await this.#served.store.storage.snapshotFromStore(revision, signal);
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      throw query.continueFrom ? continueExpired(query.continueFrom.start) : resourceExpired(REVISION_EXPIRED);
    }
  }

  #single(snapshot: CacheSnapshot, selection: Selection): ListResult {
    const key = this.#served.store.storage.cacheKey(selection.namespace, selection.name);
    const entry = snapshot.entries.get(key);
    const found = entry && (!selection.matches || selection.matches(entry));
    return { ...wholeList(snapshot), entries: found ? [entry] : [] };
  }

  #all(snapshot: CacheSnapshot, selection: Selection, query: ListQuery): ListResult {
    const prefix = prefixOf(selection);
    const from = query.continueFrom ? prefix + query.continueFrom.start : prefix;
    const entries = this.#indexed(snapshot, selection) ?? snapshot.entries.values(from, prefixEnd(prefix));
    const all = selection.matches === undefined && selection.name === "";
    return { ...wholeList(snapshot), entries: all ? entries : selected(entries, selection) };
  }

  /** The few objects of one dispatch value, when the present state is asked for. */
  #indexed(snapshot: CacheSnapshot, selection: Selection): Iterable<CacheEntry> | undefined {
    const { cache } = this.#served.store.storage;
    if (selection.fieldValue === undefined || snapshot.revision !== cache.revision) return undefined;
    const entries = cache.entriesOfField(selection.fieldValue);
    return selection.namespace === "" ? entries : entries.filter((entry) => entry.namespace === selection.namespace);
  }

  #page(snapshot: CacheSnapshot, selection: Selection, query: ListQuery): ListResult {
    const prefix = prefixOf(selection);
    const from = query.continueFrom ? prefix + query.continueFrom.start : prefix;
    const entries: CacheEntry[] = [];
    let more = false;
    let remaining = 0;
    const countsRest = selection.matches === undefined && selection.name === "";
    snapshot.entries.forEach(from, prefixEnd(prefix), (entry) => {
      if (entries.length < query.limit) {
        if (isSelected(entry, selection)) entries.push(entry);
        return true;
      }
      more = true;
      remaining++;
      return countsRest;
    });
    if (!more) return { ...wholeList(snapshot), entries };
    this.#served.store.storage.cache.retain(snapshot);
    const start = `${entries[entries.length - 1]!.key.slice(prefix.length)}\0`;
    return {
      revision: String(snapshot.revision),
      continueToken: encodeContinue({ revision: snapshot.revision, start }),
      remaining: countsRest ? remaining : undefined,
      entries,
    };
  }
}

const prefixOf = (selection: Selection): string => (selection.namespace === "" ? "" : `${selection.namespace}/`);

const wholeList = (snapshot: CacheSnapshot): Omit<ListResult, "entries"> => ({
  revision: String(snapshot.revision),
  continueToken: undefined,
  remaining: undefined,
});

const isSelected = (entry: CacheEntry, selection: Selection): boolean =>
  (selection.name === "" || entry.name === selection.name) && (!selection.matches || selection.matches(entry));

function* selected(entries: Iterable<CacheEntry>, selection: Selection): Generator<CacheEntry> {
  for (const entry of entries) if (isSelected(entry, selection)) yield entry;
}

/** 410 with a token that goes on in the newest state. */
function continueExpired(start: string): StatusError {
  const error = resourceExpired(CONTINUE_EXPIRED);
  Object.assign(error.status.metadata, { continue: encodeContinue({ revision: -1, start }) });
  return error;
}

/** 504 for a revision that no server has seen yet. */
const tooLargeRevision = (revision: string, current: number): StatusError =>
  new StatusError({
    message: `Timeout: Too large resource version: ${revision}, current: ${current}`,
    reason: "Timeout",
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
    code: 504,
  });
