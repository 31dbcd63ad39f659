// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, ObjectMeta } from "../../apimachinery/index.ts";
import { TaskGroup, type Clock, type Logger, type Random } from "../../base/index.ts";
import {
  apiVersionOf,
  Reflector,
  type ApiObject,
  type Cached,
  type Client,
  type Discovery,
  type InformerFactory,
  type ReflectorTarget,
  type ResourceReference,
} from "../../client/index.ts";
import { messageOf } from "../shared/status-cause.ts";

/** Kinds may come and go; an unchanged answer to the question costs next to nothing. */
const DISCOVERY_PERIOD_MS = 30_000;
/** Events own nothing, are owned by nothing, and expire by themselves. */
const IGNORED: ReadonlySet<string> = new Set(["/events", "events.k8s.io/events"]);

type Kind = { readonly apiVersion: string; readonly kind: string };

/** Told of every object of every kind. */
export interface MetadataObserver {
  observe(kind: Kind, metadata: DeepReadonly<ObjectMeta>): void;
  remove(uid: string): void;
}

export interface MonitorsOptions {
  readonly client: Client;
  readonly discovery: Discovery;
  readonly informers: InformerFactory;
  readonly observer: MetadataObserver;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const resourceKey = (r: ResourceReference): string => `${r.group}/${r.resource}`;
const kindKey = (apiVersion: string, kind: string): string => `${apiVersion}|${kind}`;

/** Mirrors the metadata of one kind into the graph, and keeps nothing but the uids. */
class MetadataTarget implements ReflectorTarget<ApiObject> {
  readonly #kind: Kind;
  readonly #observer: MetadataObserver;
  readonly #synced: () => void;
  #uids = new Set<string>();

  constructor(kind: Kind, observer: MetadataObserver, synced: () => void) {
    this.#kind = kind;
    this.#observer = observer;
    this.#synced = synced;
  }

  replace(objects: readonly Cached<ApiObject>[]): void {
    const gone = this.#uids;
    this.#uids = new Set();
    for (const object of objects) {
      gone.delete(object.metadata.uid);
      this.apply(object);
    }
    for (const uid of gone) this.#observer.remove(uid);
    this.#synced();
  }

  apply(object: Cached<ApiObject>): void {
    this.#uids.add(object.metadata.uid);
    this.#observer.observe(this.#kind, object.metadata);
  }

  remove(object: Cached<ApiObject>): void {
    this.#uids.delete(object.metadata.uid);
    this.#observer.remove(object.metadata.uid);
  }

  clear(): void {
    for (const uid of this.#uids) this.#observer.remove(uid);
  }
}

interface Monitor {
  readonly reference: ResourceReference;
  readonly synced: Promise<void>;
  stop(): void;
}

/** Follows all objects of all kinds that can be deleted; kinds that appear are followed, too. */
export class Monitors {
  readonly #options: MonitorsOptions;
  readonly #monitors = new Map<string, Monitor>();
  #references = new Map<string, ResourceReference>();

  constructor(options: MonitorsOptions) {
    this.#options = options;
  }

  /** The resource that serves a kind; any served version of its group will do. */
  referenceOf(apiVersion: string, kind: string): ResourceReference | undefined {
    const exact = this.#references.get(kindKey(apiVersion, kind));
    if (exact) return exact;
    const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
    return this.#references.get(kindKey(group, kind));
  }

  /** Follows what is served now; resolves when the graph has seen it all. */
  async sync(group: TaskGroup, options: { readonly signal: AbortSignal }): Promise<void> {
    await this.#update(group, options);
    await Promise.all([...this.#monitors.values()].map(({ synced }) => untilAborted(synced, options.signal)));
  }

  /** Looks from time to time whether other kinds are served. */
  async run(group: TaskGroup, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (;;) {
      await clock.sleep(DISCOVERY_PERIOD_MS, { signal });
      try {
        await this.#update(group, { signal });
      } catch (error) {
        signal.throwIfAborted();
        log.warn("Discovery failed; the kinds known so far are followed", { error: messageOf(error) });
      }
    }
  }

  async #update(group: TaskGroup, options: { readonly signal: AbortSignal }): Promise<void> {
    const served = await this.#options.discovery.resources(options);
    const references = new Map<string, ResourceReference>();
    const wanted = new Set<string>();
    for (const { reference, verbs } of served) {
      references.set(kindKey(apiVersionOf(reference), reference.kind), reference);
      references.set(kindKey(reference.group, reference.kind), reference);
      const key = resourceKey(reference);
      if (IGNORED.has(key) || !["delete", "list", "watch"].every((verb) => verbs.includes(verb))) continue;
      wanted.add(key);
      if (!this.#monitors.has(key)) this.#monitors.set(key, this.#start(reference, group));
    }
    this.#references = references;
    for (const [key, monitor] of this.#monitors) {
      if (wanted.has(key)) continue;
      monitor.stop();
      this.#monitors.delete(key);
    }
  }

  #start(reference: ResourceReference, group: TaskGroup): Monitor {
    return this.#share(reference) ?? this.#reflect(reference, group);
  }

  /** A cache that somebody keeps anyway tells us as well. */
  #share(reference: ResourceReference): Monitor | undefined {
    const { informers, observer } = this.#options;
    const informer = informers.find(reference);
    if (!informer) return undefined;
    const kind = { apiVersion: apiVersionOf(reference), kind: reference.kind };
    const observe = (object: Cached<ApiObject>): void => observer.observe(kind, object.metadata);
    const stop = informer.addHandler({
      added: observe,
      updated: observe,
      deleted: (object) => observer.remove(object.metadata.uid),
    });
    return { reference, synced: informer.waitForSync({ signal: NEVER }), stop };
  }

  #reflect(reference: ResourceReference, group: TaskGroup): Monitor {
    const { client, observer, clock, random, log } = this.#options;
    const synced = Promise.withResolvers<void>();
    const kind = { apiVersion: apiVersionOf(reference), kind: reference.kind };
    const target = new MetadataTarget(kind, observer, synced.resolve);
    const reflector = new Reflector<ApiObject>({
      client: client.resource(reference),
      selection: { form: "metadata" },
      target,
      clock,
      random,
      log,
    });
    const stopped = new AbortController();
    group.run(`metadata of ${resourceKey(reference)}`, async (signal) => {
      await reflector.run(AbortSignal.any([signal, stopped.signal]));
      if (!signal.aborted) target.clear();
    });
    const stop = (): void => {
      synced.resolve();
      stopped.abort(new Error("The kind is served no longer"));
    };
    return { reference, synced: synced.promise, stop };
  }
}

const NEVER = new AbortController().signal;

async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
