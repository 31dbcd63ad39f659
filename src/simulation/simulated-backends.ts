// SPDX-License-Identifier: Apache-2.0

import type { Backend, BackendRequest, BackendResponse, BackendTransport, BackendUpgrade } from "../apiserver/index.ts";
import type { ApiBody, ByteSink, Peer } from "../client/index.ts";
import type { NodeHandler } from "../kubelet/index.ts";

/** The API server, as a simulated node's kubelet sees it. */
const API_SERVER: Peer = {
  certificate: { commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"] },
  address: "in-process",
};
const NO_STREAMS = new TextEncoder().encode("simulated nodes run no processes to stream from\n");

/** The kubelets of simulated nodes, reached without a network. */
export class SimulatedBackends implements BackendTransport {
  readonly #nodes = new Map<string, NodeHandler>();

  /** A node's kubelet serves from now on. */
  add(nodeName: string, handler: NodeHandler): void {
    this.#nodes.set(nodeName, handler);
  }

  remove(nodeName: string): void {
    this.#nodes.delete(nodeName);
  }

  serves(backend: Backend): boolean {
    return backend.type === "kubelet" && this.#nodes.has(backend.nodeName);
  }

  async request(backend: Backend, request: BackendRequest): Promise<BackendResponse> {
    const handler = backend.type === "kubelet" ? this.#nodes.get(backend.nodeName) : undefined;
    if (!handler) throw new Error(`dial tcp ${backend.host}:${backend.port}: connect: connection refused`);
    const response = await handler.handle({ ...request, peer: API_SERVER });
    return { status: response.status, headers: response.headers, body: chunksOf(response.body) };
  }

  async upgrade(backend: Backend, request: BackendRequest): Promise<BackendUpgrade> {
    if (this.serves(backend) && request.path.startsWith("/portForward") === false) {
      // Only what needs no process behind it can be answered.
      return { upgraded: false, status: 501, headers: { "content-type": "text/plain" }, body: once(NO_STREAMS) };
    }
    return { upgraded: false, ...(await this.request(backend, request)) };
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* chunksOf(body: ApiBody): AsyncGenerator<Uint8Array> {
  if (body.type === "bytes") yield body.bytes;
  else if (body.type === "chunks") yield* body.chunks;
  else if (body.type === "stream") yield* pushed(body.start);
}

/** Turns what is pushed into what is pulled. */
async function* pushed(start: (sink: ByteSink) => void): AsyncGenerator<Uint8Array> {
  const queue: Uint8Array[] = [];
  let ended = false;
  let wake = () => {};
  let closed = () => {};
  const step = () => wake();
  start({
    write(chunk) {
      queue.push(chunk);
      step();
      return true;
    },
    get bufferedBytes() {
      return queue.reduce((sum, chunk) => sum + chunk.length, 0);
    },
    onDrain() {},
    onClose(callback) {
      closed = callback;
    },
    end() {
      ended = true;
      step();
    },
  });
  try {
    for (;;) {
      const chunk = queue.shift();
      if (chunk) yield chunk;
      else if (ended) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    closed();
  }
}
