// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  fieldError,
  formatTime,
  invalidObject,
  isConflict,
  StatusError,
  type DeepReadonly,
  type KubeObject,
} from "../../apimachinery/index.ts";
import type { Eviction, Pod, PodCondition, PodDisruptionBudget } from "../../api/index.ts";
import type { Clock } from "../../base/index.ts";
import { checkPreconditions, type GenericResourceStore } from "../registry/index.ts";
import type { DeleteOptions, ResourceStores, WriteOptions } from "../resource-store.ts";
import { allowsUnhealthy, budgetsOf, stillProcessed, takeDisruption } from "./disruption-budget.ts";
import { updateStored } from "./stored-update.ts";

export interface EvictionParts {
  readonly stores: ResourceStores;
  readonly clock: Clock;
  readonly pods: GenericResourceStore;
  /** undefined where PodDisruptionBudgets are not served. */
  readonly budgets: GenericResourceStore | undefined;
}

/** Nothing is lost with a pod that has ended, has not begun or is going anyway. */
const needsNoBudget = ({ status, metadata }: DeepReadonly<Pod>): boolean =>
  metadata.deletionTimestamp !== undefined ||
  status?.phase === "Succeeded" ||
  status?.phase === "Failed" ||
  status?.phase === "Pending";

const isReady = ({ status }: DeepReadonly<Pod>): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;

const asPod = (object: unknown): DeepReadonly<Pod> => object as DeepReadonly<Pod>;

function deleteOptionsOf({ deleteOptions }: Eviction, options: WriteOptions): DeleteOptions {
  const { gracePeriodSeconds, preconditions, propagationPolicy, orphanDependents } = deleteOptions ?? {};
  return {
    ...options,
    subresource: undefined,
    gracePeriodSeconds,
    orphanDependents,
    preconditions,
    propagationPolicy: propagationPolicy as DeleteOptions["propagationPolicy"],
  };
}

const atRevision = (options: DeleteOptions, pod: DeepReadonly<Pod>): DeleteOptions => ({
  ...options,
  preconditions: {
    ...options.preconditions,
    resourceVersion: options.preconditions?.resourceVersion ?? pod.metadata.resourceVersion,
  },
});

const isBoundToRevision = ({ preconditions }: DeleteOptions): boolean => preconditions?.resourceVersion !== undefined;

/** As often as upstream. */
const ATTEMPTS = 20;

function markEvicted(pod: Pod, now: string): void {
  const condition: PodCondition = {
    type: "DisruptionTarget",
    status: "True",
    lastProbeTime: null as unknown as undefined,
    lastTransitionTime: now,
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
  };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
  pod.status = { ...pod.status, conditions: [...others, condition] };
}

const UNSAFE = "ignoreStoreReadErrorWithClusterBreakingPotential";

/** What is wrong with an eviction before anybody looks at its pod. */
export function checkEviction({ metadata, deleteOptions }: Eviction, name: string): void {
  if (metadata.name !== name) throw badRequest("name in URL does not match name in Eviction object");
  if (!deleteOptions?.[UNSAFE]) return;
  const why = "can not be set for pod eviction, try after removing the option";
  throw invalidObject({ group: "policy", kind: "Eviction" }, name, [
    fieldError.invalid(`deleteOptions.${UNSAFE}`, true, why),
  ]);
}

/** Whether it is a dry run: the request says so, or the delete options within do; they may not differ. */
export function isDryEviction({ deleteOptions }: Eviction, asked: boolean): boolean {
  const within = deleteOptions?.dryRun ?? [];
  if (within.length === 0 || !asked) return asked || within.length > 0;
  if (within.length === 1 && within[0] === "All") return true;
  throw new StatusError({
    message: `Non-matching dry-run options in request and content: [All] and [${within.join(" ")}]`,
    code: 500,
  });
}

/** Deletes pods as far as their disruption budgets allow. */
export class PodEvictor {
  readonly #parts: EvictionParts;

  constructor(parts: EvictionParts) {
    this.#parts = parts;
  }

  async evict(
    eviction: Eviction,
    target: { readonly namespace: string; readonly name: string },
    options: WriteOptions,
  ): Promise<void> {
    const deletion = deleteOptionsOf(eviction, options);
    const pod = await this.#evictUnguarded(target, deletion);
    if (!pod) return;
    const budget = await this.#budgetOf(pod);
    const skipsBudget = budget !== undefined && !isReady(pod) && allowsUnhealthy(budget);
    if (budget && !skipsBudget) await this.#takeFrom(budget, pod, options);
    if (!skipsBudget) return this.#delete(target, deletion);
    try {
      await this.#delete(target, atRevision(deletion, pod));
    } catch (error) {
      if (isConflict(error) && !isBoundToRevision(deletion)) throw stillProcessed(budget.metadata.name ?? "");
      throw error;
    }
  }

  /** Deletes a pod that needs no budget; otherwise gives the pod. One that changes meanwhile is looked at again. */
  async #evictUnguarded(
    { namespace, name }: { readonly namespace: string; readonly name: string },
    deletion: DeleteOptions,
  ): Promise<DeepReadonly<Pod> | undefined> {
    for (let attempt = 1; ; attempt++) {
      const pod = asPod(await this.#parts.pods.get(namespace, name));
      if (!needsNoBudget(pod)) return pod;
      const mayBegin = pod.status?.phase === "Pending" && !pod.metadata.deletionTimestamp;
      try {
        await this.#delete({ namespace, name }, mayBegin ? atRevision(deletion, pod) : deletion);
        return undefined;
      } catch (error) {
        if (!isConflict(error) || isBoundToRevision(deletion) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #budgetOf(pod: DeepReadonly<Pod>): Promise<DeepReadonly<PodDisruptionBudget> | undefined> {
    const budgets = await budgetsOf(this.#parts.stores, pod);
    if (budgets.length < 2) return budgets[0];
    throw new StatusError({
      message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
      code: 500,
    });
  }

  async #takeFrom(
    budget: DeepReadonly<PodDisruptionBudget>,
    pod: DeepReadonly<Pod>,
    options: WriteOptions,
  ): Promise<void> {
    const { namespace = "", name = "" } = budget.metadata;
    await updateStored(
      this.#parts.budgets!,
      { namespace, name },
      (object) => takeDisruption(object as PodDisruptionBudget, pod.metadata.name ?? "", this.#parts.clock.nowMs()),
      options,
    );
  }

  /** Writes down why the pod goes, then deletes it. */
  async #delete(target: { readonly namespace: string; readonly name: string }, options: DeleteOptions): Promise<void> {
    const { pods, clock } = this.#parts;
    if (options.dryRun) {
      await pods.delete(target.namespace, target.name, options);
      return;
    }
    const marked = await updateStored(
      pods,
      target,
      (object, current) => {
        checkPreconditions(pods.kind, current, options);
        markEvicted(object as Pod, formatTime(clock.nowMs()));
      },
      options,
    );
    // The mark is a change of its own: what was bound to the revision before is bound to that after it.
    await pods.delete(target.namespace, target.name, isBoundToRevision(options) ? marking(options, marked) : options);
  }
}

const marking = (options: DeleteOptions, { metadata }: KubeObject): DeleteOptions => ({
  ...options,
  preconditions: { ...options.preconditions, resourceVersion: metadata.resourceVersion },
});
