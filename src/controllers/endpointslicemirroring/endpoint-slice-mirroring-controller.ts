// SPDX-License-Identifier: Apache-2.0

import type { Endpoints, EndpointSlice, Service } from "../../api/index.ts";
import { isNotFound } from "../../apimachinery/index.ts";
import {
  DONE,
  ENDPOINT_SLICES,
  ENDPOINTS,
  keyOf,
  objectKey,
  requeueAfter,
  SERVICES,
  splitKey,
  WorkQueue,
  type Cached,
  type Client,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { controllerOfParts, type Controller, type ControllerContext } from "../controller.ts";
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from "../endpointslice/desired-endpoints.ts";
import { namespaceIsTerminating } from "../shared/status-cause.ts";
import { WrittenObjects } from "../shared/written-objects.ts";
import { decide, isMirrored, MANAGED_BY, type MirrorPlan } from "./decide.ts";

const NAME = "endpointslicemirroring-controller";
const WORKERS = 5;
const RETRIES_MAX = 15;
const CACHE_WAIT_MS = 1_000;
const ENDPOINTS_INDEX = "endpointslicemirroring-controller/endpoints";

interface Parts {
  readonly client: Client;
  readonly services: Informer<Service>;
  readonly endpoints: Informer<Endpoints>;
  readonly slices: Informer<EndpointSlice>;
  readonly written: WrittenObjects;
}

type Options = { readonly signal: AbortSignal };

const isManaged = (slice: Cached<EndpointSlice>): boolean => slice.metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY;

const endpointsKeyOf = (slice: Cached<EndpointSlice>): string =>
  objectKey(slice.metadata.namespace, slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? "");

class MirroringReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: Options): Promise<Outcome> {
    const { services, endpoints, slices, written } = this.#parts;
    if (written.cacheIsBehind(key, (name) => slices.lister.getByKey(name))) return requeueAfter(CACHE_WAIT_MS);
    const own = [...slices.lister.byIndex(ENDPOINTS_INDEX, key)];
    const source = endpoints.lister.getByKey(key);
    const mirrored = source !== undefined && isMirrored(source, services.lister.getByKey(key));
    const plan = mirrored ? decide(source, own) : { create: [], update: [], delete: own };
    await this.#apply(key, plan, options);
    return DONE;
  }

  async #apply(key: string, plan: MirrorPlan, options: Options): Promise<void> {
    const { written } = this.#parts;
    const client = this.#parts.client.resource(ENDPOINT_SLICES).namespace(splitKey(key).namespace);
    try {
      for (const slice of plan.create) written.wrote(key, await client.create(slice, options));
      for (const slice of plan.update) written.wrote(key, await client.update(slice, options));
    } catch (error) {
      if (!namespaceIsTerminating(error)) throw error;
    }
    for (const slice of plan.delete) {
      try {
        await client.delete(slice.metadata.name, options);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      written.deleted(key, slice);
    }
  }
}

/** Mirrors Endpoints that were written by hand into slices, for those who read slices alone. */
export function createEndpointSliceMirroringController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock, baseDelayMs: 1_000 });
  const services = context.informers.informer(SERVICES);
  const endpoints = context.informers.informer(ENDPOINTS);
  const slices = context.informers.informer(ENDPOINT_SLICES);
  const written = new WrittenObjects();
  const wake = (object: Cached<Service> | Cached<Endpoints>): void => queue.add(keyOf(object));
  services.addHandler({ added: wake, updated: wake, deleted: wake });
  endpoints.addHandler({ added: wake, updated: wake, deleted: wake });
  slices.addIndex(ENDPOINTS_INDEX, (slice) => (isManaged(slice) ? [endpointsKeyOf(slice)] : []));
  const wakeEndpoints = (slice: Cached<EndpointSlice>): void => {
    if (isManaged(slice)) queue.add(endpointsKeyOf(slice));
  };
  slices.addHandler({
    added: wakeEndpoints,
    updated: wakeEndpoints,
    deleted: (slice) => {
      written.gone(endpointsKeyOf(slice), slice);
      wakeEndpoints(slice);
    },
  });
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    reconciler: new MirroringReconciler({ client: context.clientFor(NAME), services, endpoints, slices, written }),
    caches: [services, endpoints, slices],
    workers: WORKERS,
    maxRetries: RETRIES_MAX,
  });
}
