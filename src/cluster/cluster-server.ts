// SPDX-License-Identifier: Apache-2.0

import { join } from "../platform/index.ts";
import { assert, type Clock, type Logger, TaskGroup } from "../base/index.ts";
import { type Client, NODES } from "../client/index.ts";
import {
  apiDescriptions,
  processFigures,
  BackendClient,
  ClusterLayout,
  type ClusterRanges,
  ControlPlaneServer,
  createFabric,
  enterCluster,
  type Fabric,
  findLeftovers,
  type HeldPort,
  holdFreePort,
  machineAddress,
  machineCommands,
  openLmdbStore,
  openPki,
  type Pki,
  RealClock,
  RealRandom,
  removeCluster,
} from "../platform/index.ts";
import type { SimulatedBackends } from "../simulation/index.ts";
import type { Store } from "../store/index.ts";
import { addressInRange, CLUSTER_DOMAIN, DNS_ADDRESS_OFFSET } from "./agent-config.ts";
import { bothBackends } from "./both-backends.ts";
import { ensureDnsRole, ensureDnsService } from "./cluster-dns-objects.ts";
import { ControlPlane, KUBERNETES_VERSION } from "./control-plane.ts";
import { ADMIN, KUBELET_CLIENT, nodeIdentity } from "./identity.ts";
import { type AgentCommand, RealNode } from "./real-node.ts";

export interface ClusterServerOptions {
  readonly name: string;
  /** Where objects and certificates are kept. */
  readonly dataDir: string;
  /** Chosen from 6443 on unless given. */
  readonly port?: number;
  /** Taken when it is free and `port` is not given: the one of the last run. */
  readonly lastPort?: number;
  readonly serviceCidr?: string;
  readonly podCidr?: string;
  /** Addresses of the real nodes in the last run; taken again when they are free. */
  readonly nodeCidr?: string;
  /** Real nodes. */
  readonly nodes: number;
  readonly simulate: number;
  readonly apiOnly: boolean;
  readonly hostname: string;
  readonly log: Logger;
  /** Command of a node's agent, given the path of its configuration. */
  agentCommand(configPath: string): AgentCommand;
  /** Told before each step, in words for a user. */
  progress?(step: string): void;
}

const LOOPBACK = "127.0.0.1";
const DEFAULT_SERVICE_CIDR = "10.96.0.0/16";
const FIRST_PORT = 6443;
const NODE_READY_POLL_MS = 100;

interface Machine {
  readonly layout: ClusterLayout;
  readonly ranges: ClusterRanges;
  readonly fabric: Fabric;
}

/** Code of simulated nodes, where there are any, and the way to their kubelets. */
interface Simulation {
  readonly backends: SimulatedBackends;
  readonly simulatedNode: typeof import("../simulation/index.ts").simulatedNode;
}

async function loadSimulation(): Promise<Simulation> {
  const { SimulatedBackends: Backends, simulatedNode } = await import("../simulation/index.ts");
  return { backends: new Backends(), simulatedNode };
}

/** A running cluster on this machine: store, API server, parts, and its nodes. */
export class ClusterServer implements AsyncDisposable {
  readonly port: number;
  readonly pki: Pki;
  readonly controlPlane: ControlPlane;
  readonly #options: ClusterServerOptions;
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #https: ControlPlaneServer;
  readonly #machine: Machine | undefined;
  readonly #simulated: Simulation | undefined;
  readonly #realNodes: readonly RealNode[];
  readonly #kubelets: BackendClient;
  readonly #group = new TaskGroup();

  private constructor(parts: {
    options: ClusterServerOptions;
    clock: Clock;
    pki: Pki;
    store: Store;
    controlPlane: ControlPlane;
    https: ControlPlaneServer;
    machine: Machine | undefined;
    realNodes: readonly RealNode[];
    simulated: Simulation | undefined;
    kubelets: BackendClient;
  }) {
    this.#options = parts.options;
    this.#clock = parts.clock;
    this.pki = parts.pki;
    this.#store = parts.store;
    this.controlPlane = parts.controlPlane;
    this.#https = parts.https;
    this.#machine = parts.machine;
    this.#realNodes = parts.realNodes;
    this.#simulated = parts.simulated;
    this.#kubelets = parts.kubelets;
    this.port = parts.https.port;
  }

  /** The address ranges of this run, for the next one. */
  get ranges(): { readonly serviceCidr: string; readonly podCidr?: string; readonly nodeCidr?: string } {
    const ranges = this.#machine?.ranges;
    if (!ranges) return { serviceCidr: this.#options.serviceCidr ?? DEFAULT_SERVICE_CIDR };
    return { serviceCidr: ranges.services, podCidr: ranges.pods, nodeCidr: ranges.nodes };
  }

  get url(): string {
    return `https://${LOOPBACK}:${this.port}`;
  }

  /** Resolves when the API server is ready and the nodes were started; they register themselves. */
  static async start(options: ClusterServerOptions, { signal }: { signal: AbortSignal }): Promise<ClusterServer> {
    await using undo = new AsyncDisposableStack();
    const clock = new RealClock();
    const say = (step: string) => options.progress?.(step);
    say("Opening the store");
    const keys = openPki(join(options.dataDir, "pki"), { nowMs: clock.nowMs() });
    // The network is made by other programs: meanwhile this one opens its store and loads the API server.
    const making = options.nodes > 0 ? makeFabric(options, say, signal) : undefined;
    const opening = openLmdbStore({ folder: join(options.dataDir, "store"), clock }).then((store) => undo.use(store));
    // What one of them started is undone only when all of them have ended.
    const loading = ControlPlane.preloadServer();
    await Promise.allSettled([making, opening, keys, loading]);
    const [machine, store, pki] = await Promise.all([making, opening, keys, loading]);
    say("Starting the API server");
    const addresses = machine ? [LOOPBACK, machine.fabric.machineAddress] : [LOOPBACK];
    const held = await heldPort(options, addresses);
    if (held) undo.use(held);
    const port = held?.port ?? options.port!;
    const simulated = options.simulate > 0 ? await loadSimulation() : undefined;
    const serving = Promise.withResolvers<Client>();
    // A node takes longer to start than the API server: it does not wait for it.
    const realNodes = machine ? realNodesOf(machine, { options, pki, clock, port, client: serving.promise }) : [];
    undo.defer(() => realNodes.forEach((node) => node.stop()));
    if (realNodes.length > 0) say(realNodes.length === 1 ? "Starting the node" : `Starting ${realNodes.length} nodes`);
    const nodesStarted = Promise.all(realNodes.map((node) => node.start({ signal })));
    nodesStarted.catch(() => undefined);
    const kubelets = kubeletClient(pki, clock);
    const controlPlane = undo.use(
      await ControlPlane.start(
        {
          store,
          clock,
          random: new RealRandom(),
          log: options.log,
          tokens: pki,
          clientCa: pki.ca.certificate,
          serviceCidrs: [machine?.ranges.services ?? options.serviceCidr ?? DEFAULT_SERVICE_CIDR],
          advertise: { address: addresses.at(-1)!, port },
          backends: simulated ? bothBackends(simulated.backends, kubelets) : kubelets,
          descriptions: () => apiDescriptions(KUBERNETES_VERSION),
          processFigures,
          hostname: options.hostname,
          instance: pki.fingerprint,
          ...(options.apiOnly ? { apiOnly: true } : {}),
        },
        { signal },
      ),
    );
    const https = undo.use(
      await ControlPlaneServer.listen(controlPlane.apiServer, {
        addresses,
        port,
        ...(held ? { held } : {}),
        pki,
        clock,
        log: options.log,
        names: serverNames(machine, options),
      }),
    );
    const parts = { options, clock, pki, store, controlPlane, https, machine, realNodes, simulated, kubelets };
    const server = new ClusterServer(parts);
    if (machine) await ensureDns(controlPlane, machine, signal);
    serving.resolve(controlPlane.client(ADMIN, "knarr"));
    controlPlane.startParts();
    server.#startSimulatedNodes(say);
    await nodesStarted;
    undo.move();
    return server;
  }

  /** Resolves when every node that was asked for is Ready. */
  async waitForNodes({ signal }: { signal: AbortSignal }): Promise<void> {
    const wanted = this.#options.nodes + this.#options.simulate;
    const nodes = this.controlPlane.client(ADMIN, "knarr").resource(NODES);
    for (;;) {
      const { items } = await nodes.list({ signal });
      const ready = items.filter((node) =>
        node.status?.conditions?.some((c) => c.type === "Ready" && c.status === "True"),
      );
      if (ready.length >= wanted && (await this.#kubeletsAnswer(signal))) return;
      await this.#clock.sleep(NODE_READY_POLL_MS, { signal });
    }
  }

  /** A node's condition outlives its agent: only who answers is there. */
  async #kubeletsAnswer(signal: AbortSignal): Promise<boolean> {
    const answers = await Promise.all(this.#realNodes.map((node) => node.answers(this.#kubelets, { signal })));
    return answers.every(Boolean);
  }

  /** Stops what runs in this process; real nodes run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#realNodes) node.stop();
    await this.#group.stop(new Error("The cluster stops"));
    await this.#https[Symbol.asyncDispose]();
    await this.controlPlane[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }

  #startSimulatedNodes(say: (step: string) => void): void {
    const { simulate } = this.#options;
    if (!this.#simulated) return;
    say(`Starting ${simulate} simulated ${simulate === 1 ? "node" : "nodes"}`);
    for (let i = 1; i <= simulate; i++) this.#startSimulatedNode(this.#simulated, `sim-${i}`);
  }

  #startSimulatedNode(simulation: Simulation, name: string): void {
    const node = simulation.simulatedNode({
      nodeName: name,
      client: this.controlPlane.client(nodeIdentity(name), "kubelet"),
      clock: this.#clock,
      random: new RealRandom(),
      log: this.#options.log.child({ node: name }),
      backends: simulation.backends,
    });
    this.#group.run(`node ${name}`, (signal) => node.run(signal));
  }
}

/** The port of a server that was not told one: held, since the server listens only when it is ready. */
async function heldPort(options: ClusterServerOptions, addresses: readonly string[]): Promise<HeldPort | undefined> {
  if (options.port !== undefined) return undefined;
  return holdFreePort(addresses, [options.lastPort ?? FIRST_PORT, FIRST_PORT]);
}

const dnsAddress = (machine: Machine): string => addressInRange(machine.ranges.services, DNS_ADDRESS_OFFSET);

/** What the DNS servers of the nodes need of the API. */
async function ensureDns(controlPlane: ControlPlane, machine: Machine, signal: AbortSignal): Promise<void> {
  const client = controlPlane.client(ADMIN, "knarr");
  await ensureDnsRole(client, { signal });
  await ensureDnsService(client, dnsAddress(machine), { signal });
}

/** Where archives of loaded images are kept for nodes that are made anew. */
export const imageFolder = (dataDir: string): string => join(dataDir, "images");

function realNodesOf(
  machine: Machine,
  given: {
    readonly options: ClusterServerOptions;
    readonly pki: Pki;
    readonly clock: Clock;
    readonly port: number;
    readonly client: Promise<Client>;
  },
): RealNode[] {
  const { options, port, ...rest } = given;
  return machine.fabric.nodes.map(
    (node) =>
      new RealNode({
        ...machine,
        ...rest,
        node,
        log: options.log,
        imageFolder: imageFolder(options.dataDir),
        server: `https://${machine.fabric.machineAddress}:${port}`,
        clusterDns: dnsAddress(machine),
        agentCommand: (configPath) => options.agentCommand(configPath),
      }),
  );
}

/** Removes everything that a cluster has on the machine, whatever state it is in; tells whether there was anything. */
export async function removeFromMachine(name: string): Promise<boolean> {
  const layout = new ClusterLayout(name);
  const left = await findLeftovers(layout);
  await removeCluster(layout, machineCommands);
  return left !== undefined;
}

async function makeFabric(
  options: ClusterServerOptions,
  say: (step: string) => void,
  signal: AbortSignal,
): Promise<Machine> {
  say("Making the network");
  const layout = new ClusterLayout(options.name);
  const commands = machineCommands;
  const wanted = {
    ...(options.serviceCidr ? { services: options.serviceCidr } : {}),
    ...(options.podCidr ? { pods: options.podCidr } : {}),
  };
  const lastNodes = options.nodeCidr ? { lastNodes: options.nodeCidr } : {};
  const ranges = await enterCluster(layout, commands, wanted, lastNodes);
  const fabric = await createFabric({ layout, ranges, nodes: options.nodes, commands, signal });
  assert(fabric.machineAddress === machineAddress(ranges), "The machine has another address than its ranges say");
  return { layout, ranges, fabric };
}

function kubeletClient(pki: Pki, clock: Clock): BackendClient {
  const { certificate, key } = pki.clientCertificate({ ...KUBELET_CLIENT, nowMs: clock.nowMs() });
  return new BackendClient({ ca: pki.ca.certificate, certificate, key });
}

/** Names under which pods and users reach the API server. */
function serverNames(
  machine: Machine | undefined,
  options: ClusterServerOptions,
): { dns: string[]; addresses: string[] } {
  const range = machine?.ranges.services ?? options.serviceCidr ?? DEFAULT_SERVICE_CIDR;
  return {
    dns: [
      "localhost",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      `kubernetes.default.svc.${CLUSTER_DOMAIN}`,
      options.hostname,
    ],
    addresses: [addressInRange(range, 1)],
  };
}
