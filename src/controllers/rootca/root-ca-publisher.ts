// SPDX-License-Identifier: Apache-2.0

import type { ConfigMap, Namespace } from "../../api/index.ts";
import { isAlreadyExists, isNotFound, semanticEqual } from "../../apimachinery/index.ts";
import {
  CONFIG_MAPS,
  DONE,
  NAMESPACES,
  WorkQueue,
  type Client,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { controllerOfParts, type Controller, type ControllerContext } from "../controller.ts";
import { namespaceIsTerminating } from "../shared/status-cause.ts";

const NAME = "root-ca-cert-publisher";
const CONFIG_MAP = "kube-root-ca.crt";
const DESCRIPTION = "kubernetes.io/description";
const DESCRIPTION_TEXT =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the " +
  "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

interface Parts {
  readonly client: Client;
  readonly namespaces: Informer<Namespace>;
  readonly configMaps: Informer<ConfigMap>;
  readonly rootCa: string;
}

class RootCaReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(name: string, options: { readonly signal: AbortSignal }): Promise<Outcome> {
    const { client, namespaces, configMaps, rootCa } = this.#parts;
    const namespace = namespaces.lister.get("", name);
    if (!namespace || namespace.status.phase === "Terminating") return DONE;
    const data = { "ca.crt": rootCa };
    const found = configMaps.lister.get(name, CONFIG_MAP);
    const resource = client.resource(CONFIG_MAPS).namespace(name);
    try {
      if (!found) {
        const annotations = { [DESCRIPTION]: DESCRIPTION_TEXT };
        await resource.create({ metadata: { name: CONFIG_MAP, namespace: name, annotations }, data }, options);
      } else if (!semanticEqual(found.data, data) || !found.metadata.annotations?.[DESCRIPTION]) {
        const metadata = { ...(found.metadata as ConfigMap["metadata"]) };
        metadata.annotations = { ...metadata.annotations, [DESCRIPTION]: DESCRIPTION_TEXT };
        await resource.update({ ...(found as ConfigMap), metadata, data }, options);
      }
    } catch (error) {
      if (!isAlreadyExists(error) && !isNotFound(error) && !namespaceIsTerminating(error)) throw error;
    }
    return DONE;
  }
}

/** Publishes the certificate authority that pods trust the API server by, in every namespace. */
export function createRootCaPublisher(context: ControllerContext, options: { readonly rootCa: string }): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const namespaces = context.informers.informer(NAMESPACES);
  const configMaps = context.informers.informer(CONFIG_MAPS, { fieldSelector: `metadata.name=${CONFIG_MAP}` });
  namespaces.addHandler({
    added: (namespace) => queue.add(namespace.metadata.name),
    updated: (namespace) => queue.add(namespace.metadata.name),
  });
  configMaps.addHandler({
    updated: (configMap) => queue.add(configMap.metadata.namespace ?? ""),
    deleted: (configMap) => queue.add(configMap.metadata.namespace ?? ""),
  });
  const parts = { client: context.clientFor(NAME), namespaces, configMaps, rootCa: options.rootCa };
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    reconciler: new RootCaReconciler(parts),
    caches: [namespaces, configMaps],
    workers: 1,
  });
}
