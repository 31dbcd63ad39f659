// SPDX-License-Identifier: Apache-2.0

import type { ControllerRevision, DaemonSet, DaemonSetStatus, Node, Pod } from "../../api/index.ts";
import { isNotFound, semanticEqual } from "../../apimachinery/index.ts";
import {
  CONTROLLER_REVISIONS,
  DAEMON_SETS,
  DONE,
  keyOf,
  NODES,
  objectReferenceTo,
  PODS,
  requeueAfter,
  WorkQueue,
  type Cached,
  type Client,
  type EventRecorder,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { availableInMs, controllerReference, Expectations, selectorOf } from "../../rules/index.ts";
import { controllerOfParts, recorderFor, type Controller, type ControllerContext } from "../controller.ts";
import { watchPods } from "../replicaset/watch-pods.ts";
import { claimObjects } from "../shared/claim.ts";
import { orUndefined } from "../shared/or-undefined.ts";
import { PodControl, podFromTemplate, type PodOwner } from "../shared/pod-control.ts";
import { namespaceIsTerminating } from "../shared/status-cause.ts";
import { templateForNode, verdictOn } from "./daemon-pods.ts";
import { DaemonSetHistory, type History } from "./daemon-set-history.ts";
import { decidePods, decideStatus, decideUpdate, type DaemonPlan, type DaemonState } from "./decide.ts";
import { FailedPodBackoff } from "./failed-pod-backoff.ts";

const NAME = "daemon-set-controller";
const WORKERS = 2;
/** Pods made or deleted in one go. */
const BURST_REPLICAS = 250;
const IDENTITY = { apiVersion: "apps/v1", kind: "DaemonSet" } as const;

interface Parts {
  readonly context: ControllerContext;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly daemonSets: Informer<DaemonSet>;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly history: DaemonSetHistory;
  readonly podControl: PodControl;
  readonly expectations: Expectations;
  readonly backoff: FailedPodBackoff;
}

type Options = { readonly signal: AbortSignal };

class DaemonSetReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: Options): Promise<Outcome> {
    const { daemonSets, expectations, recorder } = this.#parts;
    const daemonSet = daemonSets.lister.getByKey(key);
    if (!daemonSet) {
      expectations.forget(key);
      return DONE;
    }
    if (selectorOf(daemonSet.spec.selector).matchesEverything) {
      const message = "This daemon set is selecting all pods. A non-empty selector is required.";
      recorder.event(objectReferenceTo(DAEMON_SETS, daemonSet), { type: "Warning", reason: "SelectingAll", message });
      return DONE;
    }
    if (daemonSet.metadata.deletionTimestamp !== undefined) return DONE;
    return this.#sync(key, daemonSet, options);
  }

  async #sync(key: string, daemonSet: Cached<DaemonSet>, options: Options): Promise<Outcome> {
    const { history, expectations, context } = this.#parts;
    const revisions = await history.sync(daemonSet, options);
    const nowMs = (): number => context.clock.monotonicMs();
    let waiting: readonly string[] = [];
    let state = await this.#state(daemonSet, revisions, options);
    if (expectations.satisfied(key, nowMs())) {
      const plan = decidePods(state);
      waiting = plan.waiting;
      this.#tellEnded(daemonSet, plan);
      await this.#carryOut(
        key,
        state,
        { ...plan, delete: [...plan.delete, ...plan.ended.map(({ pod }) => pod)] },
        options,
      );
      if (expectations.satisfied(key, nowMs())) await this.#carryOut(key, state, decideUpdate(state), options);
      await history.trim(daemonSet, revisions, state.pods, options);
      state = await this.#state(daemonSet, revisions, options);
    }
    await this.#writeStatus(state, { generation: daemonSet.metadata.generation, revisions }, options);
    return this.#nextLook(state, waiting);
  }

  async #state(daemonSet: Cached<DaemonSet>, revisions: History, options: Options): Promise<DaemonState> {
    const { nodes, context, backoff } = this.#parts;
    const nowMs = context.clock.nowMs();
    return {
      daemonSet,
      nodes: [...nodes.lister.list()],
      pods: await this.#claimPods(daemonSet, options),
      hash: revisions.hash,
      nowMs,
      backsOff: (nodeName) => backoff.waits(backoffKey(daemonSet, nodeName), nowMs),
    };
  }

  #claimPods(daemonSet: Cached<DaemonSet>, options: Options): Promise<Cached<Pod>[]> {
    const { client, pods } = this.#parts;
    const { namespace = "", name, uid } = daemonSet.metadata;
    const selector = selectorOf(daemonSet.spec.selector);
    const claimant = {
      ...IDENTITY,
      metadata: daemonSet.metadata,
      matches: (labels: Readonly<Record<string, string>>) => selector.matches(labels),
      refresh: (signal: AbortSignal) =>
        orUndefined(client.resource(DAEMON_SETS).namespace(namespace).get(name, { signal })),
    };
    const candidates = [...pods.lister.byOwner(uid), ...pods.lister.orphans(namespace)];
    return claimObjects(claimant, candidates, { client: client.resource(PODS), ...options });
  }

  #tellEnded(daemonSet: Cached<DaemonSet>, plan: DaemonPlan): void {
    const { recorder, backoff, context } = this.#parts;
    const about = objectReferenceTo(DAEMON_SETS, daemonSet);
    for (const { pod, node } of plan.ended) {
      const which = `pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${node}`;
      if (pod.status.phase === "Failed") {
        backoff.failed(backoffKey(daemonSet, node), context.clock.nowMs());
        const message = `Found failed daemon ${which}, will try to kill it`;
        recorder.event(about, { type: "Warning", reason: "FailedDaemonPod", message });
      } else {
        const message = `Found succeeded daemon ${which}, will try to delete it`;
        recorder.event(about, { type: "Normal", reason: "SucceededDaemonPod", message });
      }
    }
  }

  async #carryOut(
    key: string,
    { daemonSet, hash }: DaemonState,
    plan: Pick<DaemonPlan, "create" | "delete">,
    options: Options,
  ): Promise<void> {
    const { expectations, podControl, context } = this.#parts;
    const create = plan.create.slice(0, BURST_REPLICAS);
    const remove = plan.delete.slice(0, BURST_REPLICAS);
    if (create.length + remove.length === 0) return;
    const owner = ownerOf(daemonSet);
    const expected = { creations: create.length, deletions: remove.map(keyOf) };
    expectations.expect(key, expected, context.clock.monotonicMs());
    const made = await Promise.allSettled(
      create.map((node) =>
        podControl.create(owner, podFromTemplate(templateForNode(daemonSet, node, hash), owner), options),
      ),
    );
    const removed = await Promise.allSettled(remove.map((pod) => podControl.delete(owner, pod, options)));
    this.#settle(key, made, removed, remove);
  }

  /** What failed will not be seen: nobody waits for it; the first failure is thrown. */
  #settle(
    key: string,
    made: readonly PromiseSettledResult<void>[],
    removed: readonly PromiseSettledResult<void>[],
    remove: readonly Cached<Pod>[],
  ): void {
    const { expectations } = this.#parts;
    let failure: unknown;
    for (const result of made) {
      if (result.status === "fulfilled") continue;
      expectations.creationObserved(key);
      if (!namespaceIsTerminating(result.reason)) failure ??= result.reason;
    }
    for (const [i, result] of removed.entries()) {
      if (result.status === "fulfilled") continue;
      expectations.deletionObserved(key, keyOf(remove[i]!));
      if (!isNotFound(result.reason)) failure ??= result.reason;
    }
    if (failure !== undefined) throw failure;
  }

  async #writeStatus(
    state: DaemonState,
    seen: { readonly generation: number | undefined; readonly revisions: History },
    options: Options,
  ): Promise<void> {
    const { daemonSet } = state;
    const collisionCount = seen.revisions.collisionCount || daemonSet.status.collisionCount;
    const status: DaemonSetStatus = { ...decideStatus(state, seen.generation), collisionCount };
    if (semanticEqual(daemonSet.status, status)) return;
    const client = this.#parts.client.resource(DAEMON_SETS).namespace(daemonSet.metadata.namespace ?? "");
    await orUndefined(client.updateStatus({ ...(daemonSet as DaemonSet), status }, options));
  }

  #nextLook({ daemonSet, pods, nowMs }: DaemonState, waiting: readonly string[]): Outcome {
    const seconds = daemonSet.spec.minReadySeconds ?? 0;
    const times = pods.map((pod) => availableInMs(pod, seconds, nowMs)).filter((ms) => ms !== undefined);
    for (const node of waiting) times.push(this.#parts.backoff.leftMs(backoffKey(daemonSet, node), nowMs));
    return times.length > 0 ? requeueAfter(Math.min(...times)) : DONE;
  }
}

const backoffKey = ({ metadata }: Cached<DaemonSet>, nodeName: string): string => `${metadata.uid}/${nodeName}`;

const ownerOf = (daemonSet: Cached<DaemonSet>): PodOwner => ({
  namespace: daemonSet.metadata.namespace ?? "",
  name: daemonSet.metadata.name,
  reference: controllerReference(daemonSet, IDENTITY),
  about: objectReferenceTo(DAEMON_SETS, daemonSet),
});

/** Wakes daemon sets whose place on a node changes. */
function watchNodes(nodes: Informer<Node>, daemonSets: Informer<DaemonSet>, queue: WorkQueue): void {
  const concerns = (daemonSet: Cached<DaemonSet>, node: Cached<Node>): boolean => {
    const { shouldRun, mayStay } = verdictOn(daemonSet, node);
    return shouldRun || mayStay;
  };
  const wakeIf = (matches: (daemonSet: Cached<DaemonSet>) => boolean): void => {
    for (const daemonSet of daemonSets.lister.list()) if (matches(daemonSet)) queue.add(keyOf(daemonSet));
  };
  nodes.addHandler({
    added: (node) => wakeIf((daemonSet) => verdictOn(daemonSet, node).shouldRun),
    updated: (node, old) => {
      const sameLabels = semanticEqual(node.metadata.labels, old.metadata.labels);
      if (sameLabels && semanticEqual(node.spec.taints, old.spec.taints)) return;
      wakeIf((daemonSet) => !semanticEqual(verdictOn(daemonSet, node), verdictOn(daemonSet, old)));
    },
    deleted: (node) => wakeIf((daemonSet) => concerns(daemonSet, node)),
  });
}

/** Keeps a pod of each daemon set on every node that it is for. */
export function createDaemonSetController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const daemonSets = context.informers.informer(DAEMON_SETS);
  const pods = context.informers.informer(PODS);
  const nodes = context.informers.informer(NODES);
  const revisions: Informer<ControllerRevision> = context.informers.informer(CONTROLLER_REVISIONS);
  const client = context.clientFor(NAME);
  const recorder = recorderFor(context, "daemonset-controller", NAME);
  const expectations = new Expectations();
  const wake = (daemonSet: Cached<DaemonSet>): void => queue.add(keyOf(daemonSet));
  daemonSets.addHandler({ added: wake, updated: wake, deleted: wake });
  const selects = (daemonSet: Cached<DaemonSet>, labels: Readonly<Record<string, string>>): boolean =>
    selectorOf(daemonSet.spec.selector).matches(labels);
  watchPods({ pods, owners: daemonSets.lister, kind: IDENTITY.kind, selects, queue, expectations });
  watchNodes(nodes, daemonSets, queue);
  const parts: Parts = {
    context,
    client,
    recorder,
    daemonSets,
    pods,
    nodes,
    history: new DaemonSetHistory(client, revisions.lister),
    podControl: new PodControl(client, recorder),
    expectations,
    backoff: new FailedPodBackoff(),
  };
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    recorder,
    reconciler: new DaemonSetReconciler(parts),
    caches: [daemonSets, pods, nodes, revisions],
    workers: WORKERS,
  });
}
