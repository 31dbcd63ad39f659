// SPDX-License-Identifier: Apache-2.0

import { type DeepReadonly, type ObjectMeta, type OwnerReference, semanticEqual } from "../../apimachinery/index.ts";

export const ORPHAN_FINALIZER = "orphan";
export const FOREGROUND_FINALIZER = "foregroundDeletion";

type Reference = DeepReadonly<OwnerReference>;

/** What names an object for the collector. */
export interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

const NO_OWNERS: readonly Reference[] = [];

/** One object, as far as ownership goes. */
export class GraphNode {
  identity: Identity;
  owners: readonly Reference[] = NO_OWNERS;
  /** Those that name this one as an owner. Left out while there are none: most objects own nothing. */
  #dependents: Set<GraphNode> | undefined;
  beingDeleted = false;
  /** Deleted in the foreground: goes when its blocking dependents are gone. */
  deletingDependents = false;
  /** Known from a reference alone, never seen: may not exist. */
  virtual: boolean;

  constructor(identity: Identity, virtual: boolean) {
    this.identity = identity;
    this.virtual = virtual;
  }

  get dependents(): ReadonlySet<GraphNode> {
    return this.#dependents ?? NO_NODES;
  }

  addDependent(node: GraphNode): void {
    (this.#dependents ??= new Set()).add(node);
  }

  removeDependent(node: GraphNode): void {
    this.#dependents?.delete(node);
    if (this.#dependents?.size === 0) this.#dependents = undefined;
  }

  /** The dependents without which this one may not go. */
  get blockingDependents(): GraphNode[] {
    return [...this.dependents].filter((dependent) =>
      dependent.owners.some((owner) => owner.uid === this.identity.uid && owner.blockOwnerDeletion === true),
    );
  }
}

const NO_NODES: ReadonlySet<GraphNode> = new Set();

/** What a change of the graph gives the collector to do. */
export interface GraphQueue {
  /** The object may have to be deleted, or may have become free to go. */
  attemptToDelete(node: GraphNode): void;
  /** The object is deleted and leaves its dependents behind. */
  attemptToOrphan(node: GraphNode): void;
  /** An object that others name as owner is known not to exist. */
  ownerIsAbsent(identity: Identity): void;
}

const has = (metadata: DeepReadonly<ObjectMeta>, finalizer: string): boolean =>
  metadata.finalizers?.includes(finalizer) ?? false;

/** Who owns whom, of all objects that the server holds. */
export class OwnerGraph {
  readonly #byUid = new Map<string, GraphNode>();
  readonly #queue: GraphQueue;

  constructor(queue: GraphQueue) {
    this.#queue = queue;
  }

  get size(): number {
    return this.#byUid.size;
  }

  get(uid: string): GraphNode | undefined {
    return this.#byUid.get(uid);
  }

  /** An object was seen, new or changed. */
  observe(kind: { readonly apiVersion: string; readonly kind: string }, metadata: DeepReadonly<ObjectMeta>): void {
    const { uid = "", name = "", namespace = "" } = metadata;
    const node = this.#byUid.get(uid);
    if (node && !node.virtual) {
      this.#change(node, metadata);
      return;
    }
    const identity = { apiVersion: kind.apiVersion, kind: kind.kind, namespace, name, uid };
    if (node) this.#materialize(node, identity);
    this.#insert(node ?? new GraphNode(identity, false), metadata);
  }

  /** An object is gone. */
  remove(uid: string): void {
    const node = this.#byUid.get(uid);
    if (!node) return;
    this.#byUid.delete(uid);
    for (const owner of node.owners) this.#byUid.get(owner.uid)?.removeDependent(node);
    if (node.dependents.size > 0) this.#queue.ownerIsAbsent(node.identity);
    for (const dependent of node.dependents) this.#queue.attemptToDelete(dependent);
    for (const owner of node.owners) {
      const ownerNode = this.#byUid.get(owner.uid);
      if (ownerNode?.deletingDependents) this.#queue.attemptToDelete(ownerNode);
    }
  }

  /** A virtual object turned out not to exist under the name that references give it. */
  removeVirtual(node: GraphNode): void {
    if (node.virtual && this.#byUid.get(node.identity.uid) === node) this.remove(node.identity.uid);
  }

  /** A reference may have named it wrongly: those that did have to be looked at again. */
  #materialize(node: GraphNode, identity: Identity): void {
    const before = node.identity;
    node.virtual = false;
    node.identity = identity;
    if (semanticEqual(before, identity)) return;
    for (const dependent of node.dependents) this.#queue.attemptToDelete(dependent);
  }

  #insert(node: GraphNode, metadata: DeepReadonly<ObjectMeta>): void {
    this.#byUid.set(node.identity.uid, node);
    node.owners = metadata.ownerReferences?.length ? metadata.ownerReferences : NO_OWNERS;
    node.beingDeleted = metadata.deletionTimestamp !== undefined;
    this.#link(node, node.owners);
    if (node.beingDeleted) this.#deletionSeen(node, metadata);
  }

  #change(node: GraphNode, metadata: DeepReadonly<ObjectMeta>): void {
    const owners = metadata.ownerReferences?.length ? metadata.ownerReferences : NO_OWNERS;
    if (owners !== node.owners && !semanticEqual(owners, node.owners)) this.#reown(node, owners);
    if (metadata.deletionTimestamp === undefined) return;
    const first = !node.beingDeleted;
    node.beingDeleted = true;
    // A finalizer that is added after the deletion began has no say; one that was there is seen with the deletion.
    if (first) this.#deletionSeen(node, metadata);
  }

  #deletionSeen(node: GraphNode, metadata: DeepReadonly<ObjectMeta>): void {
    if (has(metadata, ORPHAN_FINALIZER)) {
      this.#queue.attemptToOrphan(node);
    } else if (has(metadata, FOREGROUND_FINALIZER)) {
      node.deletingDependents = true;
      for (const dependent of node.dependents) this.#queue.attemptToDelete(dependent);
      this.#queue.attemptToDelete(node);
    }
  }

  #reown(node: GraphNode, owners: readonly Reference[]): void {
    const before = node.owners;
    const removed = before.filter((old) => !owners.some((owner) => owner.uid === old.uid));
    const added = owners.filter((owner) => !before.some((old) => old.uid === owner.uid));
    const unblocked = before.filter(
      (old) => old.blockOwnerDeletion && owners.find((owner) => owner.uid === old.uid)?.blockOwnerDeletion !== true,
    );
    node.owners = owners;
    this.#link(node, added);
    for (const owner of removed) this.#byUid.get(owner.uid)?.removeDependent(node);
    for (const owner of unblocked) {
      const ownerNode = this.#byUid.get(owner.uid);
      if (ownerNode?.deletingDependents) this.#queue.attemptToDelete(ownerNode);
    }
  }

  #link(node: GraphNode, owners: readonly Reference[]): void {
    for (const owner of owners) {
      let ownerNode = this.#byUid.get(owner.uid);
      if (!ownerNode) {
        ownerNode = new GraphNode(virtualIdentity(owner, node.identity.namespace), true);
        this.#byUid.set(owner.uid, ownerNode);
        // It may never be seen: somebody has to find out whether it exists.
        this.#queue.attemptToDelete(ownerNode);
      } else if (isMisnamed(ownerNode, owner, node)) {
        this.#queue.attemptToDelete(node);
      }
      ownerNode.addDependent(node);
    }
  }
}

const virtualIdentity = (owner: Reference, namespace: string): Identity => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  namespace,
  name: owner.name,
  uid: owner.uid,
});

/** The uid is known, but of an object of another name, kind or namespace. */
function isMisnamed(ownerNode: GraphNode, owner: Reference, node: GraphNode): boolean {
  const { identity, virtual } = ownerNode;
  if (virtual) return false;
  const elsewhere = identity.namespace !== "" && identity.namespace !== node.identity.namespace;
  return elsewhere || identity.name !== owner.name || identity.kind !== owner.kind;
}
