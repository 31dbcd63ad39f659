// SPDX-License-Identifier: Apache-2.0

import type { Namespace, ServiceAccount } from "../../api/index.ts";
import { isAlreadyExists, isNotFound } from "../../apimachinery/index.ts";
import {
  DONE,
  NAMESPACES,
  SERVICE_ACCOUNTS,
  WorkQueue,
  type Client,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { controllerOfParts, type Controller, type ControllerContext } from "../controller.ts";
import { namespaceIsTerminating } from "../shared/status-cause.ts";

const NAME = "service-account-controller";
const DEFAULT_ACCOUNT = "default";

class ServiceAccountReconciler implements Reconciler {
  readonly #client: Client;
  readonly #namespaces: Informer<Namespace>;
  readonly #accounts: Informer<ServiceAccount>;

  constructor(client: Client, namespaces: Informer<Namespace>, accounts: Informer<ServiceAccount>) {
    this.#client = client;
    this.#namespaces = namespaces;
    this.#accounts = accounts;
  }

  async reconcile(name: string, options: { readonly signal: AbortSignal }): Promise<Outcome> {
    const namespace = this.#namespaces.lister.get("", name);
    if (!namespace || namespace.status.phase === "Terminating") return DONE;
    if (this.#accounts.lister.get(name, DEFAULT_ACCOUNT)) return DONE;
    const account: ServiceAccount = { metadata: { name: DEFAULT_ACCOUNT, namespace: name } };
    try {
      await this.#client.resource(SERVICE_ACCOUNTS).namespace(name).create(account, options);
    } catch (error) {
      if (!isAlreadyExists(error) && !isNotFound(error) && !namespaceIsTerminating(error)) throw error;
    }
    return DONE;
  }
}

/** Gives each namespace a service account named default. */
export function createServiceAccountController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const namespaces = context.informers.informer(NAMESPACES);
  const accounts = context.informers.informer(SERVICE_ACCOUNTS, { fieldSelector: `metadata.name=${DEFAULT_ACCOUNT}` });
  namespaces.addHandler({
    added: (namespace) => queue.add(namespace.metadata.name),
    updated: (namespace) => queue.add(namespace.metadata.name),
  });
  accounts.addHandler({ deleted: (account) => queue.add(account.metadata.namespace ?? "") });
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    reconciler: new ServiceAccountReconciler(context.clientFor(NAME), namespaces, accounts),
    caches: [namespaces, accounts],
    workers: 1,
  });
}
