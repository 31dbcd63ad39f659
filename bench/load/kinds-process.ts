// SPDX-License-Identifier: Apache-2.0

import module from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What serving so many kinds took. */
export interface KindsCost {
  readonly kinds: number;
  /** From loading the kinds' code until they could be served. */
  readonly loadMs: number;
  readonly loadBytes: number;
  /** From then on until the server was ready. */
  readonly readyMs: number;
  /** Of the whole process, ready, when all garbage is gone. */
  readonly heapBytes: number;
}

/** What an API server writes and reads when it starts. */
const NEEDED = new Set(
  `namespaces services endpoints configmaps secrets serviceaccounts pods nodes limitranges resourcequotas
  persistentvolumes persistentvolumeclaims leases endpointslices servicecidrs ipaddresses roles rolebindings clusterroles
  clusterrolebindings flowschemas prioritylevelconfigurations priorityclasses apiservices customresourcedefinitions
  runtimeclasses storageclasses ingressclasses volumeattachments csinodes resourceslices`.split(/\s+/),
);

module.enableCompileCache();
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const heapBytes = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

// What the kinds are built on; everything else may load them, too.
const [base, { MemoryStore }] = await Promise.all([
  import("../../src/base/index.ts"),
  import("../../src/store/index.ts"),
  import("../../src/apimachinery/index.ts"),
]);
const before = heapBytes();
const start = performance.now();
const api = await import("../../src/api/index.ts");
const all = api.builtInKinds();
const schema = api.schemaRegistry();
const loadMs = performance.now() - start;
const loadBytes = heapBytes() - before;
const [{ createApiServer }, platform] = await Promise.all([
  import("../../src/apiserver/index.ts"),
  import("../../src/platform/index.ts"),
]);
const clock = new platform.RealClock();
const pki = platform.Pki.create({ nowMs: clock.nowMs() });

const kinds = process.argv[2] === "all" ? all : all.filter((kind) => NEEDED.has(kind.resource));
const loaded = performance.now();
const server = createApiServer({
  store: new MemoryStore({ clock }),
  clock,
  random: new platform.RealRandom(),
  log: base.silentLogger,
  kinds,
  schema,
  tokens: { signer: pki.signer, verifier: pki.verifier },
  serviceCidrs: ["10.96.0.0/16"],
  advertise: { address: "192.0.2.2", port: 6443 },
});
await server.start({ signal: new AbortController().signal });
const cost: KindsCost = {
  kinds: kinds.length,
  loadMs,
  loadBytes,
  readyMs: performance.now() - loaded,
  heapBytes: heapBytes(),
};
process.stdout.write(JSON.stringify(cost), () => process.exit());
