// SPDX-License-Identifier: Apache-2.0

import type { Clock, Logger, Random, TaskGroup } from "../base/index.ts";
import type { Client } from "./client.ts";
import { Informer } from "./informer.ts";
import type { Selection } from "./reflector.ts";
import type { ApiObject, ResourceReference } from "./resource-reference.ts";

export interface InformerFactoryOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const selectionKey = (reference: ResourceReference, namespace: string, s: Selection): string =>
  [
    reference.group,
    reference.version,
    reference.resource,
    namespace,
    s.labelSelector ?? "",
    s.fieldSelector ?? "",
    s.form ?? "",
  ].join("|");

/** Hands out one informer for each selection, shared by all who ask for it, and runs them. */
export class InformerFactory {
  readonly #options: InformerFactoryOptions;
  readonly #informers = new Map<string, Informer<ApiObject>>();
  #group: TaskGroup | undefined;

  constructor(options: InformerFactoryOptions) {
    this.#options = options;
  }

  informer<T extends ApiObject>(
    reference: ResourceReference<T>,
    selection: Selection & { readonly namespace?: string } = {},
  ): Informer<T> {
    const { namespace = "", ...rest } = selection;
    const key = selectionKey(reference, namespace, rest);
    const found = this.#informers.get(key);
    // One key is always asked for with one type: the reference carries it.
    if (found) return found as unknown as Informer<T>;
    const client = this.#options.client.resource(reference).namespace(namespace);
    const informer = new Informer<T>({ ...this.#options, client, selection: rest });
    this.#informers.set(key, informer as unknown as Informer<ApiObject>);
    this.#run(key, informer as unknown as Informer<ApiObject>);
    return informer;
  }

  /** The informer of all whole objects of a resource, if somebody asked for it. */
  find(reference: ResourceReference): Informer<ApiObject> | undefined {
    return this.#informers.get(selectionKey(reference, "", {}));
  }

  /** Runs the informers that were asked for, and those that will be, in the group. */
  start(group: TaskGroup): void {
    this.#group = group;
    for (const [key, informer] of this.#informers) this.#run(key, informer);
  }

  /** Resolves when every informer asked for so far has synced. */
  async waitForSync(options: { readonly signal: AbortSignal }): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.waitForSync(options)));
  }

  #run(key: string, informer: Informer<ApiObject>): void {
    this.#group?.run(`informer ${key}`, (signal) => informer.run(signal));
  }
}
