// SPDX-License-Identifier: Apache-2.0

import { type DeepReadonly, StatusError } from "../../apimachinery/index.ts";
import type { Pod } from "../../api/index.ts";
import type { ResourceHandler } from "../endpoints/index.ts";
import { checkRoute, negotiateAnswer } from "../endpoints/media-types.ts";
import type { ResourceStores } from "../resource-store.ts";
import { backendFailure } from "./backend-failure.ts";
import type { BackendTransport } from "./backend-transport.ts";
import { noBackends, podsKubelet } from "./kubelet-backend.ts";
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

/** 500 of a kubelet that does not answer. */
const unreachable = (what: string, error: unknown): StatusError =>
  new StatusError({ message: `${what}: ${error instanceof Error ? error.message : String(error)}`, code: 500 });

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
    if (!pod.spec.nodeName) return { status: 204, headers: {}, body: { type: "empty" } };
    if (!backends) throw noBackends();
    const backend = await podsKubelet(stores, pod.spec.nodeName);
    const path = `/containerLogs/${namespace}/${name}/${container}`;
    const target = query.size > 0 ? `${path}?${query.toString()}` : path;
    const asked = { method: "GET", path: target, headers: {}, signal: request.signal };
    const response = await backends.request(backend, asked).catch((error: unknown) => {
      throw unreachable(`Get "https://${backend.host}:${backend.port}${target}"`, error);
    });
    if (response.status < 200 || response.status > 206)
      throw await backendFailure(response, { resource: "pods/log", name });
    return { status: 200, headers: TEXT, body: { type: "chunks", chunks: response.body } };
  };
}
