// SPDX-License-Identifier: Apache-2.0

import type { OwnerReference, Pod } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import {
  DEPLOYMENTS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
  type ApiObject,
  type Cached,
  type Client,
  type Discovery,
  type InformerFactory,
  type ResourceReference,
  type Scale,
} from "../../client/index.ts";
import { controllerOf } from "../../rules/index.ts";
import { orUndefined } from "../shared/or-undefined.ts";

type Options = { readonly signal: AbortSignal };
type Reference = DeepReadonly<OwnerReference>;

/** Kinds whose size the caches know; others are asked for their scale. */
const CACHED: readonly ResourceReference[] = [
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
  DEPLOYMENTS,
] as unknown as readonly ResourceReference[];

interface Found {
  readonly uid: string;
  readonly replicas: number;
}

/** Finds out how many pods the controllers of some pods want. */
export class ExpectedScale {
  readonly #informers: InformerFactory;
  readonly #client: Client;
  readonly #discovery: Discovery;

  constructor(informers: InformerFactory, client: Client, discovery: Discovery) {
    this.#informers = informers;
    this.#client = client;
    this.#discovery = discovery;
  }

  /** The caches that must be whole. */
  get caches() {
    return CACHED.map((reference) => this.#informers.informer(reference));
  }

  /** The sum over all controllers, each counted once; throws when a controller has no scale. */
  async of(pods: readonly Cached<Pod>[], options: Options): Promise<number> {
    const sizes = new Map<string, number>();
    const seen = new Set<string>();
    for (const pod of pods) {
      const reference = controllerOf(pod);
      if (!reference || seen.has(reference.uid)) continue;
      seen.add(reference.uid);
      const found = await this.#find(pod.metadata.namespace ?? "", reference, options);
      if (!found) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
      sizes.set(found.uid, found.replicas);
    }
    return [...sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  async #find(namespace: string, reference: Reference, options: Options): Promise<Found | undefined> {
    const cached = CACHED.find((known) => known.kind === reference.kind && isOfGroup(known, reference));
    if (!cached) return this.#scaleOf(namespace, reference, options);
    const owner = this.#informers.informer(cached).lister.get(namespace, reference.name);
    if (owner?.metadata.uid !== reference.uid) return undefined;
    // The pods of a deployment's replica sets are its pods.
    const above = controllerOf(owner);
    if (above?.kind === DEPLOYMENTS.kind) return this.#find(namespace, above, options);
    return { uid: owner.metadata.uid, replicas: replicasOf(owner) };
  }

  async #scaleOf(namespace: string, reference: Reference, options: Options): Promise<Found | undefined> {
    const served = await this.#discovery.resources(options);
    const match = served.find((r) => r.reference.kind === reference.kind && isOfGroup(r.reference, reference));
    if (!match) return undefined;
    const resource = this.#client.resource(match.reference).namespace(namespace);
    const scale = await orUndefined<Scale>(resource.getScale(reference.name, options));
    return scale?.metadata.uid === reference.uid
      ? { uid: reference.uid, replicas: scale.spec?.replicas ?? 0 }
      : undefined;
  }
}

const replicasOf = (owner: Cached<ApiObject>): number =>
  (owner as { readonly spec?: { readonly replicas?: number } }).spec?.replicas ?? 1;

const isOfGroup = (known: ResourceReference, { apiVersion }: Reference): boolean =>
  known.group === (apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "");
