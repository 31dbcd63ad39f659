// SPDX-License-Identifier: Apache-2.0

import { type Clock, type Logger, type Random, silentLogger, TaskGroup } from "../base/index.ts";
import { dns1123SubdomainErrors } from "../apimachinery/index.ts";
import type { ChainPlaces } from "../apiserver/index.ts";
import type { Client } from "../client/index.ts";
import { apiDescriptions, ControlPlaneServer, macrotask, Pki, RealClock, RealRandom } from "../platform/index.ts";
import type { ProfileOptions, Scheduler } from "../scheduler/index.ts";
import { SeededRandom, simulatedNode, SimulatedBackends, VirtualClock } from "../simulation/index.ts";
import { MemoryStore, type Store } from "../store/index.ts";
import { ControlPlane, KUBERNETES_VERSION } from "./control-plane.ts";
import { ADMIN, type Identity, nodeIdentity } from "./identity.ts";
import { emptyKubeconfig, withEntry } from "./kubeconfig.ts";

export interface ClusterOptions {
  /** Nodes that run the real kubelet on a simulated runtime. */
  readonly simulatedNodes?: number;
  /** "virtual": time moves only when `cluster.clock.advance()` says so, and one seed gives one history. */
  readonly clock?: "real" | "virtual";
  /** For the virtual clock. */
  readonly seed?: number;
  /** The API server without scheduler and controllers, as envtest gives it. */
  readonly apiOnly?: boolean;
  readonly serviceCidr?: string;
  readonly schedulerProfiles?: readonly ProfileOptions[];
  /** Admission plug-ins and filters of your own. */
  readonly places?: ChainPlaces;
  readonly log?: Logger;
  /** A store that others share; a new one in memory unless given. */
  readonly store?: Store;
  onScheduler?(scheduler: Scheduler): void;
}

const DEFAULT_SERVICE_CIDR = "10.96.0.0/16";
const DEFAULT_SEED = 1;
const NODE_START_MS = 30_000;

/** What a cluster needs of its surroundings. */
interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
}

function surroundingsOf(options: ClusterOptions): Surroundings {
  if (options.clock !== "virtual") return { clock: new RealClock(), random: new RealRandom() };
  return { clock: new VirtualClock({ macrotask }), random: new SeededRandom(options.seed ?? DEFAULT_SEED) };
}

/** A simulated node that runs. */
export interface SimulatedNodeHandle {
  readonly name: string;
  /** Ends the node as a power failure does: nothing is said to anybody. */
  kill(): Promise<void>;
}

/**
 * A cluster in this process, in memory: API server, scheduler, controllers and simulated nodes. No root, no port until a
 * kubeconfig is asked for.
 *
 * @example
 * await using cluster = await Cluster.start({ simulatedNodes: 3 });
 * const nodes = await cluster.client.resource(NODES).list({ signal });
 */
export class Cluster implements AsyncDisposable {
  /** As an administrator. */
  readonly client: Client;
  readonly clock: Clock;
  readonly store: Store;
  readonly controlPlane: ControlPlane;
  readonly #surroundings: Surroundings;
  readonly #backends: SimulatedBackends;
  readonly #log: Logger;
  readonly #group = new TaskGroup();
  readonly #nodes = new Map<string, TaskGroup>();
  #pki: Pki | undefined;
  #server: ControlPlaneServer | undefined;

  private constructor(
    plane: ControlPlane,
    store: Store,
    surroundings: Surroundings,
    backends: SimulatedBackends,
    log: Logger,
  ) {
    this.controlPlane = plane;
    this.store = store;
    this.clock = surroundings.clock;
    this.client = plane.client(ADMIN, "knarr");
    this.#surroundings = surroundings;
    this.#backends = backends;
    this.#log = log;
  }

  /** Resolves when the API server is ready and the simulated nodes are registered. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const count = options.simulatedNodes ?? 0;
    if (!Number.isInteger(count) || count < 0) throw new RangeError(`simulatedNodes is ${count}; give a whole number`);
    await ControlPlane.preload();
    const surroundings = surroundingsOf(options);
    const log = options.log ?? silentLogger;
    const isVirtual = options.clock === "virtual";
    const pki = Pki.create({
      nowMs: surroundings.clock.nowMs(),
      ...(isVirtual ? { random: surroundings.random } : {}),
    });
    const backends = new SimulatedBackends();
    const store = options.store ?? new MemoryStore({ clock: surroundings.clock });
    const starting = ControlPlane.start(
      {
        ...surroundings,
        store,
        log,
        tokens: pki,
        clientCa: pki.ca.certificate,
        serviceCidrs: [options.serviceCidr ?? DEFAULT_SERVICE_CIDR],
        advertise: { address: "127.0.0.1", port: 6443 },
        backends,
        descriptions: () => apiDescriptions(KUBERNETES_VERSION),
        hostname: "knarr",
        ...(options.apiOnly ? { apiOnly: true } : {}),
        ...(options.places ? { places: options.places } : {}),
        ...(options.schedulerProfiles ? { schedulerProfiles: options.schedulerProfiles } : {}),
        onScheduler: (scheduler) => options.onScheduler?.(scheduler),
      },
      { signal: new AbortController().signal },
    );
    const plane = await settled(surroundings.clock, starting);
    plane.startParts();
    const cluster = new Cluster(plane, store, surroundings, backends, log);
    cluster.#pki = pki;
    await settled(surroundings.clock, cluster.#startNodes(count));
    return cluster;
  }

  /** Text of a kubeconfig; the first call opens a port on loopback. */
  async kubeconfig(): Promise<string> {
    const pki = this.#pki!;
    const nowMs = this.#surroundings.clock.nowMs();
    this.#server ??= await ControlPlaneServer.listen(this.controlPlane.apiServer, {
      addresses: ["127.0.0.1"],
      port: 0,
      pki,
      clock: this.#surroundings.clock,
      log: this.#log,
    });
    const { certificate, key } = pki.clientCertificate({ ...ADMIN, nowMs });
    const server = `https://127.0.0.1:${this.#server.port}`;
    return JSON.stringify(
      withEntry(emptyKubeconfig(), { name: "knarr", server, ca: pki.ca.certificate, certificate, key }),
    );
  }

  /** A client of that identity, in this process. */
  clientAs(identity: Identity, userAgent = "knarr"): Client {
    return this.controlPlane.client(identity, userAgent);
  }

  /** Adds a simulated node; it registers itself. Throws a RangeError when the name is wrong or taken. */
  addNode(name: string): SimulatedNodeHandle {
    const [mistake] = dns1123SubdomainErrors(name);
    if (mistake) throw new RangeError(`"${name}" is no name for a node: ${mistake}`);
    if (this.#nodes.has(name)) throw new RangeError(`Node ${name} runs already; kill it first, or take another name`);
    const group = new TaskGroup(this.#group.signal);
    const node = simulatedNode({
      nodeName: name,
      client: this.controlPlane.client(nodeIdentity(name), "kubelet"),
      ...this.#surroundings,
      log: this.#log,
      backends: this.#backends,
    });
    group.run(`node ${name}`, (signal) => node.run(signal));
    this.#nodes.set(name, group);
    return { name, kill: () => this.killNode(name) };
  }

  /** Ends a node as a power failure does. */
  async killNode(name: string): Promise<void> {
    const group = this.#nodes.get(name);
    if (!group) throw new RangeError(`No node ${name} runs; there are ${[...this.#nodes.keys()].join(", ") || "none"}`);
    this.#nodes.delete(name);
    await group.stop(new Error(`Node ${name} lost its power`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ending = this.#end();
    await settled(this.clock, ending);
  }

  async #end(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await Promise.all([...this.#nodes.values()].map((group) => group.stop(new Error("The cluster stops"))));
    await this.#group.stop(new Error("The cluster stops"));
    await this.controlPlane[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }

  async #startNodes(count: number): Promise<void> {
    const width = String(count).length;
    for (let i = 1; i <= count; i++) this.addNode(`node-${String(i).padStart(width, "0")}`);
  }
}

/** Awaits a promise that may need virtual time to pass. */
async function settled<T>(clock: Clock, promise: Promise<T>): Promise<T> {
  if (!(clock instanceof VirtualClock)) return promise;
  let done = false;
  const watched = promise.finally(() => {
    done = true;
  });
  // A failure is reported by the await below; the clock must not wait for it for ever.
  watched.catch(() => undefined);
  await clock.advanceUntil(() => done, { limitMs: NODE_START_MS });
  return watched;
}
