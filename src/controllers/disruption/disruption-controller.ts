// SPDX-License-Identifier: Apache-2.0

import type { Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../api/index.ts";
import { formatTime, isConflict, parseTime } from "../../apimachinery/index.ts";
import { TaskGroup } from "../../base/index.ts";
import {
  Discovery,
  DONE,
  keyOf,
  objectReferenceTo,
  POD_DISRUPTION_BUDGETS,
  PODS,
  requeueAfter,
  runReconciler,
  WorkQueue,
  type Cached,
  type Client,
  type EventRecorder,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { isPodTerminal, podCondition, selectorOf } from "../../rules/index.ts";
import { recorderFor, type Controller, type ControllerContext } from "../controller.ts";
import { orUndefined } from "../shared/or-undefined.ts";
import { messageOf } from "../shared/status-cause.ts";
import {
  decideStatus,
  DELETION_TIMEOUT_MS,
  disruptedPods,
  expectedHealthy,
  failedStatus,
  needsScale,
} from "./decide.ts";
import { ExpectedScale } from "./expected-scale.ts";

const NAME = "disruption-controller";

type Options = { readonly signal: AbortSignal };

interface Parts {
  readonly context: ControllerContext;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly budgets: Informer<PodDisruptionBudget>;
  readonly pods: Informer<Pod>;
  readonly scale: ExpectedScale;
}

/** Keeps the count of how many more pods a budget lets go. */
class BudgetReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: Options): Promise<Outcome> {
    const budget = this.#parts.budgets.lister.getByKey(key);
    if (!budget) return DONE;
    try {
      return await this.#count(budget, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (isConflict(error)) throw error;
      await this.#fail(budget, messageOf(error), options);
      throw error;
    }
  }

  async #count(budget: Cached<PodDisruptionBudget>, options: Options): Promise<Outcome> {
    const { context, recorder, scale } = this.#parts;
    const nowMs = context.clock.nowMs();
    const pods = this.#podsOf(budget);
    const about = objectReferenceTo(POD_DISRUPTION_BUDGETS, budget);
    if (pods.length === 0) {
      recorder.event(about, { type: "Normal", reason: "NoPods", message: "No matching pods found" });
    }
    const wanted = needsScale(budget) ? await scale.of(pods, options) : 0;
    const expected = expectedHealthy(budget, pods.length, wanted);
    const disrupted = disruptedPods(budget, pods, nowMs);
    for (const pod of disrupted.overdue) {
      const message = `Pod was expected by PDB ${keyOf(budget)} to be deleted but it wasn't`;
      recorder.event(objectReferenceTo(PODS, pod), { type: "Warning", reason: "NotDeleted", message });
    }
    const status = decideStatus(budget, pods, { expected, disrupted, nowMs });
    if (status) await this.#write(budget, status, options);
    return disrupted.recheckInMs === undefined ? DONE : requeueAfter(disrupted.recheckInMs);
  }

  #podsOf(budget: Cached<PodDisruptionBudget>): Cached<Pod>[] {
    const selector = selectorOf(budget.spec.selector);
    const all = [...this.#parts.pods.lister.byNamespace(budget.metadata.namespace ?? "")];
    return all.filter(({ metadata }) => selector.matches(metadata.labels));
  }

  async #fail(budget: Cached<PodDisruptionBudget>, message: string, options: Options): Promise<void> {
    const about = objectReferenceTo(POD_DISRUPTION_BUDGETS, budget);
    const text = `Failed to calculate the number of expected pods: ${message}`;
    this.#parts.recorder.event(about, { type: "Warning", reason: "CalculateExpectedPodCountFailed", message: text });
    await this.#write(budget, failedStatus(budget, message, this.#parts.context.clock.nowMs()), options);
  }

  async #write(
    budget: Cached<PodDisruptionBudget>,
    status: PodDisruptionBudgetStatus,
    options: Options,
  ): Promise<void> {
    const client = this.#parts.client.resource(POD_DISRUPTION_BUDGETS).namespace(budget.metadata.namespace ?? "");
    await orUndefined(client.updateStatus({ ...(budget as PodDisruptionBudget), status }, options));
  }
}

/** Takes back what was said of a pod that was to be disrupted and was not. */
class StaleDisruptionReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, { signal }: Options): Promise<Outcome> {
    const { pods, client, context } = this.#parts;
    const pod = pods.lister.getByKey(key);
    const leftMs = pod && staleInMs(pod, context.clock.nowMs());
    if (!pod || leftMs === undefined) return DONE;
    if (leftMs > 0) return requeueAfter(leftMs);
    const condition = {
      type: "DisruptionTarget",
      status: "False",
      observedGeneration: pod.metadata.generation,
      lastTransitionTime: formatTime(context.clock.nowMs()),
    };
    const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
    const resource = client.resource(PODS).namespace(pod.metadata.namespace ?? "");
    await orUndefined(resource.patch(pod.metadata.name, "strategic", patch, { signal, subresource: "status" }));
    return DONE;
  }
}

/** When the announcement of a pod's disruption is stale; undefined when there is none, or it came true. */
function staleInMs(pod: Cached<Pod>, nowMs: number): number | undefined {
  const condition = podCondition(pod, "DisruptionTarget");
  if (condition?.status !== "True" || isPodTerminal(pod) || pod.metadata.deletionTimestamp !== undefined) {
    return undefined;
  }
  return (parseTime(condition.lastTransitionTime ?? "") ?? 0) + DELETION_TIMEOUT_MS - nowMs;
}

/** Keeps the status of disruption budgets, which evictions are checked against. */
export function createDisruptionController(context: ControllerContext): Controller {
  const client = context.clientFor(NAME);
  const budgets = context.informers.informer(POD_DISRUPTION_BUDGETS);
  const pods = context.informers.informer(PODS);
  const scale = new ExpectedScale(context.informers, client, new Discovery(client));
  const recorder = recorderFor(context, "controllermanager", NAME);
  const queue = new WorkQueue({ clock: context.clock });
  const stale = new WorkQueue({ clock: context.clock });
  const wakeBudgetsOf = (pod: Cached<Pod>): void => {
    for (const budget of budgets.lister.byNamespace(pod.metadata.namespace ?? "")) {
      if (selectorOf(budget.spec.selector).matches(pod.metadata.labels)) queue.add(keyOf(budget));
    }
  };
  const wakePod = (pod: Cached<Pod>): void => {
    wakeBudgetsOf(pod);
    if (podCondition(pod, "DisruptionTarget")?.status === "True") stale.add(keyOf(pod));
  };
  pods.addHandler({ added: wakePod, updated: wakePod, deleted: wakeBudgetsOf });
  const wake = (budget: Cached<PodDisruptionBudget>): void => queue.add(keyOf(budget));
  budgets.addHandler({ added: wake, updated: wake, deleted: wake });
  const parts: Parts = { context, client, recorder, budgets, pods, scale };
  const caches = [budgets, pods, ...scale.caches];
  return {
    name: NAME,
    async run(signal) {
      const log = context.log.child({ controller: NAME });
      await using group = new TaskGroup(signal);
      group.run(`${NAME} events`, (s) => recorder.run(s));
      group.run(NAME, async (s) => {
        await Promise.all(caches.map((cache) => cache.waitForSync({ signal: s })));
        const shared = { workers: 1, log, signal: s };
        await Promise.all([
          runReconciler({ name: NAME, queue, reconciler: new BudgetReconciler(parts), ...shared }),
          runReconciler({
            name: `${NAME} stale`,
            queue: stale,
            reconciler: new StaleDisruptionReconciler(parts),
            ...shared,
          }),
        ]);
      });
      await group.wait();
    },
  };
}
