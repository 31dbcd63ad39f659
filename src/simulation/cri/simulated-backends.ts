// SPDX-License-Identifier: Apache-2.0

import type {
  Backend,
  BackendRequest,
  BackendResponse,
  BackendTransport,
  BackendUpgrade,
} from "../../apiserver/index.ts";
import type { ApiBody } from "../../client/index.ts";
import type { NodeHandler } from "../../kubelet/index.ts";

/** Who the API server is towards kubelets. */
const KUBELET_CLIENT = { commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"] };

async function* chunksOf(body: ApiBody): AsyncGenerator<Uint8Array> {
  if (body.type === "bytes") yield body.bytes;
  else if (body.type === "chunks") yield* body.chunks;
}

/** The API server's way to simulated nodes: their APIs are called in this process. */
export class SimulatedBackends implements BackendTransport {
  readonly #nodes = new Map<string, NodeHandler>();

  /** Makes a node reachable. */
  add(nodeName: string, handler: NodeHandler): void {
    this.#nodes.set(nodeName, handler);
  }

  remove(nodeName: string): void {
    this.#nodes.delete(nodeName);
  }

  /** Whether a backend is one of the simulated nodes. */
  serves(backend: Backend): boolean {
    return backend.type === "kubelet" && this.#nodes.has(backend.nodeName);
  }

  async request(backend: Backend, request: BackendRequest): Promise<BackendResponse> {
    const node = backend.type === "kubelet" ? this.#nodes.get(backend.nodeName) : undefined;
    if (!node) throw new Error(`dial tcp ${backend.host}:${backend.port}: connect: connection refused`);
    const response = await node.handle({ ...request, peer: { address: "in-process", certificate: KUBELET_CLIENT } });
    return { status: response.status, headers: response.headers, body: chunksOf(response.body) };
  }

  /** Nothing runs in simulated containers that could be talked to. */
  async upgrade(): Promise<BackendUpgrade> {
    const bytes = new TextEncoder().encode("simulated containers have no streams");
    const body = chunksOf({ type: "bytes", bytes });
    return { upgraded: false, status: 501, headers: { "content-type": "text/plain" }, body };
  }
}
