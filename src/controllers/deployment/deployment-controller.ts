// SPDX-License-Identifier: Apache-2.0

import type { Deployment, DeploymentStatus, Pod, ReplicaSet } from "../../api/index.ts";
import { isAlreadyExists, isNotFound, semanticEqual } from "../../apimachinery/index.ts";
import {
  DEPLOYMENTS,
  DONE,
  keyOf,
  objectReferenceTo,
  PODS,
  REPLICA_SETS,
  requeueAfter,
  WorkQueue,
  type Cached,
  type Client,
  type EventRecorder,
  type Informer,
  type Outcome,
  type Reconciler,
  type Stored,
} from "../../client/index.ts";
import { isPodTerminal, selectorOf } from "../../rules/index.ts";
import { controllerOfParts, recorderFor, type Controller, type ControllerContext } from "../controller.ts";
import { claimObjects, type Claimant } from "../shared/claim.ts";
import { messageOf, namespaceIsTerminating } from "../shared/status-cause.ts";
import { REVISION } from "./annotations.ts";
import { DeploymentConditions } from "./conditions.ts";
import { decide } from "./decide.ts";
import { sameTemplate, type ReplicaSetWrite } from "./replica-set-draft.ts";
import { hasDeadline } from "./status.ts";
import { watchReplicaSets } from "./watch-replica-sets.ts";

const NAME = "deployment-controller";
const WORKERS = 5;
const RETRIES_MAX = 15;

interface Parts {
  readonly context: ControllerContext;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly deployments: Informer<Deployment>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly pods: Informer<Pod>;
}

type Options = { readonly signal: AbortSignal };

/** The new replica set could not be made. */
class CreateFailure extends Error {
  override readonly name = "CreateFailure";
  readonly replicaSet: string;

  constructor(replicaSet: string, cause: unknown) {
    super(messageOf(cause), { cause });
    this.replicaSet = replicaSet;
  }
}

/** Another object has the name that the template's hash gives: the next hash is another one. */
class HashCollision extends Error {
  override readonly name = "HashCollision";
}

class DeploymentReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: Options): Promise<Outcome> {
    const deployment = this.#parts.deployments.lister.getByKey(key);
    if (!deployment) return DONE;
    if (selectorOf(deployment.spec.selector).matchesEverything) return this.#refuse(deployment, options);
    const replicaSets = await this.#claimReplicaSets(deployment, options);
    const nowMs = this.#parts.context.clock.nowMs();
    const plan = decide({ deployment, replicaSets, running: this.#running(replicaSets), nowMs });
    try {
      for (const write of plan.writes) await this.#write(deployment, write, options);
    } catch (error) {
      await this.#recordFailure(deployment, error, options);
      throw error;
    }
    await this.#writeStatus(deployment, plan, options);
    return plan.checkInMs === undefined ? DONE : requeueAfter(plan.checkInMs);
  }

  async #refuse(deployment: Cached<Deployment>, options: Options): Promise<Outcome> {
    this.#say(
      deployment,
      "Warning",
      "SelectingAll",
      "This deployment is selecting all pods. A non-empty selector is required.",
    );
    const { status, metadata } = deployment;
    if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
      const next = { ...(status as DeploymentStatus), observedGeneration: metadata.generation };
      await this.#writeStatus(deployment, { status: next, revision: metadata.annotations?.[REVISION] }, options);
    }
    return DONE;
  }

  #claimReplicaSets(deployment: Cached<Deployment>, options: Options): Promise<Cached<ReplicaSet>[]> {
    const { client, replicaSets } = this.#parts;
    const { namespace = "", name, uid } = deployment.metadata;
    const selector = selectorOf(deployment.spec.selector);
    const claimant: Claimant = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: deployment.metadata,
      matches: (labels) => selector.matches(labels),
      refresh: (signal) => orUndefined(client.resource(DEPLOYMENTS).namespace(namespace).get(name, { signal })),
    };
    const candidates = [...replicaSets.lister.byOwner(uid), ...replicaSets.lister.orphans(namespace)];
    return claimObjects(claimant, candidates, { client: client.resource(REPLICA_SETS), signal: options.signal });
  }

  #running(replicaSets: readonly Cached<ReplicaSet>[]): ReadonlySet<string> {
    const { pods } = this.#parts;
    const running = new Set<string>();
    for (const { metadata } of replicaSets) {
      for (const pod of pods.lister.byOwner(metadata.uid)) {
        if (isPodTerminal(pod)) continue;
        running.add(metadata.uid);
        break;
      }
    }
    return running;
  }

  async #write(deployment: Cached<Deployment>, write: ReplicaSetWrite, options: Options): Promise<void> {
    const client = this.#parts.client.resource(REPLICA_SETS).namespace(deployment.metadata.namespace ?? "");
    switch (write.type) {
      case "create":
        if (await this.#create(deployment, write.replicaSet, options)) this.#tell(deployment, write.events);
        return;
      case "update":
        await client.update(write.replicaSet, options);
        this.#tell(deployment, write.events);
        return;
      case "delete":
        await orUndefined(client.delete(write.name, options));
    }
  }

  /** Creates the new replica set; false when it was there already, made by a sync that the cache has not seen. */
  async #create(deployment: Cached<Deployment>, replicaSet: ReplicaSet, options: Options): Promise<boolean> {
    const client = this.#parts.client.resource(REPLICA_SETS).namespace(deployment.metadata.namespace ?? "");
    try {
      await client.create(replicaSet, options);
      return true;
    } catch (error) {
      if (!isAlreadyExists(error)) throw new CreateFailure(replicaSet.metadata.name ?? "", error);
      const found = await client.get(replicaSet.metadata.name ?? "", options);
      if (isOurs(deployment, found)) return false;
      throw new HashCollision(`Name ${replicaSet.metadata.name} is taken`, { cause: error });
    }
  }

  /** Leaves behind why the new replica set could not be made. */
  async #recordFailure(deployment: Cached<Deployment>, error: unknown, options: Options): Promise<void> {
    const revision = deployment.metadata.annotations?.[REVISION];
    const status = deployment.status as DeploymentStatus;
    if (error instanceof HashCollision) {
      const collided = { ...status, collisionCount: (status.collisionCount ?? 0) + 1 };
      await this.#writeStatus(deployment, { status: collided, revision }, options);
      return;
    }
    if (!(error instanceof CreateFailure) || namespaceIsTerminating(error.cause)) return;
    const message = `Failed to create new replica set "${error.replicaSet}": ${error.message}`;
    this.#say(deployment, "Warning", "ReplicaSetCreateError", message);
    if (!hasDeadline(deployment)) return;
    const conditions = new DeploymentConditions(status.conditions ?? [], this.#parts.context.clock.nowMs());
    conditions.set({ type: "Progressing", status: "False", reason: "ReplicaSetCreateError", message });
    await this.#writeStatus(deployment, { status: { ...status, conditions: [...conditions.list] }, revision }, options);
  }

  async #writeStatus(
    deployment: Cached<Deployment>,
    next: { readonly status: DeploymentStatus; readonly revision: string | undefined },
    options: Options,
  ): Promise<void> {
    const { metadata } = deployment;
    const sameRevision = metadata.annotations?.[REVISION] === next.revision;
    if (sameRevision && semanticEqual(deployment.status, next.status)) return;
    const annotations: Record<string, string> = { ...metadata.annotations };
    if (next.revision !== undefined) annotations[REVISION] = next.revision;
    const updated: Deployment = {
      ...(deployment as Deployment),
      metadata: { ...(metadata as Deployment["metadata"]), annotations },
      status: next.status,
    };
    await this.#parts.client
      .resource(DEPLOYMENTS)
      .namespace(metadata.namespace ?? "")
      .updateStatus(updated, options);
  }

  #tell(deployment: Cached<Deployment>, messages: readonly string[]): void {
    for (const message of messages) this.#say(deployment, "Normal", "ScalingReplicaSet", message);
  }

  #say(deployment: Cached<Deployment>, type: "Normal" | "Warning", reason: string, message: string): void {
    this.#parts.recorder.event(objectReferenceTo(DEPLOYMENTS, deployment), { type, reason, message });
  }
}

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

const isOurs = (deployment: Cached<Deployment>, replicaSet: Stored<ReplicaSet>): boolean =>
  (replicaSet.metadata.ownerReferences ?? []).some((o) => o.controller && o.uid === deployment.metadata.uid) &&
  sameTemplate(replicaSet.spec.template, deployment.spec.template);

/** Rolls each deployment's pods over to its template, step by step. */
export function createDeploymentController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const deployments = context.informers.informer(DEPLOYMENTS);
  const replicaSets = context.informers.informer(REPLICA_SETS);
  const pods = context.informers.informer(PODS);
  const recorder = recorderFor(context, NAME);
  deployments.addHandler({
    added: (deployment) => queue.add(keyOf(deployment)),
    updated: (deployment) => queue.add(keyOf(deployment)),
    deleted: (deployment) => queue.add(keyOf(deployment)),
  });
  watchReplicaSets({ deployments: deployments.lister, replicaSets, pods, queue });
  const client = context.clientFor(NAME);
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    recorder,
    reconciler: new DeploymentReconciler({ context, client, recorder, deployments, replicaSets, pods }),
    caches: [deployments, replicaSets, pods],
    workers: WORKERS,
    maxRetries: RETRIES_MAX,
  });
}
