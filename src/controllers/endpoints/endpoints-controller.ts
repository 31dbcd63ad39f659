// SPDX-License-Identifier: Apache-2.0

import type { Endpoints, Pod, Service } from "../../api/index.ts";
import { hasReason, isNotFound } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import {
  DONE,
  ENDPOINTS,
  keyOf,
  objectReferenceTo,
  PODS,
  requeueAfter,
  SERVICES,
  splitKey,
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
import { TriggerTimes } from "../shared/trigger-times.ts";
import { WrittenObjects } from "../shared/written-objects.ts";
import { decide, type EndpointsDecision } from "./decide.ts";

const NAME = "endpoint-controller";
const WORKERS = 5;
const RETRIES_MAX = 15;
const CACHE_WAIT_MS = 1_000;

interface Parts {
  readonly clock: Clock;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly services: Informer<Service>;
  readonly pods: Informer<Pod>;
  readonly endpoints: Informer<Endpoints>;
  readonly written: WrittenObjects;
  readonly triggers: TriggerTimes;
  readonly pace: Pace;
}

type Options = { readonly signal: AbortSignal };

class EndpointsReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: Options): Promise<Outcome> {
    const { services, endpoints, pods, triggers, written } = this.#parts;
    const service = services.lister.getByKey(key);
    if (!service) {
      triggers.forget(key);
      this.#parts.pace.forget(key);
      written.forget(key);
      await this.#remove(key, options);
      return DONE;
    }
    if (!hasEndpoints(service)) return DONE;
    if (written.cacheIsBehind(key, (name) => endpoints.lister.getByKey(name))) return requeueAfter(CACHE_WAIT_MS);
    const waitMs = this.#parts.pace.leftMs(key, this.#parts.clock.monotonicMs());
    if (waitMs > 0) return requeueAfter(waitMs);
    const selected = podsOf(service, pods.lister);
    this.#parts.pace.works(key, selected.length, this.#parts.clock.monotonicMs());
    const triggered = triggers.next(service, selected);
    const decision = decide(service, selected, { endpoints: endpoints.lister.getByKey(key), triggered });
    await this.#act(key, service, decision, options);
    return DONE;
  }

  /** A Service that is gone takes the Endpoints of its name along, whoever made them. */
  async #remove(key: string, options: Options): Promise<void> {
    const { namespace, name } = splitKey(key);
    if (!this.#parts.endpoints.lister.getByKey(key)) return;
    try {
      await this.#parts.client.resource(ENDPOINTS).namespace(namespace).delete(name, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #act(key: string, service: Cached<Service>, decision: EndpointsDecision, options: Options): Promise<void> {
    if (decision.type === "keep") return;
    const client = this.#parts.client.resource(ENDPOINTS).namespace(service.metadata.namespace ?? "");
    const creates = decision.type === "create";
    try {
      const stored = await (creates
        ? client.create(decision.endpoints, options)
        : client.update(decision.endpoints, options));
      this.#parts.written.wrote(key, stored);
    } catch (error) {
      if (namespaceIsTerminating(error)) return;
      this.#recordFailure(key, service, { creates, error });
      throw error;
    }
  }

  #recordFailure(
    key: string,
    service: Cached<Service>,
    failure: { readonly creates: boolean; readonly error: unknown },
  ): void {
    // Forbidden means a policy that is not ours to talk about.
    if (failure.creates && hasReason(failure.error, "Forbidden")) return;
    const reason = failure.creates ? "FailedToCreateEndpoint" : "FailedToUpdateEndpoint";
    const verb = failure.creates ? "create" : "update";
    const message = `Failed to ${verb} endpoint for service ${key}: ${messageOf(failure.error)}`;
    this.#parts.recorder.event(objectReferenceTo(SERVICES, service), { type: "Warning", reason, message });
  }
}

/** Keeps the Endpoints of each Service with a selector equal to its pods: for those who do not read slices yet. */
export function createEndpointsController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock, baseDelayMs: 1_000 });
  const services = context.informers.informer(SERVICES);
  const pods = context.informers.informer(PODS);
  const endpoints = context.informers.informer(ENDPOINTS);
  const written = new WrittenObjects();
  watchServicePods({ services, pods, queue });
  endpoints.addHandler({
    added: (object) => queue.add(keyOf(object)),
    updated: (object) => queue.add(keyOf(object)),
    deleted: (object) => {
      written.gone(keyOf(object), object);
      queue.add(keyOf(object));
    },
  });
  const client = context.clientFor(NAME);
  const recorder = recorderFor(context, NAME);
  const triggers = new TriggerTimes();
  const pace = new Pace({ msPerItem: 0.5 });
  const { clock } = context;
  return controllerOfParts({
    name: "endpoints-controller",
    context,
    queue,
    recorder,
    reconciler: new EndpointsReconciler({
      clock,
      pace,
      client,
      recorder,
      services,
      pods,
      endpoints,
      written,
      triggers,
    }),
    caches: [services, pods, endpoints],
    workers: WORKERS,
    maxRetries: RETRIES_MAX,
  });
}
