// SPDX-License-Identifier: Apache-2.0

import { isExpired, StatusError } from "../apimachinery/index.ts";
import { Backoff, type Clock, type Logger, type Random } from "../base/index.ts";
import { keyOf, type ObjectKey } from "./object-key.ts";
import type { ObjectForm, ResourceClient } from "./resource-client.ts";
import type { ApiObject, Cached, CachedObject } from "./resource-reference.ts";
import type { WatchEvent } from "./watch-event.ts";

/** Receives a mirror of what the server holds, in order. */
export interface ReflectorTarget<T extends ApiObject> {
  /** These are all the objects there are; what the target had before is replaced. */
  replace(objects: readonly Cached<T>[]): void;
  apply(object: Cached<T>): void;
  remove(object: Cached<T>): void;
}

/** Which objects a reflector mirrors. */
export interface Selection {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly form?: ObjectForm;
}

export interface ReflectorOptions<T extends ApiObject> {
  readonly client: ResourceClient<T>;
  readonly target: ReflectorTarget<T>;
  readonly selection?: Selection;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";
const LIST_PAGE_OBJECTS = 500;
const WATCH_SECONDS_MIN = 300;
/** A watch that ends sooner without a single event is a failure, not an end. */
const SHORT_WATCH_MS = 1_000;
/** Failures further apart than this are not related: waiting starts over. */
const BACKOFF_RESET_MS = 120_000;
const BACKOFF = { baseMs: 800, maxMs: 30_000, factor: 2, jitter: 1 };

/**
 * Where a reflector is. `streaming` gets all objects through the watch itself, `listing` by pages; both lead to
 * `watching`, which knows the version up to which the target is right.
 */
type State =
  | { readonly type: "streaming" }
  | { readonly type: "listing"; readonly consistent: boolean }
  | { readonly type: "watching"; readonly resourceVersion: string };

const versionOf = (object: CachedObject): string => object.metadata.resourceVersion;

const endsInitialEvents = (event: { readonly type: string; readonly object: CachedObject }): boolean =>
  event.type === "BOOKMARK" && event.object.metadata.annotations?.[INITIAL_EVENTS_END] === "true";

/** A server that does not know sendInitialEvents refuses the request as invalid. */
const refusesStreaming = (error: unknown): boolean =>
  error instanceof StatusError && (error.code === 422 || error.code === 400);

/** Keeps a target equal to what the server holds, through lost connections and compactions. */
export class Reflector<T extends ApiObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  #state: State = { type: "streaming" };
  #streamingRefused = false;
  #lastFailureMs = Number.NEGATIVE_INFINITY;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = new Backoff(BACKOFF, options.random);
  }

  /** Mirrors until aborted; every failure of the server is waited out. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#advance(signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, signal);
      }
    }
  }

  #advance(signal: AbortSignal): Promise<void> {
    switch (this.#state.type) {
      case "streaming":
        return this.#stream(signal);
      case "listing":
        return this.#list(this.#state.consistent, signal);
      case "watching":
        return this.#watch(this.#state.resourceVersion, signal);
    }
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, client, log } = this.#options;
    if (isExpired(error)) {
      this.#startOver();
      return;
    }
    if (this.#state.type === "streaming" && refusesStreaming(error)) {
      this.#streamingRefused = true;
      this.#state = { type: "listing", consistent: false };
      return;
    }
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#lastFailureMs > BACKOFF_RESET_MS) this.#backoff.reset();
    this.#lastFailureMs = nowMs;
    log.debug("Reflector waits after a failure", {
      resource: client.reference.resource,
      state: this.#state.type,
      error: error instanceof Error ? error.message : String(error),
    });
    try {
      await clock.sleep(this.#backoff.nextMs(), { signal });
    } catch {
      // Aborted while waiting: run() sees it.
    }
  }

  #startOver(): void {
    this.#state = this.#streamingRefused ? { type: "listing", consistent: true } : { type: "streaming" };
  }

  #watchSeconds(): number {
    return Math.floor(WATCH_SECONDS_MIN * (1 + this.#options.random.next()));
  }

  /** Gets all objects as the first events of a watch, and goes on with the same watch. */
  async #stream(signal: AbortSignal): Promise<void> {
    const initial = new Map<ObjectKey, Cached<T>>();
    const batches = this.#options.client.watchBatches({
      ...this.#options.selection,
      signal,
      sendInitialEvents: true,
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: true,
      timeoutSeconds: this.#watchSeconds(),
    });
    for await (const events of batches) {
      for (const event of events) {
        if (this.#state.type === "watching") this.#deliver(event);
        else if (endsInitialEvents(event)) this.#begin([...initial.values()], versionOf(event.object));
        else collect(initial, event);
      }
    }
    if (this.#state.type === "streaming") throw new Error("Watch ended before its initial events did");
  }

  async #list(consistent: boolean, signal: AbortSignal): Promise<void> {
    const { client, selection } = this.#options;
    const objects: Cached<T>[] = [];
    let page = await client.list({
      ...selection,
      signal,
      limit: consistent ? LIST_PAGE_OBJECTS : undefined,
      resourceVersion: consistent ? undefined : "0",
    });
    for (;;) {
      for (const item of page.items) objects.push(withoutManagedFields(item as unknown as Cached<T>));
      if (!page.metadata.continue) break;
      page = await client.list({ ...selection, signal, limit: LIST_PAGE_OBJECTS, continue: page.metadata.continue });
    }
    this.#begin(objects, page.metadata.resourceVersion ?? "");
  }

  #begin(objects: readonly Cached<T>[], resourceVersion: string): void {
    this.#state = { type: "watching", resourceVersion };
    this.#options.target.replace(objects);
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, clock, selection } = this.#options;
    const startedMs = clock.monotonicMs();
    let received = 0;
    const batches = client.watchBatches({
      ...selection,
      signal,
      resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds: this.#watchSeconds(),
    });
    for await (const events of batches) {
      received += events.length;
      for (const event of events) this.#deliver(event);
    }
    if (received === 0 && clock.monotonicMs() - startedMs < SHORT_WATCH_MS) throw new Error("Watch ended at once");
  }

  #deliver(event: WatchEvent<T>): void {
    const { target } = this.#options;
    this.#state = { type: "watching", resourceVersion: versionOf(event.object) };
    switch (event.type) {
      case "ADDED":
      case "MODIFIED":
        target.apply(withoutManagedFields(event.object));
        return;
      case "DELETED":
        target.remove(withoutManagedFields(event.object));
        return;
      case "BOOKMARK":
    }
  }
}

/** Nobody who mirrors objects needs them, and they are a third of an object. The object itself may be shared. */
function withoutManagedFields<T extends ApiObject>(object: Cached<T>): Cached<T> {
  const metadata = object.metadata as CachedObject["metadata"] & { readonly managedFields?: unknown };
  if (!metadata?.managedFields) return object;
  const { managedFields: _gone, ...kept } = metadata;
  return { ...object, metadata: kept };
}

function collect<T extends ApiObject>(objects: Map<ObjectKey, Cached<T>>, event: WatchEvent<T>): void {
  if (event.type === "DELETED") objects.delete(keyOf(event.object));
  else if (event.type !== "BOOKMARK") objects.set(keyOf(event.object), withoutManagedFields(event.object));
}
