// SPDX-License-Identifier: Apache-2.0

import type { Pod } from "../../api/index.ts";
import { hasReason, isNotFound, parseTime } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import { PODS, type Client, type Discovery, type ResourceReference, type ServedResource } from "../../client/index.ts";
import { isPodTerminal } from "../../rules/index.ts";
import { messageOf } from "../shared/status-cause.ts";
import type { ContentReport } from "./conditions.ts";

/** How long finalizers usually take; then the namespace is looked at again. */
const FINALIZER_SECONDS = 15;
const PAGE_OBJECTS = 500;

/** What is left after a pass, and in how many seconds it may be gone. */
export interface ContentResult extends ContentReport {
  readonly estimateSeconds: number;
}

interface Tally {
  readonly discoveryErrors: string[];
  readonly deletionErrors: string[];
  readonly remaining: Map<string, number>;
  readonly finalizers: Map<string, number>;
  estimateSeconds: number;
}

type Options = { readonly signal: AbortSignal };

const nameOf = (reference: ResourceReference): string => `${reference.resource}.${reference.group}`;

const isPods = (served: ServedResource): boolean =>
  served.reference.resource === PODS.resource && served.reference.group === PODS.group;

/** Deletes everything in a namespace, pods first, and counts what is left. */
export class NamespaceContent {
  readonly #client: Client;
  readonly #discovery: Discovery;
  readonly #clock: Clock;

  constructor(client: Client, discovery: Discovery, clock: Clock) {
    this.#client = client;
    this.#discovery = discovery;
    this.#clock = clock;
  }

  /** One pass; `deletedAt` is when the namespace was deleted. */
  async delete(namespace: string, deletedAt: string, options: Options): Promise<ContentResult> {
    const tally: Tally = {
      discoveryErrors: [],
      deletionErrors: [],
      remaining: new Map(),
      finalizers: new Map(),
      estimateSeconds: 0,
    };
    const resources = await this.#deletable(tally, options);
    const pods = resources.filter(isPods);
    for (const served of pods) await this.#deleteResource(tally, served, { namespace, deletedAt, ...options });
    // What pods use (secrets, claims, policies) must outlive them.
    if (tally.remaining.size > 0 || tally.deletionErrors.length > 0) return tally;
    for (const served of resources) {
      if (!isPods(served)) await this.#deleteResource(tally, served, { namespace, deletedAt, ...options });
    }
    return tally;
  }

  async #deletable(tally: Tally, options: Options): Promise<ServedResource[]> {
    try {
      const resources = await this.#discovery.resources(options);
      return resources.filter(({ reference, verbs }) => reference.namespaced && verbs.includes("delete"));
    } catch (error) {
      options.signal.throwIfAborted();
      tally.discoveryErrors.push(messageOf(error));
      return [];
    }
  }

  async #deleteResource(
    tally: Tally,
    served: ServedResource,
    where: Options & { readonly namespace: string; readonly deletedAt: string },
  ): Promise<void> {
    try {
      await this.#tryDeleteResource(tally, served, where);
    } catch (error) {
      where.signal.throwIfAborted();
      tally.deletionErrors.push(messageOf(error));
    }
  }

  async #tryDeleteResource(
    tally: Tally,
    served: ServedResource,
    where: Options & { readonly namespace: string; readonly deletedAt: string },
  ): Promise<void> {
    const { reference, verbs } = served;
    const { namespace, signal } = where;
    const graceSeconds = isPods(served) ? await this.#podGraceSeconds(where) : 0;
    const client = this.#client.resource(reference).namespace(namespace);
    if (verbs.includes("deletecollection"))
      await ignoringAbsence(client.deleteCollection({ signal, propagationPolicy: "Background" }));
    else for (const name of await this.#names(served, where)) await ignoringAbsence(client.delete(name, { signal }));
    if (!verbs.includes("list")) return;
    const left = await this.#count(tally, served, where);
    if (left.count === 0) return;
    tally.remaining.set(nameOf(reference), left.count);
    const seconds = graceSeconds > 0 ? graceSeconds : left.held ? FINALIZER_SECONDS : 0;
    tally.estimateSeconds = Math.max(tally.estimateSeconds, seconds);
    if (seconds === 0) {
      throw new Error(`unexpected items still remain in namespace: ${namespace} for gvr: ${nameOf(reference)}`);
    }
  }

  async #count(
    tally: Tally,
    served: ServedResource,
    where: Options & { readonly namespace: string },
  ): Promise<{ readonly count: number; readonly held: boolean }> {
    let count = 0;
    let held = false;
    for await (const { metadata } of this.#pages(served, where)) {
      count += 1;
      for (const finalizer of metadata?.finalizers ?? []) {
        held = true;
        tally.finalizers.set(finalizer, (tally.finalizers.get(finalizer) ?? 0) + 1);
      }
    }
    return { count, held };
  }

  async #names(served: ServedResource, where: Options & { readonly namespace: string }): Promise<string[]> {
    const names: string[] = [];
    for await (const { metadata } of this.#pages(served, where)) if (metadata?.name) names.push(metadata.name);
    return names;
  }

  async *#pages(served: ServedResource, where: Options & { readonly namespace: string }) {
    const client = this.#client.resource(served.reference).namespace(where.namespace);
    let next: string | undefined;
    do {
      const page = await client.list({ signal: where.signal, form: "metadata", limit: PAGE_OBJECTS, continue: next });
      yield* page.items;
      next = page.metadata.continue;
    } while (next);
  }

  /** The longest grace period of the pods that run, less what has passed of it. */
  async #podGraceSeconds(where: Options & { readonly namespace: string; readonly deletedAt: string }): Promise<number> {
    const { items } = await this.#client.resource(PODS).namespace(where.namespace).list({ signal: where.signal });
    const graceSeconds = items.filter(runs).reduce((most, pod) => Math.max(most, graceOf(pod)), 0);
    const passedSeconds = (this.#clock.nowMs() - (parseTime(where.deletedAt) ?? 0)) / 1_000;
    return Math.max(0, Math.ceil(graceSeconds - passedSeconds));
  }
}

const runs = (pod: Pod): boolean => !isPodTerminal(pod);
const graceOf = (pod: Pod): number => pod.spec.terminationGracePeriodSeconds ?? 0;

async function ignoringAbsence(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isNotFound(error) && !hasReason(error, "MethodNotAllowed")) throw error;
  }
}
