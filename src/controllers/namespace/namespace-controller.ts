// SPDX-License-Identifier: Apache-2.0

import type { Namespace } from "../../api/index.ts";
import { isNotFound } from "../../apimachinery/index.ts";
import {
  Discovery,
  DONE,
  NAMESPACES,
  requeueAfter,
  WorkQueue,
  type Client,
  type Outcome,
  type Reconciler,
  type ResourceClient,
  type Stored,
} from "../../client/index.ts";
import type { Clock } from "../../base/index.ts";
import { controllerOfParts, type Controller, type ControllerContext } from "../controller.ts";
import { nextConditions } from "./conditions.ts";
import { NamespaceContent } from "./delete-content.ts";

const NAME = "namespace-controller";
const WORKERS = 10;
const FINALIZER = "kubernetes";
/** Other API servers on the same store must have seen the deletion before the content goes. */
const GRACE_MS = 1_000;
const RETRY_MAX_MS = 60_000;

type Options = { readonly signal: AbortSignal };

class NamespaceReconciler implements Reconciler {
  readonly #namespaces: ResourceClient<Namespace>;
  readonly #content: NamespaceContent;
  readonly #clock: Clock;

  constructor(client: Client, clock: Clock) {
    this.#namespaces = client.resource(NAMESPACES);
    this.#content = new NamespaceContent(client, new Discovery(client), clock);
    this.#clock = clock;
  }

  async reconcile(name: string, options: Options): Promise<Outcome> {
    let namespace = await this.#read(name, options);
    const deletedAt = namespace?.metadata.deletionTimestamp;
    if (!namespace || deletedAt === undefined) return DONE;
    if (namespace.status.phase !== "Terminating") {
      const status = { ...namespace.status, phase: "Terminating" };
      namespace = await this.#namespaces.updateStatus({ ...namespace, status }, options);
    }
    if ((namespace.spec.finalizers ?? []).length === 0) return DONE;
    const result = await this.#content.delete(name, deletedAt, options);
    const conditions = nextConditions(namespace.status.conditions ?? [], result, this.#clock.nowMs());
    if (conditions) {
      const status = { ...namespace.status, conditions };
      namespace = await this.#namespaces.updateStatus({ ...namespace, status }, options);
    }
    const errors = [...result.discoveryErrors, ...result.deletionErrors];
    if (errors.length > 0) throw new Error(errors.join(", "));
    if (result.estimateSeconds > 0) return requeueAfter((Math.floor(result.estimateSeconds / 2) + 1) * 1_000);
    await this.#finalize(namespace, options);
    return DONE;
  }

  async #read(name: string, options: Options): Promise<Stored<Namespace> | undefined> {
    try {
      return await this.#namespaces.get(name, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** The content is gone: this controller holds the namespace no longer. */
  async #finalize(namespace: Stored<Namespace>, options: Options): Promise<void> {
    const finalizers = (namespace.spec.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    const body = { ...namespace, spec: { ...namespace.spec, finalizers } };
    try {
      await this.#namespaces.updateSubresource(namespace.metadata.name, "finalize", body, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/** Empties namespaces that were deleted, and lets them go. */
export function createNamespaceController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock, maxDelayMs: RETRY_MAX_MS });
  const namespaces = context.informers.informer(NAMESPACES);
  const wake = (namespace: { readonly metadata: { name: string; deletionTimestamp?: string } }): void => {
    if (namespace.metadata.deletionTimestamp !== undefined) queue.addAfter(namespace.metadata.name, GRACE_MS);
  };
  namespaces.addHandler({ added: wake, updated: wake });
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    reconciler: new NamespaceReconciler(context.clientFor(NAME), context.clock),
    caches: [namespaces],
    workers: WORKERS,
  });
}
