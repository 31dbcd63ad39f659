// SPDX-License-Identifier: Apache-2.0

import { builtInKinds, schemaRegistry } from "../../api/index.ts";
import { createApiServer } from "../../apiserver/index.ts";
import { silentLogger, TaskGroup } from "../../base/index.ts";
import { Client, CONFIG_MAPS, createInProcessTransport, SERVICE_ACCOUNTS } from "../../client/index.ts";
import { macrotask, Pki } from "../../platform/index.ts";
import { MemoryStore } from "../../store/index.ts";
import { SeededRandom } from "../seeded-random.ts";
import { VirtualClock } from "../virtual-clock.ts";
import type { SimulatedRuntime } from "./simulated-runtime.ts";
import { simulatedNode, type SimulatedNode, type SimulatedNodeOptions } from "./simulated-node.ts";

/** A node on an API server in memory, for tests. */
export interface NodeFixture extends AsyncDisposable {
  /** As an administrator. */
  readonly client: Client;
  readonly clock: VirtualClock;
  readonly node: SimulatedNode;
  /** Ends the kubelet and starts another one; what runs in the runtime goes on. */
  restartKubelet(): Promise<SimulatedNode>;
  readonly signal: AbortSignal;
  /** Lets virtual time pass until the condition holds. */
  until(condition: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
}

const UNTIL_LIMIT_MS = 60_000;
let sharedPki: Pki | undefined;

async function reached<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let done = false;
  const watched = promise.finally(() => {
    done = true;
  });
  watched.catch(() => undefined);
  await clock.advanceUntil(() => done, { limitMs: UNTIL_LIMIT_MS });
  return watched;
}

/** Starts an API server and one simulated node, `node-1`. */
export async function startNode(options: Partial<SimulatedNodeOptions> = {}): Promise<NodeFixture> {
  const clock = new VirtualClock({ macrotask });
  const pki = (sharedPki ??= Pki.create({ nowMs: clock.nowMs() }));
  const random = new SeededRandom(1);
  const api = createApiServer({
    clock,
    random,
    log: silentLogger,
    store: new MemoryStore({ clock }),
    kinds: builtInKinds(),
    schema: schemaRegistry(),
    tokens: { signer: pki.signer, verifier: pki.verifier },
    serviceCidrs: ["10.96.0.0/16"],
    advertise: { address: "192.0.2.2", port: 16443 },
    clientCa: "PEM",
  });
  const abort = new AbortController();
  await reached(clock, api.start({ signal: abort.signal }));
  const clientOf = (commonName: string, ...organizations: string[]) =>
    new Client({
      transport: createInProcessTransport(api.handler, { address: "test", certificate: { commonName, organizations } }),
      userAgent: "kubelet",
    });
  const client = clientOf("admin", "system:masters");
  await client
    .resource(SERVICE_ACCOUNTS)
    .namespace("default")
    .create({ metadata: { name: "default", namespace: "default" } }, { signal: abort.signal });
  await client
    .resource(CONFIG_MAPS)
    .namespace("default")
    .create({ metadata: { name: "kube-root-ca.crt" }, data: { "ca.crt": "PEM" } }, { signal: abort.signal });
  const startKubelet = async (runtime?: SimulatedRuntime) => {
    const node = simulatedNode({
      nodeName: "node-1",
      client: clientOf("system:node:node-1", "system:nodes"),
      clock,
      random,
      log: silentLogger,
      ...options,
      ...(runtime ? { runtime } : {}),
    });
    const group = new TaskGroup(abort.signal);
    group.run("node", (signal) => node.run(signal));
    const registered = () => node.kubelet.reporter.node?.status?.conditions !== undefined;
    await clock.advanceUntil(registered, { limitMs: UNTIL_LIMIT_MS });
    return { node, group };
  };
  let { node, group } = await startKubelet();
  return {
    client,
    clock,
    get node() {
      return node;
    },
    async restartKubelet() {
      await reached(clock, group.stop());
      ({ node, group } = await startKubelet(node.runtime));
      return node;
    },
    signal: abort.signal,
    until: (condition, limitMs = UNTIL_LIMIT_MS) => clock.advanceUntil(condition, { limitMs }),
    async [Symbol.asyncDispose]() {
      await reached(clock, group.stop());
      abort.abort();
      await reached(clock, api.stop());
    },
  };
}
