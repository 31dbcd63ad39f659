// SPDX-License-Identifier: Apache-2.0

import type { ResourceQuota } from "../../api/index.ts";
import { type DeepReadonly, type KubeObject, semanticEqual } from "../../apimachinery/index.ts";
import {
  Discovery,
  DONE,
  keyOf,
  requeueAfter,
  RESOURCE_QUOTAS,
  splitKey,
  WorkQueue,
  type ApiObject,
  type Cached,
  type Client,
  type Informer,
  type Outcome,
  type Reconciler,
  type ResourceReference,
} from "../../client/index.ts";
import { addUsage, countsTowards, isInScopes, onlyNamed, quotaUsage } from "../../rules/quota/index.ts";
import type { ResourceList } from "../../rules/index.ts";
import { controllerOfParts, type Controller, type ControllerContext } from "../controller.ts";

const NAME = "resourcequota-controller";
const WORKERS = 5;
/** Usage is counted afresh this often whatever happens. */
const RESYNC_MS = 5 * 60_000;

type Options = { readonly signal: AbortSignal };

interface Followed {
  readonly reference: ResourceReference;
  readonly informer: Informer<ApiObject>;
}

/** Follows objects of the kinds that quotas name; the first quota that names a kind begins it. */
class QuotaSources {
  readonly #context: ControllerContext;
  readonly #discovery: Discovery;
  readonly #followed = new Map<string, Followed>();
  readonly #wake: (namespace: string) => void;

  constructor(context: ControllerContext, client: Client, wake: (namespace: string) => void) {
    this.#context = context;
    this.#discovery = new Discovery(client);
    this.#wake = wake;
  }

  /** The kinds that count towards any of the names, with caches that are whole. */
  async of(names: readonly string[], options: Options): Promise<readonly Followed[]> {
    const served = await this.#discovery.resources(options);
    const found: Followed[] = [];
    for (const { reference, verbs } of served) {
      const counted = names.some((name) => countsTowards(reference, name));
      if (!counted || !reference.namespaced || !verbs.includes("watch")) continue;
      found.push(this.#follow(reference));
    }
    await Promise.all(found.map(({ informer }) => informer.waitForSync(options)));
    return found;
  }

  #follow(reference: ResourceReference): Followed {
    const key = `${reference.group}/${reference.resource}`;
    const known = this.#followed.get(key);
    if (known) return known;
    const informer = this.#context.informers.informer(reference);
    const wake = ({ metadata }: Cached<ApiObject>): void => this.#wake(metadata.namespace ?? "");
    const updated = (object: Cached<ApiObject>, old: Cached<ApiObject>): void => {
      const usage = (o: Cached<ApiObject>) => quotaUsage(reference, plain(o), this.#context.clock.nowMs());
      if (!semanticEqual(usage(object), usage(old))) wake(object);
    };
    informer.addHandler({ added: wake, updated, deleted: wake });
    const followed = { reference, informer };
    this.#followed.set(key, followed);
    return followed;
  }
}

const plain = (object: Cached<ApiObject>): DeepReadonly<KubeObject> => object as unknown as DeepReadonly<KubeObject>;

class ResourceQuotaReconciler implements Reconciler {
  readonly #context: ControllerContext;
  readonly #client: Client;
  readonly #quotas: Informer<ResourceQuota>;
  readonly #sources: QuotaSources;

  constructor(context: ControllerContext, client: Client, quotas: Informer<ResourceQuota>, sources: QuotaSources) {
    this.#context = context;
    this.#client = client;
    this.#quotas = quotas;
    this.#sources = sources;
  }

  async reconcile(key: string, options: Options): Promise<Outcome> {
    const quota = this.#quotas.lister.getByKey(key);
    if (!quota) return DONE;
    const hard = (quota.spec.hard ?? {}) as ResourceList;
    const used = await this.#count(quota, Object.keys(hard), options);
    if (!semanticEqual(quota.status.hard, hard) || !semanticEqual(quota.status.used, used)) {
      const { namespace } = splitKey(key);
      const status = { hard: { ...hard }, used };
      await this.#client
        .resource(RESOURCE_QUOTAS)
        .namespace(namespace)
        .updateStatus({ ...(quota as ResourceQuota), status }, options);
    }
    return requeueAfter(RESYNC_MS);
  }

  async #count(quota: Cached<ResourceQuota>, names: readonly string[], options: Options): Promise<ResourceList> {
    const nowMs = this.#context.clock.nowMs();
    let used: ResourceList = Object.fromEntries(names.map((name) => [name, "0"]));
    for (const { reference, informer } of await this.#sources.of(names, options)) {
      for (const object of informer.lister.byNamespace(quota.metadata.namespace ?? "")) {
        if (!isInScopes(quota, reference, plain(object))) continue;
        used = addUsage(used, onlyNamed(quotaUsage(reference, plain(object), nowMs), names));
      }
    }
    return used;
  }
}

/** Counts what is used of each quota. */
export function createResourceQuotaController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const quotas = context.informers.informer(RESOURCE_QUOTAS);
  const client = context.clientFor(NAME);
  const sources = new QuotaSources(context, client, (namespace) => {
    for (const quota of quotas.lister.byNamespace(namespace)) queue.add(keyOf(quota));
  });
  quotas.addHandler({
    added: (quota) => queue.add(keyOf(quota)),
    updated: (quota) => queue.add(keyOf(quota)),
  });
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    reconciler: new ResourceQuotaReconciler(context, client, quotas, sources),
    caches: [quotas],
    workers: WORKERS,
  });
}
