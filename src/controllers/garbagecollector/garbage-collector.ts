// SPDX-License-Identifier: Apache-2.0

import { isConflict, type DeepReadonly, type OwnerReference } from "../../apimachinery/index.ts";
import { TaskGroup } from "../../base/index.ts";
import {
  Discovery,
  DONE,
  runReconciler,
  WorkQueue,
  type ApiObject,
  type Outcome,
  type Reconciler,
  type Stored,
} from "../../client/index.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { AbsentOwners } from "./absent-owners.ts";
import { decide, type OwnerFound, type OwnerState } from "./decide.ts";
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER, OwnerGraph, type GraphNode, type Identity } from "./graph.ts";
import { MetadataAccess, UnknownKind } from "./metadata-access.ts";
import { Monitors } from "./monitors.ts";

const NAME = "generic-garbage-collector";
const WORKERS = 20;

type Options = { readonly signal: AbortSignal };

interface Parts {
  readonly graph: OwnerGraph;
  readonly access: MetadataAccess;
  readonly absent: AbsentOwners;
  readonly toDelete: WorkQueue;
}

/** Looks at one object whose owners may be gone, or whose dependents may be. */
class DeleteReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(uid: string, options: Options): Promise<Outcome> {
    const { graph, access } = this.#parts;
    const node = graph.get(uid);
    if (!node || (node.beingDeleted && !node.deletingDependents)) return DONE;
    const latest = await this.#read(node, options);
    if (!latest) {
      if (node.virtual) graph.removeVirtual(node);
      return DONE;
    }
    if (node.virtual) graph.observe(node.identity, latest.metadata);
    if (node.deletingDependents) return this.#waitForDependents(node, options);
    const owners = await this.#classify(node, latest.metadata.ownerReferences ?? [], options);
    const dependents = [...node.dependents];
    const someWait = dependents.some((dependent) => dependent.deletingDependents);
    const decision = decide(latest.metadata, owners, { count: dependents.length, someWait });
    switch (decision.type) {
      case "keep":
        break;
      case "dropReferences":
        await access.dropOwners(node.identity, decision.uids, options);
        break;
      case "delete":
        if (decision.unblockOwners) await access.unblockOwners(node.identity, latest, options);
        await this.#delete(node.identity, latest, { ...options, propagation: decision.propagation });
    }
    return DONE;
  }

  async #read(node: GraphNode, options: Options): Promise<Stored<ApiObject> | undefined> {
    try {
      const latest = await this.#parts.access.read(node.identity, options);
      return latest?.metadata.uid === node.identity.uid ? latest : undefined;
    } catch (error) {
      // A reference to a kind that was never served says nothing; it is looked at again with backoff.
      if (error instanceof UnknownKind && node.virtual && node.dependents.size === 0) return undefined;
      throw error;
    }
  }

  async #delete(
    identity: Identity,
    latest: Stored<ApiObject>,
    options: Options & { readonly propagation: "Orphan" | "Background" | "Foreground" },
  ): Promise<void> {
    try {
      await this.#parts.access.delete(identity, latest.metadata.resourceVersion, options);
    } catch (error) {
      if (!isConflict(error)) throw error;
      // It changed meanwhile, perhaps its owners: look at it again.
      this.#parts.toDelete.addRateLimited(identity.uid);
    }
  }

  async #waitForDependents(node: GraphNode, options: Options): Promise<Outcome> {
    const blocking = node.blockingDependents;
    if (blocking.length === 0) {
      await this.#parts.access.removeFinalizer(node.identity, FOREGROUND_FINALIZER, options);
      return DONE;
    }
    for (const dependent of blocking) {
      if (!dependent.deletingDependents) this.#parts.toDelete.add(dependent.identity.uid);
    }
    return DONE;
  }

  async #classify(
    node: GraphNode,
    references: readonly DeepReadonly<OwnerReference>[],
    options: Options,
  ): Promise<OwnerFound[]> {
    const found: OwnerFound[] = [];
    for (const reference of references) {
      found.push({ reference, state: await this.#stateOf(node, reference, options) });
    }
    return found;
  }

  async #stateOf(node: GraphNode, reference: DeepReadonly<OwnerReference>, options: Options): Promise<OwnerState> {
    const { access, absent } = this.#parts;
    const namespaced = access.isNamespaced(reference.apiVersion, reference.kind);
    // An object of no namespace cannot be owned by one that has a namespace.
    if (namespaced && node.identity.namespace === "") return "absent";
    const identity = { ...reference, namespace: namespaced ? node.identity.namespace : "" } as Identity;
    if (absent.has(identity)) return "absent";
    const owner = await access.read(identity, options);
    if (owner?.metadata.uid !== reference.uid) {
      absent.add(identity);
      return "absent";
    }
    const { deletionTimestamp, finalizers = [] } = owner.metadata;
    return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND_FINALIZER)
      ? "waitingForDependents"
      : "solid";
  }
}

/** Frees the dependents of one object that leaves them behind, then lets it go. */
class OrphanReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(uid: string, options: Options): Promise<Outcome> {
    const { graph, access } = this.#parts;
    const node = graph.get(uid);
    if (!node) return DONE;
    await Promise.all([...node.dependents].map(({ identity }) => access.dropOwners(identity, [uid], options)));
    await access.removeFinalizer(node.identity, ORPHAN_FINALIZER, options);
    return DONE;
  }
}

/** Deletes what has lost its owners, and does foreground deletion and orphaning, for every kind that is served. */
export function createGarbageCollector(context: ControllerContext): Controller {
  return { name: "garbage-collector-controller", run: (signal) => run(context, signal) };
}

async function run(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { clock, random, informers } = context;
  const log = context.log.child({ controller: NAME });
  const client = context.clientFor(NAME);
  const toDelete = new WorkQueue({ clock });
  const toOrphan = new WorkQueue({ clock });
  const absent = new AbsentOwners();
  const graph = new OwnerGraph({
    attemptToDelete: ({ identity }) => toDelete.add(identity.uid),
    attemptToOrphan: ({ identity }) => toOrphan.add(identity.uid),
    ownerIsAbsent: (identity) => absent.add(identity),
  });
  const discovery = new Discovery(client);
  const monitors = new Monitors({ client, discovery, informers, observer: graph, clock, random, log });
  const access = new MetadataAccess(client, (apiVersion, kind) => monitors.referenceOf(apiVersion, kind));
  const parts = { graph, access, absent, toDelete };
  await using group = new TaskGroup(signal);
  group.run(`${NAME} start`, async (s) => {
    await monitors.sync(group, { signal: s });
    group.run(`${NAME} discovery`, (inner) => monitors.run(group, inner));
    const shared = { workers: WORKERS, log, signal: s };
    await Promise.all([
      runReconciler({ name: `${NAME} deletion`, queue: toDelete, reconciler: new DeleteReconciler(parts), ...shared }),
      runReconciler({ name: `${NAME} orphaning`, queue: toOrphan, reconciler: new OrphanReconciler(parts), ...shared }),
    ]);
  });
  await group.wait();
}
