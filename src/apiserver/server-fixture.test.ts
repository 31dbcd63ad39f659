// SPDX-License-Identifier: Apache-2.0

import { builtInKinds, schemaRegistry } from "../api/index.ts";
import { silentLogger } from "../base/index.ts";
import type { ApiResponse, Peer } from "../client/transport.ts";
import { macrotask, Pki } from "../platform/index.ts";
import { SeededRandom, VirtualClock } from "../simulation/index.ts";
import { MemoryStore, type Store } from "../store/index.ts";
import { createApiServer } from "./server.ts";
import type { ApiServer, ApiServerOptions } from "./server-options.ts";

/** An API server in memory, for tests. */
export interface TestServer extends AsyncDisposable {
  readonly api: ApiServer;
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly pki: Pki;
  readonly signal: AbortSignal;
}

type Options = Partial<Omit<ApiServerOptions, "clock">> & { readonly clock?: VirtualClock };

let sharedPki: Pki | undefined;

export async function startServer(options: Options): Promise<TestServer> {
  const clock = options.clock ?? new VirtualClock({ macrotask });
  const store = options.store ?? new MemoryStore({ clock });
  const pki = (sharedPki ??= Pki.create({ nowMs: clock.nowMs() }));
  const abort = new AbortController();
  const api = createApiServer({
    random: new SeededRandom(1),
    log: silentLogger,
    kinds: builtInKinds(),
    schema: schemaRegistry(),
    tokens: { signer: pki.signer, verifier: pki.verifier },
    serviceCidrs: ["10.96.0.0/16"],
    advertise: { address: "192.0.2.2", port: 16443 },
    clientCa: "PEM",
    ...options,
    store,
    clock,
  });
  await api.start({ signal: abort.signal });
  return {
    api,
    store,
    clock,
    pki,
    signal: abort.signal,
    async [Symbol.asyncDispose]() {
      abort.abort();
      await api.stop();
    },
  };
}

export interface Ask {
  /** Common name and organisations of the client certificate; a cluster admin unless given, nobody when undefined. */
  readonly user?: readonly [commonName: string, ...organizations: readonly string[]] | undefined;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  /** Parsed JSON, or text. */
  readonly body: unknown;
}

const ADMIN = ["admin", "system:masters"] as const;

function peerOf(ask: Ask): Peer {
  const user = "user" in ask ? ask.user : ADMIN;
  if (!user) return { address: "test" };
  const [commonName, ...organizations] = user;
  return { address: "test", certificate: { commonName, organizations } };
}

/** Sends a request through the whole chain. */
export function send({ api, signal }: TestServer, path: string, ask: Ask = {}): Promise<ApiResponse> {
  const body = ask.body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(ask.body));
  return api.handler.handle({
    method: ask.method ?? (ask.body === undefined ? "GET" : "POST"),
    path,
    headers: { ...(body ? { "content-type": "application/json" } : {}), ...ask.headers },
    body,
    signal,
    peer: peerOf(ask),
  });
}

export async function textOf({ body }: ApiResponse): Promise<string> {
  if (body.type === "bytes") return new TextDecoder().decode(body.bytes);
  if (body.type !== "chunks") return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body.chunks) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** Asks and reads the whole answer. */
export async function get(server: TestServer, path: string, ask: Ask = {}): Promise<Answer> {
  const response = await send(server, path, ask);
  const text = await textOf(response);
  const isJson = String(response.headers["content-type"]).startsWith("application/json");
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}
