// SPDX-License-Identifier: Apache-2.0

import { internalError, isNotFound, notFound, StatusError, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Node } from "../../api/index.ts";
import type { ResourceStores } from "../resource-store.ts";
import type { Backend } from "./backend-transport.ts";

const DEFAULT_KUBELET_PORT = 10_250;
/** In this order the addresses of a node are tried; names come last, since nobody promises that they resolve. */
const PREFERRED_ADDRESSES = ["InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS", "Hostname"] as const;

function hostOf(node: DeepReadonly<Node>): string {
  const addresses = node.status?.addresses ?? [];
  for (const type of PREFERRED_ADDRESSES) {
    const found = addresses.find((address) => address.type === type);
    if (found) return found.address;
  }
  const known = addresses.map(({ type, address }) => `{${type} ${address}}`).join(" ");
  throw new StatusError({ message: `no preferred addresses found; known addresses: [${known}]`, code: 500 });
}

/** Where the kubelet of a node listens. */
export async function kubeletBackend(
  stores: ResourceStores,
  nodeName: string,
  port?: number,
): Promise<Extract<Backend, { type: "kubelet" }>> {
  const store = stores.find("", "nodes");
  if (!store) throw internalError("nodes are not served");
  const node = (store.peek("", nodeName) ?? (await store.get("", nodeName))) as DeepReadonly<Node>;
  const reported = node.status?.daemonEndpoints?.kubeletEndpoint?.Port;
  return { type: "kubelet", nodeName, host: hostOf(node), port: port ?? reported ?? DEFAULT_KUBELET_PORT };
}

/** The kubelet of a pod's node. A node that is gone is told as upstream tells it: as something of pods. */
export async function podsKubelet(stores: ResourceStores, nodeName: string): ReturnType<typeof kubeletBackend> {
  try {
    return await kubeletBackend(stores, nodeName);
  } catch (error) {
    throw isNotFound(error) ? notFound({ group: "", resource: "pods" }, nodeName) : error;
  }
}

/** 503 of a server that has no way to its nodes. */
export const noBackends = (): StatusError =>
  new StatusError({
    message: "this API server has no way to kubelets and endpoints",
    reason: "ServiceUnavailable",
    code: 503,
  });
