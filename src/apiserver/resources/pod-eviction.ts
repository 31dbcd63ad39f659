// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  fieldError,
  formatTime,
  invalidObject,
  isConflict,
  StatusError,
  type DeepReadonly,
} from "../../apimachinery/index.ts";
import type { Eviction, Pod, PodCondition, PodDisruptionBudget } from "../../api/index.ts";
import type { Clock } from "../../base/index.ts";
import type { GenericResourceStore } from "../registry/index.ts";
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
    const { namespace, name } = target;
    const pod = asPod(await this.#parts.pods.get(namespace, name));
    const deletion = deleteOptionsOf(eviction, options);
    if (needsNoBudget(pod)) {
      const isGuarded = pod.status?.phase === "Pending" && !pod.metadata.deletionTimestamp;
      await this.#parts.pods.delete(namespace, name, isGuarded ? atRevision(deletion, pod) : deletion);
      return;
    }
    const budget = await this.#budgetOf(pod);
    const skipsBudget = budget !== undefined && !isReady(pod) && allowsUnhealthy(budget);
    if (budget && !skipsBudget) await this.#takeFrom(budget, pod, options);
    await this.#delete(pod, skipsBudget ? { options: atRevision(deletion, pod), budget } : { options: deletion });
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

  async #delete(
    pod: DeepReadonly<Pod>,
    { options, budget }: { options: DeleteOptions; budget?: DeepReadonly<PodDisruptionBudget> },
  ): Promise<void> {
    const { namespace = "", name = "" } = pod.metadata;
    const wanted = options.preconditions?.resourceVersion;
    try {
      const marked = await updateStored(
        this.#parts.pods,
        { namespace, name },
        (object, current) => {
          if (wanted && wanted !== current.metadata.resourceVersion) throw changedMeanwhile(name);
          markEvicted(object as Pod, formatTime(this.#parts.clock.nowMs()));
        },
        options,
      );
      const resourceVersion = options.dryRun ? undefined : marked.metadata.resourceVersion;
      const preconditions = { ...options.preconditions, resourceVersion };
      await this.#parts.pods.delete(namespace, name, { ...options, preconditions });
    } catch (error) {
      if (budget && isConflict(error)) throw stillProcessed(budget.metadata.name ?? "");
      throw error;
    }
  }
}

const changedMeanwhile = (name: string): StatusError =>
  new StatusError({
    message: `Operation cannot be fulfilled on pods "${name}": the object has been modified`,
    reason: "Conflict",
    details: { name, kind: "pods" },
    code: 409,
  });
