// SPDX-License-Identifier: Apache-2.0

import { isNotFound, type KubeObject, type StatusError } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { CacheEntry } from "../cache/index.ts";
import type { RequestContext } from "../request-context.ts";
import { readDeleteOptions } from "./delete-request.ts";
import { Lister } from "./list.ts";
import { readListQuery } from "./list-query.ts";
import type { ObjectForm } from "./object-form.ts";
import { passingObject, type PassingType } from "./passing-object.ts";
import { readSelection } from "./selection.ts";
import type { ServedKind } from "./served-kind.ts";
import { deletedStatus } from "./status-answer.ts";

const STATUS_TYPE = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";

/** Deletions of one deletecollection that run at the same time. */
const PARALLEL_DELETIONS = 16;

/** Answers delete and deletecollection of one kind. */
export class DeleteEndpoint {
  readonly #served: ServedKind;
  readonly #lister: Lister;

  constructor(served: ServedKind, clock: Clock) {
    this.#served = served;
    this.#lister = new Lister(served, clock);
  }

  get #statusType(): PassingType {
    return { schemas: this.#served.schemas, typeName: STATUS_TYPE, goType: "*v1.Status", columns: [] };
  }

  async delete(context: RequestContext, form: ObjectForm, namespace: string): Promise<ApiResponse> {
    const { name } = context.info;
    const { store } = this.#served;
    const options = readDeleteOptions(context, this.#served.schemas);
    const result = await store.delete(namespace, name, options);
    // Upstream says 202 to those alone who asked for it in the old way.
    const status = !result.deleted && options.orphanDependents === false ? 202 : 200;
    if (result.answerWithStatus) {
      const answer = deletedStatus(store.storage.groupResource, name, result.object.metadata.uid);
      return passingObject(context, status, answer as unknown as KubeObject, { type: this.#statusType, nowMs: 0 });
    }
    const body = form.object(this.#served.entryOf(result, namespace));
    return { status, headers: { "content-type": form.contentType }, body };
  }

  async deleteCollection(context: RequestContext, form: ObjectForm, namespace: string): Promise<ApiResponse> {
    const { query } = context.info;
    const { signal } = context.request;
    const options = readDeleteOptions(context, this.#served.schemas);
    this.#served.store.warnOfDeletion(options);
    const selection = readSelection(this.#served, namespace, query, "");
    const list = await this.#lister.list(selection, readListQuery(query, selection.single), signal);
    const entries = [...list.entries];
    const failures: StatusError[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let entry = entries[next++]; entry && failures.length === 0; entry = entries[next++]) {
        await this.#deleteOne(entry, options, failures);
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL_DELETIONS, entries.length) }, worker));
    if (failures[0]) throw failures[0];
    return { status: 200, headers: { "content-type": form.contentType }, body: form.list({ ...list, entries }) };
  }

  async #deleteOne(
    entry: CacheEntry,
    options: ReturnType<typeof readDeleteOptions>,
    failures: StatusError[],
  ): Promise<void> {
    try {
      await this.#served.store.delete(entry.namespace, entry.name, options);
    } catch (error) {
      if (!isNotFound(error)) failures.push(error as StatusError);
    }
  }
}
