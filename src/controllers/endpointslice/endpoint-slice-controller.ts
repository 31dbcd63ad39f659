// SPDX-License-Identifier: Apache-2.0

import type { EndpointSlice, Node, Pod, Service } from "../../api/index.ts";
import { isNotFound } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import {
  DONE,
  ENDPOINT_SLICES,
  NODES,
  objectKey,
  objectReferenceTo,
  PODS,
  requeueAfter,
  SERVICES,
  WorkQueue,
  type Cached,
  type Client,
  type EventRecorder,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { controllerOfParts, recorderFor, type Controller, type ControllerContext } from "../controller.ts";
import { hasEndpoints, podsOf, watchServicePods } from "../shared/service-pods.ts";
import { messageOf, namespaceIsTerminating } from "../shared/status-cause.ts";
import { Pace } from "../shared/pace.ts";
import { TRIGGER_TIME, TriggerTimes } from "../shared/trigger-times.ts";
import { WrittenObjects } from "../shared/written-objects.ts";
import { decide, MANAGED_BY, type SlicePlan } from "./decide.ts";
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from "./desired-endpoints.ts";

const NAME = "endpointslice-controller";
const WORKERS = 5;
const RETRIES_MAX = 15;
/** The cache's own event wakes the key sooner; this is the net. */
const CACHE_WAIT_MS = 1_000;
const SERVICE_INDEX = "endpointslice-controller/service";

interface Parts {
  readonly clock: Clock;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly services: Informer<Service>;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly slices: Informer<EndpointSlice>;
  readonly written: WrittenObjects;
  readonly triggers: TriggerTimes;
  readonly pace: Pace;
}

type Options = { readonly signal: AbortSignal };

const isManaged = (slice: Cached<EndpointSlice>): boolean => slice.metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY;

const serviceKeyOf = (slice: Cached<EndpointSlice>): string =>
  objectKey(slice.metadata.namespace, slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? "");

class EndpointSliceReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: Options): Promise<Outcome> {
    const { services, slices, written, triggers, pods, nodes } = this.#parts;
    const service = services.lister.getByKey(key);
    if (!service) {
      written.forget(key);
      triggers.forget(key);
      this.#parts.pace.forget(key);
      return DONE;
    }
    if (!hasEndpoints(service)) return DONE;
    if (written.cacheIsBehind(key, (name) => slices.lister.getByKey(name))) return requeueAfter(CACHE_WAIT_MS);
    const waitMs = this.#parts.pace.leftMs(key, this.#parts.clock.monotonicMs());
    if (waitMs > 0) return requeueAfter(waitMs);
    const selected = podsOf(service, pods.lister);
    this.#parts.pace.works(key, selected.length, this.#parts.clock.monotonicMs());
    const plan = decide({
      service,
      pods: selected,
      slices: [...slices.lister.byIndex(SERVICE_INDEX, key)].filter((s) => s.metadata.deletionTimestamp === undefined),
      nodeOf: (name) => nodes.lister.get("", name),
    });
    const triggered = triggers.next(service, selected);
    await this.#act(key, service, plan, { ...options, triggered });
    if (plan.withoutNode.length > 0) throw new Error(`Pods without a known node: ${plan.withoutNode.join(", ")}`);
    return DONE;
  }

  async #act(
    key: string,
    service: Cached<Service>,
    plan: SlicePlan,
    options: Options & { readonly triggered: string | undefined },
  ): Promise<void> {
    const { signal, triggered } = options;
    try {
      await this.#apply(key, service, plan, { signal, triggered });
    } catch (error) {
      if (namespaceIsTerminating(error)) return;
      const message = `Error updating Endpoint Slices for Service ${key}: ${messageOf(error)}`;
      const about = objectReferenceTo(SERVICES, service);
      this.#parts.recorder.event(about, { type: "Warning", reason: "FailedToUpdateEndpointSlices", message });
      throw error;
    }
  }

  async #apply(
    key: string,
    service: Cached<Service>,
    plan: SlicePlan,
    { signal, triggered }: Options & { readonly triggered: string | undefined },
  ): Promise<void> {
    const { written } = this.#parts;
    const client = this.#parts.client.resource(ENDPOINT_SLICES).namespace(service.metadata.namespace ?? "");
    if (service.metadata.deletionTimestamp === undefined) {
      for (const slice of plan.create) {
        written.wrote(key, await client.create(withTrigger(slice, triggered), { signal }));
      }
    }
    for (const slice of plan.update) {
      written.wrote(key, await client.update(withTrigger(slice, triggered), { signal }));
    }
    for (const slice of plan.delete) {
      try {
        await client.delete(slice.metadata.name, { signal });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      written.deleted(key, slice);
    }
  }
}

function withTrigger(slice: EndpointSlice, triggered: string | undefined): EndpointSlice {
  const { [TRIGGER_TIME]: _before, ...others } = slice.metadata.annotations ?? {};
  const annotations = triggered === undefined ? others : { ...others, [TRIGGER_TIME]: triggered };
  return { ...slice, metadata: { ...slice.metadata, annotations } };
}

function watchSlices(slices: Informer<EndpointSlice>, queue: WorkQueue, written: WrittenObjects): void {
  slices.addIndex(SERVICE_INDEX, (slice) => (isManaged(slice) ? [serviceKeyOf(slice)] : []));
  const wake = (slice: Cached<EndpointSlice>): void => {
    if (isManaged(slice)) queue.add(serviceKeyOf(slice));
  };
  slices.addHandler({
    added: wake,
    updated: (slice, old) => {
      wake(slice);
      if (serviceKeyOf(slice) !== serviceKeyOf(old)) wake(old);
    },
    deleted: (slice) => {
      written.gone(serviceKeyOf(slice), slice);
      wake(slice);
    },
  });
}

/** Keeps the EndpointSlices of each Service with a selector equal to its pods. */
export function createEndpointSliceController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock, baseDelayMs: 1_000 });
  const services = context.informers.informer(SERVICES);
  const pods = context.informers.informer(PODS);
  const nodes = context.informers.informer(NODES);
  const slices = context.informers.informer(ENDPOINT_SLICES);
  const written = new WrittenObjects();
  watchServicePods({ services, pods, queue });
  watchSlices(slices, queue, written);
  const recorder = recorderFor(context, "endpoint-slice-controller", NAME);
  const client = context.clientFor(NAME);
  const triggers = new TriggerTimes();
  const pace = new Pace({ msPerItem: 0.1 });
  const { clock } = context;
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    recorder,
    reconciler: new EndpointSliceReconciler({
      clock,
      pace,
      client,
      recorder,
      services,
      pods,
      nodes,
      slices,
      written,
      triggers,
    }),
    caches: [services, pods, nodes, slices],
    workers: WORKERS,
    maxRetries: RETRIES_MAX,
  });
}
