// SPDX-License-Identifier: Apache-2.0

import { type Clock, type Logger, type Random, TaskGroup } from "../base/index.ts";
import type {
  Node,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  ReplicationController,
  Service,
  StatefulSet,
} from "../api/index.ts";
import {
  type Cached,
  type Client,
  EventsV1Recorder,
  InformerFactory,
  NAMESPACES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  POD_DISRUPTION_BUDGETS,
  PODS,
  Reflector,
  type ReflectorTarget,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  SERVICES,
  STATEFUL_SETS,
} from "../client/index.ts";
import { ClientEffects } from "./client-effects.ts";
import { type ProfileOptions, Scheduler } from "./scheduler.ts";
import type { SiblingSources } from "./sibling-selector.ts";

export interface RunSchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Told apart in events: `default-scheduler-HOST`. */
  readonly identity: string;
  readonly profiles?: readonly ProfileOptions[];
  /** Called once with the scheduler, before it runs; for tests and metrics. */
  onScheduler?(scheduler: Scheduler): void;
}

/** Ended pods take no room. */
const LIVING_PODS = { fieldSelector: "status.phase!=Succeeded,status.phase!=Failed" };

/** Feeds the scheduler with pods; keeps no cache beside its own. */
class PodFeed implements ReflectorTarget<Pod> {
  readonly #scheduler: Scheduler;
  readonly #synced = Promise.withResolvers<void>();
  #known = new Map<string, Cached<Pod>>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  replace(objects: readonly Cached<Pod>[]): void {
    const before = this.#known;
    this.#known = new Map();
    for (const pod of objects) {
      this.#known.set(pod.metadata.uid, pod);
      const old = before.get(pod.metadata.uid);
      before.delete(pod.metadata.uid);
      if (old?.metadata.resourceVersion !== pod.metadata.resourceVersion) this.#scheduler.setPod(pod);
    }
    for (const pod of before.values()) this.#scheduler.deletePod(pod);
    this.#synced.resolve();
  }

  apply(pod: Cached<Pod>): void {
    this.#known.set(pod.metadata.uid, pod);
    this.#scheduler.setPod(pod);
  }

  remove(pod: Cached<Pod>): void {
    this.#known.delete(pod.metadata.uid);
    this.#scheduler.deletePod(pod);
  }
}

/** What pods belong to, from caches of its own. */
function siblingSources(informers: InformerFactory): SiblingSources {
  const services = informers.informer<Service>(SERVICES).lister;
  const replicaSets = informers.informer<ReplicaSet>(REPLICA_SETS).lister;
  const statefulSets = informers.informer<StatefulSet>(STATEFUL_SETS).lister;
  const controllers = informers.informer<ReplicationController>(REPLICATION_CONTROLLERS).lister;
  return {
    services: (namespace) => services.byNamespace(namespace),
    setSelector: (kind, namespace, name) =>
      (kind === "ReplicaSet" ? replicaSets : statefulSets).get(namespace, name)?.spec?.selector,
    replicationControllerSelector: (namespace, name) => controllers.get(namespace, name)?.spec?.selector,
  };
}

/** Runs a scheduler against an API server until aborted. */
export async function runScheduler(options: RunSchedulerOptions, { signal }: { signal: AbortSignal }): Promise<void> {
  const { client, clock, random, log } = options;
  const recorder = new EventsV1Recorder({
    client,
    reportingController: options.profiles?.[0]?.schedulerName ?? "default-scheduler",
    reportingInstance: options.identity,
    clock,
    log,
  });
  const informers = new InformerFactory({ client, clock, random, log });
  const nodes = informers.informer<Node>(NODES);
  const claims = informers.informer<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
  const namespaces = informers.informer(NAMESPACES);
  const budgets = informers.informer<PodDisruptionBudget>(POD_DISRUPTION_BUDGETS);
  const scheduler = new Scheduler({
    effects: new ClientEffects(client, recorder, { clock }),
    clock,
    random,
    log,
    ...(options.profiles ? { profiles: options.profiles } : {}),
    claims: { get: (namespace, name) => claims.lister.get(namespace, name) },
    siblings: siblingSources(informers),
    budgets: () => budgets.lister.list(),
    namespaceLabels: (name) => namespaces.lister.get("", name)?.metadata.labels ?? {},
  });
  options.onScheduler?.(scheduler);
  nodes.addHandler({
    added: (node) => scheduler.setNode(node),
    updated: (node, old) => scheduler.setNode(node, old),
    deleted: (node) => scheduler.deleteNode(node.metadata.name),
  });
  claims.addHandler({ added: () => scheduler.claimChanged(), updated: () => scheduler.claimChanged() });
  const feed = new PodFeed(scheduler);
  const pods = new Reflector<Pod>({
    client: client.resource(PODS),
    selection: LIVING_PODS,
    clock,
    random,
    log,
    target: feed,
  });
  await using group = new TaskGroup(signal);
  informers.start(group);
  group.run("events", (s) => recorder.run(s));
  await informers.waitForSync({ signal: group.signal });
  group.run("pods", (s) => pods.run(s));
  group.run("scheduler", async (s) => {
    await feed.synced;
    await scheduler.run(s);
  });
  await group.wait();
}
