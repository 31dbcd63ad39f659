// SPDX-License-Identifier: Apache-2.0

import type { Pod, ReplicaSet, ReplicaSetStatus } from "../../api/index.ts";
import { isNotFound, type LabelSelector } from "../../apimachinery/index.ts";
import {
  apiVersionOf,
  DONE,
  keyOf,
  objectReferenceTo,
  PODS,
  REPLICA_SETS,
  requeueAfter,
  WorkQueue,
  type Cached,
  type Client,
  type Informer,
  type Outcome,
  type Reconciler,
  type ResourceReference,
} from "../../client/index.ts";
import {
  availableInMs,
  controllerOf,
  controllerReference,
  Expectations,
  isPodActive,
  isPodTerminating,
  selectorOf,
} from "../../rules/index.ts";
import { controllerOfParts, recorderFor, type Controller, type ControllerContext } from "../controller.ts";
import { claimObjects, type Claimant } from "../shared/claim.ts";
import { PodControl, podFromTemplate, type PodOwner } from "../shared/pod-control.ts";
import { slowStart } from "../shared/slow-start.ts";
import { messageOf, namespaceIsTerminating } from "../shared/status-cause.ts";
import { decideReplicas, decideStatus, statusDiffers, type ReplicaSetPods } from "./decide.ts";
import { podsToDelete } from "./deletion-order.ts";
import { watchPods } from "./watch-pods.ts";

const WORKERS = 5;

/** A kind that keeps a number of pods: replica sets, and replication controllers before them. */
export interface ReplicaKind {
  /** Of its controller: `replicaset-controller`. */
  readonly name: string;
  readonly reference: ResourceReference<ReplicaSet>;
  selectorOf(object: Cached<ReplicaSet>): LabelSelector;
  /** Whether its status counts pods that are being deleted. */
  readonly countsTerminating: boolean;
}

const REPLICA_SET: ReplicaKind = {
  name: "replicaset-controller",
  reference: REPLICA_SETS,
  selectorOf: (replicaSet) => selectorOf(replicaSet.spec.selector),
  countsTerminating: true,
};

interface Parts {
  readonly kind: ReplicaKind;
  readonly context: ControllerContext;
  readonly client: Client;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly pods: Informer<Pod>;
  readonly podControl: PodControl;
  readonly expectations: Expectations;
}

type Options = { readonly signal: AbortSignal };

class ReplicaSetReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: Options): Promise<Outcome> {
    const { kind, replicaSets, expectations, context } = this.#parts;
    const replicaSet = replicaSets.lister.getByKey(key);
    if (!replicaSet) {
      expectations.forget(key);
      return DONE;
    }
    const mayManage = expectations.satisfied(key, context.clock.monotonicMs());
    const pods = await this.#claimPods(replicaSet, options);
    const manages = mayManage && replicaSet.metadata.deletionTimestamp === undefined;
    const failure = manages ? await this.#manage(key, replicaSet, pods.active, options) : undefined;
    const nowMs = context.clock.nowMs();
    const message = failure === undefined ? undefined : messageOf(failure);
    await this.#writeStatus(
      replicaSet,
      decideStatus(replicaSet, pods, { failure: message, nowMs, countsTerminating: kind.countsTerminating }),
      options,
    );
    if (failure !== undefined) throw failure;
    return this.#nextLook(replicaSet, pods, nowMs);
  }

  /** A ready pod becomes available by the passing of time alone. */
  #nextLook(replicaSet: Cached<ReplicaSet>, pods: ReplicaSetPods, nowMs: number): Outcome {
    const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const pod of pods.active) nextMs = Math.min(nextMs, availableInMs(pod, minReadySeconds, nowMs) ?? nextMs);
    return Number.isFinite(nextMs) ? requeueAfter(nextMs) : DONE;
  }

  async #claimPods(replicaSet: Cached<ReplicaSet>, options: Options): Promise<ReplicaSetPods> {
    const { client, pods } = this.#parts;
    const { namespace = "", uid } = replicaSet.metadata;
    const related = [...pods.lister.byOwner(uid), ...pods.lister.orphans(namespace)];
    const claimant = this.#claimant(replicaSet);
    const active = await claimObjects(claimant, related.filter(isPodActive), {
      client: client.resource(PODS),
      signal: options.signal,
    });
    const terminating = related.filter(
      (pod) => isPodTerminating(pod) && controllerOf(pod)?.uid === uid && claimant.matches(pod.metadata.labels ?? {}),
    );
    return { active, terminating };
  }

  #claimant(replicaSet: Cached<ReplicaSet>): Claimant {
    const { kind, client } = this.#parts;
    const { namespace = "", name } = replicaSet.metadata;
    const selector = kind.selectorOf(replicaSet);
    return {
      ...identityOf(kind),
      metadata: replicaSet.metadata,
      matches: (labels) => selector.matches(labels),
      refresh: async (signal) => {
        try {
          return await client.resource(kind.reference).namespace(namespace).get(name, { signal });
        } catch (error) {
          if (isNotFound(error)) return undefined;
          throw error;
        }
      },
    };
  }

  /** Makes or deletes pods; returns what went wrong. */
  async #manage(
    key: string,
    replicaSet: Cached<ReplicaSet>,
    active: readonly Cached<Pod>[],
    options: Options,
  ): Promise<unknown> {
    const decision = decideReplicas(replicaSet, active.length);
    switch (decision.type) {
      case "enough":
        return undefined;
      case "create":
        return this.#create(key, replicaSet, decision.count, options);
      case "delete":
        return this.#delete(key, replicaSet, { active, count: decision.count }, options);
    }
  }

  async #create(key: string, replicaSet: Cached<ReplicaSet>, count: number, options: Options): Promise<unknown> {
    const { kind, expectations, podControl, context } = this.#parts;
    const owner = ownerOf(kind, replicaSet);
    const pod = podFromTemplate(replicaSet.spec.template!, owner);
    expectations.expectCreations(key, count, context.clock.monotonicMs());
    const { succeeded, error } = await slowStart(count, () => podControl.create(owner, pod, options), {
      initialBatch: 1,
    });
    for (let missing = succeeded; missing < count; missing++) expectations.creationObserved(key);
    return namespaceIsTerminating(error) ? undefined : error;
  }

  async #delete(
    key: string,
    replicaSet: Cached<ReplicaSet>,
    pods: { readonly active: readonly Cached<Pod>[]; readonly count: number },
    options: Options,
  ): Promise<unknown> {
    const { kind, expectations, podControl, context } = this.#parts;
    const related = this.#relatedPods(replicaSet);
    const chosen = podsToDelete(pods.active, pods.count, { related, nowMs: context.clock.nowMs() });
    const owner = ownerOf(kind, replicaSet);
    expectations.expectDeletions(key, chosen.map(keyOf), context.clock.monotonicMs());
    const results = await Promise.allSettled(chosen.map((pod) => podControl.delete(owner, pod, options)));
    let failure: unknown;
    for (const [i, result] of results.entries()) {
      if (result.status === "fulfilled") continue;
      expectations.deletionObserved(key, keyOf(chosen[i]!));
      if (!isNotFound(result.reason)) failure ??= result.reason;
    }
    return failure;
  }

  /** The pods of all replica sets of the same deployment: these are to be spread over the nodes together. */
  #relatedPods(replicaSet: Cached<ReplicaSet>): Cached<Pod>[] {
    const { replicaSets, pods } = this.#parts;
    const deployment = controllerOf(replicaSet);
    const siblings = deployment ? [...replicaSets.lister.byOwner(deployment.uid)] : [replicaSet];
    return siblings.flatMap((sibling) => [...pods.lister.byOwner(sibling.metadata.uid)].filter(isPodActive));
  }

  async #writeStatus(replicaSet: Cached<ReplicaSet>, status: ReplicaSetStatus, options: Options): Promise<void> {
    if (!statusDiffers(replicaSet, status)) return;
    const client = this.#parts.client
      .resource(this.#parts.kind.reference)
      .namespace(replicaSet.metadata.namespace ?? "");
    try {
      await client.updateStatus({ ...(replicaSet as ReplicaSet), status }, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

const identityOf = ({ reference }: ReplicaKind) => ({ apiVersion: apiVersionOf(reference), kind: reference.kind });

function ownerOf(kind: ReplicaKind, replicaSet: Cached<ReplicaSet>): PodOwner {
  return {
    namespace: replicaSet.metadata.namespace ?? "",
    name: replicaSet.metadata.name,
    reference: controllerReference(replicaSet, identityOf(kind)),
    about: objectReferenceTo(kind.reference, replicaSet),
  };
}

/** Keeps as many pods as each replica set wants. */
export const createReplicaSetController = (context: ControllerContext): Controller =>
  createReplicaController(context, REPLICA_SET);

/** The controller of one kind that keeps a number of pods. */
export function createReplicaController(context: ControllerContext, kind: ReplicaKind): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const replicaSets = context.informers.informer(kind.reference);
  const pods = context.informers.informer(PODS);
  const client = context.clientFor(kind.name);
  const recorder = recorderFor(context, kind.name);
  const expectations = new Expectations();
  const wake = (replicaSet: Cached<ReplicaSet>): void => queue.add(keyOf(replicaSet));
  replicaSets.addHandler({
    added: wake,
    updated: wake,
    deleted: (replicaSet) => {
      expectations.forget(keyOf(replicaSet));
      wake(replicaSet);
    },
  });
  watchPods({
    pods,
    owners: replicaSets.lister,
    kind: kind.reference.kind,
    selects: (owner, labels) => kind.selectorOf(owner).matches(labels),
    queue,
    expectations,
  });
  const podControl = new PodControl(client, recorder);
  return controllerOfParts({
    name: kind.name,
    context,
    queue,
    reconciler: new ReplicaSetReconciler({ kind, context, client, replicaSets, pods, podControl, expectations }),
    recorder,
    caches: [replicaSets, pods],
    workers: WORKERS,
  });
}
