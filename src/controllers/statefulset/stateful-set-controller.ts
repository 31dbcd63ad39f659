// SPDX-License-Identifier: Apache-2.0

import type {
  ControllerRevision,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
  StatefulSetStatus,
} from "../../api/index.ts";
import { isAlreadyExists, isNotFound, semanticEqual } from "../../apimachinery/index.ts";
import {
  CONTROLLER_REVISIONS,
  DONE,
  keyOf,
  objectReferenceTo,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  requeueAfter,
  STATEFUL_SETS,
  WorkQueue,
  type Cached,
  type Client,
  type EventRecorder,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { availableInMs, Expectations, selectorOf } from "../../rules/index.ts";
import { controllerOfParts, recorderFor, type Controller, type ControllerContext } from "../controller.ts";
import { watchPods } from "../replicaset/watch-pods.ts";
import { claimObjects } from "../shared/claim.ts";
import { deletePod } from "../shared/disrupt-pod.ts";
import { orUndefined } from "../shared/or-undefined.ts";
import { messageOf, namespaceIsTerminating } from "../shared/status-cause.ts";
import { WrittenObjects } from "../shared/written-objects.ts";
import { decide, type SetStep } from "./decide.ts";
import { IDENTITY, missingLabels, newPod, ordinalOf } from "./identity.ts";
import { StatefulSetHistory, templateOf, type Revisions } from "./stateful-set-history.ts";
import { StatefulSetClaims } from "./stateful-set-claims.ts";

const NAME = "statefulset-controller";
const WORKERS = 5;
/** The cache's own event wakes the key sooner; this is the net. */
const CACHE_WAIT_MS = 1_000;

interface Parts {
  readonly context: ControllerContext;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly sets: Informer<StatefulSet>;
  readonly pods: Informer<Pod>;
  readonly history: StatefulSetHistory;
  readonly claims: StatefulSetClaims;
  readonly written: WrittenObjects;
}

type Options = { readonly signal: AbortSignal };

class StatefulSetReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: Options): Promise<Outcome> {
    const { sets, pods, written, context, history } = this.#parts;
    const set = sets.lister.getByKey(key);
    if (!set) {
      written.forget(key);
      return DONE;
    }
    if (written.cacheIsBehind(key, (name) => pods.lister.getByKey(name))) return requeueAfter(CACHE_WAIT_MS);
    const revisions = await history.sync(set, options);
    const own = await this.#claimPods(set, options);
    const nowMs = context.clock.nowMs();
    const plan = decide({
      set,
      pods: own,
      currentRevision: revisions.current.metadata.name,
      updateRevision: revisions.update.metadata.name,
      collisionCount: revisions.collisionCount,
      nowMs,
    });
    await this.#parts.claims.retain(set, own, options);
    for (const step of plan.steps) await this.#take(key, set, step, { ...options, revisions });
    await this.#writeStatus(set, plan.status, options);
    await history.trim(set, revisions, own, options);
    return nextLook(set, own, nowMs);
  }

  #claimPods(set: Cached<StatefulSet>, options: Options): Promise<Cached<Pod>[]> {
    const { client, pods } = this.#parts;
    const { namespace = "", name, uid } = set.metadata;
    const selector = selectorOf(set.spec.selector);
    const members = [...pods.lister.byOwner(uid), ...pods.lister.orphans(namespace)].filter(
      (pod) => ordinalOf(set, pod) !== undefined,
    );
    const claimant = {
      ...IDENTITY,
      metadata: set.metadata,
      matches: (labels: Readonly<Record<string, string>>) => selector.matches(labels),
      refresh: (signal: AbortSignal) =>
        orUndefined(client.resource(STATEFUL_SETS).namespace(namespace).get(name, { signal })),
    };
    return claimObjects(claimant, members, { client: client.resource(PODS), ...options });
  }

  async #take(
    key: string,
    set: Cached<StatefulSet>,
    step: SetStep,
    options: Options & { readonly revisions: Revisions },
  ): Promise<void> {
    switch (step.type) {
      case "create":
        await this.#create(key, set, step, options);
        return;
      case "delete":
        await this.#delete(key, set, step, options);
        return;
      case "mend":
        await this.#parts.claims.ensure(set, step.ordinal, options);
        await this.#mendLabels(set, step.pod, step.ordinal, options);
    }
  }

  async #create(
    key: string,
    set: Cached<StatefulSet>,
    step: Extract<SetStep, { type: "create" }>,
    { signal, revisions }: Options & { readonly revisions: Revisions },
  ): Promise<void> {
    const { client, written, claims } = this.#parts;
    const revision = step.revision === "current" ? revisions.current : revisions.update;
    const pod = newPod(set, step.ordinal, { name: revision.metadata.name, template: templateOf(set, revision) });
    const what = `create Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
    try {
      await claims.ensure(set, step.ordinal, { signal });
      const created = await client
        .resource(PODS)
        .namespace(set.metadata.namespace ?? "")
        .create(pod, { signal });
      written.wrote(key, created);
      this.#say(set, "Normal", "SuccessfulCreate", `${what} successful`);
    } catch (error) {
      // The cache was behind: its event wakes the set again.
      if (isAlreadyExists(error) || namespaceIsTerminating(error)) return;
      this.#say(set, "Warning", "FailedCreate", `${what} failed error: ${messageOf(error)}`);
      throw error;
    }
  }

  async #delete(
    key: string,
    set: Cached<StatefulSet>,
    step: Extract<SetStep, { type: "delete" }>,
    { signal }: Options,
  ): Promise<void> {
    const { pod, why } = step;
    const { name } = pod.metadata;
    if (why === "ended") {
      const { namespace } = set.metadata;
      const [reason, ended] =
        pod.status.phase === "Failed" ? ["RecreatingFailedPod", "failed"] : ["RecreatingTerminatedPod", "terminated"];
      const type = pod.status.phase === "Failed" ? "Warning" : "Normal";
      this.#say(set, type, reason, `StatefulSet ${namespace}/${set.metadata.name} is recreating ${ended} Pod ${name}`);
    }
    const what = `delete Pod ${name} in StatefulSet ${set.metadata.name}`;
    try {
      await deletePod(this.#parts.client, pod, { signal });
      this.#say(set, "Normal", "SuccessfulDelete", `${what} successful`);
    } catch (error) {
      this.#say(set, "Warning", "FailedDelete", `${what} failed error: ${messageOf(error)}`);
      throw error;
    }
    // Until the cache shows that it goes, it must not be counted as staying.
    this.#parts.written.changing(key, pod);
  }

  async #mendLabels(set: Cached<StatefulSet>, pod: Cached<Pod>, ordinal: number, { signal }: Options): Promise<void> {
    const labels = missingLabels(set, pod, ordinal);
    if (Object.keys(labels).length === 0) return;
    const resource = this.#parts.client.resource(PODS).namespace(set.metadata.namespace ?? "");
    const patch = { metadata: { uid: pod.metadata.uid, labels } };
    await orUndefined(resource.patch(pod.metadata.name, "strategic", patch, { signal }));
    this.#say(
      set,
      "Normal",
      "SuccessfulUpdate",
      `update Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`,
    );
  }

  async #writeStatus(set: Cached<StatefulSet>, status: StatefulSetStatus, options: Options): Promise<void> {
    const next = { ...status, conditions: (set.status as StatefulSetStatus).conditions };
    if (semanticEqual(set.status, next)) return;
    const resource = this.#parts.client.resource(STATEFUL_SETS).namespace(set.metadata.namespace ?? "");
    try {
      await resource.updateStatus({ ...(set as StatefulSet), status: next }, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #say(set: Cached<StatefulSet>, type: "Normal" | "Warning", reason: string, message: string): void {
    this.#parts.recorder.event(objectReferenceTo(STATEFUL_SETS, set), { type, reason, message });
  }
}

/** A ready pod becomes available by the passing of time alone. */
function nextLook(set: Cached<StatefulSet>, pods: readonly Cached<Pod>[], nowMs: number): Outcome {
  const seconds = set.spec.minReadySeconds ?? 0;
  const times = pods.map((pod) => availableInMs(pod, seconds, nowMs)).filter((ms) => ms !== undefined);
  return times.length > 0 ? requeueAfter(Math.min(...times)) : DONE;
}

/** Keeps numbered pods with claims of their own, made and changed in order. */
export function createStatefulSetController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const sets = context.informers.informer(STATEFUL_SETS);
  const pods = context.informers.informer(PODS);
  const claims: Informer<PersistentVolumeClaim> = context.informers.informer(PERSISTENT_VOLUME_CLAIMS);
  const revisions: Informer<ControllerRevision> = context.informers.informer(CONTROLLER_REVISIONS);
  const client = context.clientFor(NAME);
  const recorder = recorderFor(context, NAME);
  const written = new WrittenObjects();
  const wake = (set: Cached<StatefulSet>): void => queue.add(keyOf(set));
  sets.addHandler({ added: wake, updated: wake, deleted: wake });
  pods.addHandler({
    deleted: (pod) => {
      for (const set of sets.lister.byNamespace(pod.metadata.namespace ?? "")) written.gone(keyOf(set), pod);
    },
  });
  const selects = (set: Cached<StatefulSet>, labels: Readonly<Record<string, string>>): boolean =>
    selectorOf(set.spec.selector).matches(labels);
  watchPods({ pods, owners: sets.lister, kind: IDENTITY.kind, selects, queue, expectations: new Expectations() });
  const parts: Parts = {
    context,
    client,
    recorder,
    sets,
    pods,
    history: new StatefulSetHistory(client, revisions.lister),
    claims: new StatefulSetClaims(client, recorder, claims.lister),
    written,
  };
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    recorder,
    reconciler: new StatefulSetReconciler(parts),
    caches: [sets, pods, claims, revisions],
    workers: WORKERS,
  });
}
