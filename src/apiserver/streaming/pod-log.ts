// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Pod } from "../../api/index.ts";
import type { ResourceHandler } from "../endpoints/index.ts";
import { checkRoute, negotiateAnswer } from "../endpoints/media-types.ts";
import type { ResourceStores } from "../resource-store.ts";
import { backendFailure } from "./backend-failure.ts";
import type { BackendTransport } from "./backend-transport.ts";
import { kubeletBackend, noBackends } from "./kubelet-backend.ts";
import { kubeletLogQuery } from "./log-options.ts";
import { containerOf } from "./pod-container.ts";

const TEXT = { "content-type": "text/plain" };

/** What streaming needs. */
export interface StreamingParts {
  readonly stores: ResourceStores;
  readonly backends: BackendTransport | undefined;
}

/** The pod that a request names; 404 when there is none. */
export async function podOf(stores: ResourceStores, namespace: string, name: string): Promise<DeepReadonly<Pod>> {
  const store = stores.find("", "pods")!;
  return (store.peek(namespace, name) ?? (await store.get(namespace, name))) as DeepReadonly<Pod>;
}

/** GET pods/log: the kubelet's stream, passed on as it comes. */
export function podLog({ stores, backends }: StreamingParts): ResourceHandler {
  return async (context) => {
    checkRoute(context, "log");
    negotiateAnswer(context, "passing");
    const { info, request } = context;
    const { namespace, name } = info;
    const query = kubeletLogQuery(info.query, name);
    const pod = await podOf(stores, namespace, name);
    const container = containerOf(pod, info.query.get("container") ?? "");
    // A pod that no node has yet has said nothing.
    if (!pod.spec.nodeName) return { status: 200, headers: TEXT, body: { type: "empty" } };
    if (!backends) throw noBackends();
    const backend = await kubeletBackend(stores, pod.spec.nodeName);
    const path = `/containerLogs/${namespace}/${name}/${container}`;
    const response = await backends.request(backend, {
      method: "GET",
      path: query.size > 0 ? `${path}?${query.toString()}` : path,
      headers: {},
      signal: request.signal,
    });
    if (response.status < 200 || response.status > 206)
      throw await backendFailure(response, { resource: "pods/log", name });
    return { status: 200, headers: TEXT, body: { type: "chunks", chunks: response.body } };
  };
}
