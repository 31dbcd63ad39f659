// SPDX-License-Identifier: Apache-2.0

import { badRequest, StatusError } from "../../apimachinery/index.ts";
import type { Clock, Random } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { CacheEntry } from "../cache/index.ts";
import type { RequestContext } from "../request-context.ts";
import { missingObject } from "../registry/index.ts";
import { Lister } from "./list.ts";
import { readListQuery, readWatchQuery } from "./list-query.ts";
import type { ObjectForm } from "./object-form.ts";
import { boolValue, revisionError } from "./query-values.ts";
import { readSelection } from "./selection.ts";
import type { ServedKind } from "./served-kind.ts";
import { watchResponse } from "./watch.ts";

const EXPORT_GONE = "the export parameter, deprecated since v1.14, is no longer supported";

/** Answers get, list and watch of one kind. */
export class ReadEndpoint {
  readonly #served: ServedKind;
  readonly #lister: Lister;
  readonly #random: Random;
  readonly #clock: Clock;

  constructor(served: ServedKind, ports: { readonly clock: Clock; readonly random: Random }) {
    this.#served = served;
    this.#lister = new Lister(served, ports.clock);
    this.#random = ports.random;
    this.#clock = ports.clock;
  }

  get(context: RequestContext, form: ObjectForm, namespace: string): ApiResponse | Promise<ApiResponse> {
    const { name, query } = context.info;
    if (query.size > 0 && boolValue(query, "export")) throw badRequest(EXPORT_GONE);
    const { storage } = this.#served.store;
    const entry =
      query.size > 0 && query.has("resourceVersion")
        ? this.#readAt(query.get("resourceVersion")!, namespace, name, context.request)
        : storage.read(namespace, name, context.request);
    if (entry instanceof Promise) return entry.then((found) => this.#found(found, name, form));
    return this.#found(entry, name, form);
  }

  async list(context: RequestContext, form: ObjectForm, namespace: string): Promise<ApiResponse> {
    const { query, name } = context.info;
    const selection = readSelection(this.#served, namespace, query, name);
    const { signal } = context.request;
    const found = await this.#lister.list(selection, readListQuery(query, selection.single), signal);
    const list = form.prepare ? await form.prepare(found, () => this.#clock.sleep(0, { signal })) : found;
    return { status: 200, headers: { "content-type": form.contentType }, body: form.list(list) };
  }

  async watch(context: RequestContext, form: ObjectForm, namespace: string): Promise<ApiResponse> {
    const { query, name } = context.info;
    const selection = readSelection(this.#served, namespace, query, name);
    const listQuery = readWatchQuery(query);
    const { signal } = context.request;
    const { sendInitialEvents, revision, revisionText } = listQuery;
    const answer = watchResponse(this.#served, form, selection, listQuery, { random: this.#random, signal });
    // The state that is sent must not be older than the revision that the client knows.
    if (sendInitialEvents && revision) await this.#lister.waitFor(revision, signal, revisionText);
    return answer;
  }

  #found(entry: CacheEntry | undefined, name: string, form: ObjectForm): ApiResponse {
    if (!entry) throw missingObject(this.#served.store.storage.groupResource, name);
    return { status: 200, headers: { "content-type": form.contentType }, body: form.object(entry) };
  }

  /** At least as new as the revision: 0 takes what is there. */
  #readAt(
    text: string,
    namespace: string,
    name: string,
    request: { readonly signal: AbortSignal },
  ): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    const { storage } = this.#served.store;
    if (text === "") return storage.read(namespace, name, request);
    const problem = revisionError(text);
    if (problem) throw new StatusError({ message: problem, code: 500 });
    const revision = Number(text);
    if (storage.cache.revision >= revision) return storage.peek(namespace, name);
    return this.#lister.waitFor(revision, request.signal, text).then(() => storage.peek(namespace, name));
  }
}
