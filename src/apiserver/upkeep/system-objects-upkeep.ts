// SPDX-License-Identifier: Apache-2.0

import type { Clock, Logger } from "../../base/index.ts";
import { type Outcome, DONE, type Reconciler, runReconciler, WorkQueue } from "../../client/index.ts";
import type { CachedObject, ResourceStores } from "../resource-store.ts";

/** What a cluster may not be without, by group and resource. Roles are brought back at the next start, as upstream does. */
const GUARDED: readonly (readonly [group: string, resource: string])[] = [
  ["", "namespaces"],
  ["", "services"],
  ["", "endpoints"],
  ["discovery.k8s.io", "endpointslices"],
  ["networking.k8s.io", "servicecidrs"],
  ["flowcontrol.apiserver.k8s.io", "flowschemas"],
  ["flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"],
];
/** How long after a deletion; upstream looks every 10 s at the Service, and every minute at the others. */
const DELAY_MS = 1_000;
/** What is put right when somebody changes it, unless its annotation says no; upstream looks every minute. */
const KEPT_UP_TO_DATE = "flowcontrol.apiserver.k8s.io";
const CHANGE_DELAY_MS = 60_000;
const KEY = "system objects";

export interface SystemObjectsParts {
  readonly stores: ResourceStores;
  readonly clock: Clock;
  readonly log: Logger;
  /** Writes what is missing of the objects that a cluster has from its start. */
  restore(options: { readonly signal: AbortSignal }): Promise<void>;
}

/** Brings back the server's own objects when somebody deletes them. */
export class SystemObjectsUpkeep implements Reconciler {
  readonly #parts: SystemObjectsParts;
  readonly #queue: WorkQueue;

  constructor(parts: SystemObjectsParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue({ clock: parts.clock });
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const stops = GUARDED.map(([group, resource]) =>
      this.#parts.stores.find(group, resource)?.observe({
        onChange: (entry: CachedObject | undefined) => {
          if (!entry) this.#queue.addAfter(KEY, DELAY_MS);
          else if (group === KEPT_UP_TO_DATE) this.#queue.addAfter(KEY, CHANGE_DELAY_MS);
        },
      }),
    );
    try {
      const { log } = this.#parts;
      await runReconciler({ name: KEY, queue: this.#queue, reconciler: this, workers: 1, log, signal });
    } finally {
      for (const stop of stops) stop?.();
    }
  }

  async reconcile(_key: string, options: { readonly signal: AbortSignal }): Promise<Outcome> {
    await this.#parts.restore(options);
    return DONE;
  }
}
