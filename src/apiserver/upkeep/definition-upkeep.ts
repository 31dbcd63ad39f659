// SPDX-License-Identifier: Apache-2.0

import { copyJson, type DeepReadonly, formatTime, isNotFound, sameJson } from "../../apimachinery/index.ts";
import type { CustomResourceDefinition } from "../../api/index.ts";
import type { Clock, Logger } from "../../base/index.ts";
import { DONE, type Outcome, type Reconciler, runReconciler, WorkQueue } from "../../client/index.ts";
import { apiServerUser } from "../authentication/user-names.ts";
import type { ResourceStore, ResourceStores } from "../resource-store.ts";
import { decideNames } from "./accepted-names.ts";
import { CLEANUP_FINALIZER, type ConditionText, isTrue, withCondition } from "./definition-conditions.ts";

const GROUP = "apiextensions.k8s.io";

export interface DefinitionUpkeepParts {
  readonly stores: ResourceStores;
  readonly clock: Clock;
  readonly log: Logger;
}

type Definition = DeepReadonly<CustomResourceDefinition>;

const NEVER_ESTABLISHED: ConditionText = {
  type: "Terminating",
  status: "False",
  reason: "NeverEstablished",
  message: "resource was never established",
};

function isCurrent(definition: Definition, wanted: ConditionText): boolean {
  const present = definition.status?.conditions?.find(({ type }) => type === wanted.type);
  return present?.status === wanted.status && present.reason === wanted.reason && present.message === wanted.message;
}

/** Gives definitions their names, and lets go of those that are deleted. */
export class DefinitionUpkeep implements Reconciler {
  readonly #parts: DefinitionUpkeepParts;
  readonly #queue: WorkQueue;
  readonly #definitions = new Map<string, Definition>();

  constructor(parts: DefinitionUpkeepParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue({ clock: parts.clock });
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const store = this.#store;
    if (!store) return;
    const stop = store.observe({
      onChange: (entry, old) => {
        const { name } = (entry ?? old)!;
        if (entry) this.#definitions.set(name, entry.object as Definition);
        else this.#definitions.delete(name);
        const freed = old && !sameJson((old.object as Definition).status?.acceptedNames, this.#acceptedNames(name));
        if (entry) this.#queue.add(name);
        if (freed) this.#requeueGroup((old.object as Definition).spec.group);
      },
    });
    try {
      const { log } = this.#parts;
      await runReconciler({
        name: "definition upkeep",
        queue: this.#queue,
        reconciler: this,
        workers: 1,
        log,
        signal,
      });
    } finally {
      stop();
    }
  }

  async reconcile(name: string, { signal }: { readonly signal: AbortSignal }): Promise<Outcome> {
    const definition = this.#definitions.get(name);
    if (!definition) return DONE;
    if (definition.metadata.deletionTimestamp) await this.#letGo(name, definition, signal);
    else await this.#name(name, definition, signal);
    return DONE;
  }

  get #store(): ResourceStore | undefined {
    return this.#parts.stores.find(GROUP, "customresourcedefinitions");
  }

  #acceptedNames(name: string): unknown {
    return this.#definitions.get(name)?.status?.acceptedNames;
  }

  #requeueGroup(group: string): void {
    for (const [name, { spec }] of this.#definitions) if (spec.group === group) this.#queue.add(name);
  }

  async #name(name: string, definition: Definition, signal: AbortSignal): Promise<void> {
    if (sameJson(definition.spec.names, definition.status?.acceptedNames)) return;
    const group = [...this.#definitions.values()].filter(({ spec }) => spec.group === definition.spec.group);
    const { names, namesAccepted, established } = decideNames(definition, group);
    if (sameJson(names, definition.status?.acceptedNames) && isCurrent(definition, namesAccepted)) return;
    await this.#writeStatus(name, signal, (copy, now) => {
      copy.status = { ...copy.status, acceptedNames: names };
      withCondition(copy, now, namesAccepted);
      withCondition(copy, now, established);
    });
  }

  /** Nothing of a kind that was never established is stored: it goes at once. */
  async #letGo(name: string, definition: Definition, signal: AbortSignal): Promise<void> {
    if (!definition.metadata.finalizers?.includes(CLEANUP_FINALIZER)) return;
    if (isTrue(definition as CustomResourceDefinition, "Established")) return;
    await this.#writeStatus(name, signal, (copy, now) => {
      withCondition(copy, now, NEVER_ESTABLISHED);
      const kept = (copy.metadata.finalizers ?? []).filter((finalizer) => finalizer !== CLEANUP_FINALIZER);
      if (kept.length > 0) copy.metadata.finalizers = kept;
      else delete copy.metadata.finalizers;
    });
  }

  async #writeStatus(
    name: string,
    signal: AbortSignal,
    change: (definition: CustomResourceDefinition, now: string) => void,
  ): Promise<void> {
    const now = formatTime(this.#parts.clock.nowMs());
    try {
      await this.#store?.update(
        "",
        name,
        (object) => {
          const definition = copyJson(object) as CustomResourceDefinition;
          change(definition, now);
          return definition;
        },
        { user: apiServerUser, userAgent: "kube-apiserver", warnings: [], signal, subresource: "status" },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
