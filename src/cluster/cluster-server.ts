// SPDX-License-Identifier: Apache-2.0

import { join } from "../platform/index.ts";
import { assert, type Clock, type Logger, TaskGroup } from "../base/index.ts";
import { NODES } from "../client/index.ts";
import {
  BackendClient,
  ClusterLayout,
  type ClusterRanges,
  ControlPlaneServer,
  createFabric,
  enterCluster,
  type Fabric,
  type FabricNode,
  freePort,
  machineAddress,
  machineCommands,
  openLmdbStore,
  openPki,
  type Pki,
  RealClock,
  RealRandom,
  removeCluster,
} from "../platform/index.ts";
import { SimulatedBackends, simulatedNode } from "../simulation/index.ts";
import type { Store } from "../store/index.ts";
import { addressInRange, CLUSTER_DOMAIN, DNS_ADDRESS_OFFSET } from "./agent-config.ts";
import { bothBackends } from "./both-backends.ts";
import { ensureDnsRole, ensureDnsService } from "./cluster-dns-objects.ts";
import { ControlPlane } from "./control-plane.ts";
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
  readonly #simulated: SimulatedBackends;
  readonly #realNodes: RealNode[] = [];
  readonly #group = new TaskGroup();

  private constructor(parts: {
    options: ClusterServerOptions;
    clock: Clock;
    pki: Pki;
    store: Store;
    controlPlane: ControlPlane;
    https: ControlPlaneServer;
    machine: Machine | undefined;
    simulated: SimulatedBackends;
  }) {
    this.#options = parts.options;
    this.#clock = parts.clock;
    this.pki = parts.pki;
    this.#store = parts.store;
    this.controlPlane = parts.controlPlane;
    this.#https = parts.https;
    this.#machine = parts.machine;
    this.#simulated = parts.simulated;
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
    const pki = openPki(join(options.dataDir, "pki"), { nowMs: clock.nowMs() });
    const store = undo.use(await openLmdbStore({ folder: join(options.dataDir, "store"), clock }));
    const machine = options.nodes > 0 ? await makeFabric(options, say, signal) : undefined;
    say("Starting the API server");
    const addresses = machine ? [LOOPBACK, machine.fabric.machineAddress] : [LOOPBACK];
    const port = options.port ?? (await freePort(addresses, [options.lastPort ?? FIRST_PORT, FIRST_PORT]));
    const simulated = new SimulatedBackends();
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
          backends: bothBackends(simulated, kubeletClient(pki, clock)),
          hostname: options.hostname,
          ...(options.apiOnly ? { apiOnly: true } : {}),
        },
        { signal },
      ),
    );
    const https = undo.use(
      await ControlPlaneServer.listen(controlPlane.apiServer, {
        addresses,
        port,
        pki,
        clock,
        log: options.log,
        names: serverNames(machine, options),
      }),
    );
    const server = new ClusterServer({ options, clock, pki, store, controlPlane, https, machine, simulated });
    await server.#startNodes(say, signal);
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
      if (ready.length >= wanted) return;
      await this.#clock.sleep(NODE_READY_POLL_MS, { signal });
    }
  }

  /** Stops what runs in this process; real nodes run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#realNodes) node.stop();
    await this.#group.stop(new Error("The cluster stops"));
    await this.#https[Symbol.asyncDispose]();
    await this.controlPlane[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }

  async #startNodes(say: (step: string) => void, signal: AbortSignal): Promise<void> {
    const { nodes, simulate } = this.#options;
    if (this.#machine) {
      say(nodes === 1 ? "Starting the node" : `Starting ${nodes} nodes`);
      const client = this.controlPlane.client(ADMIN, "knarr");
      await ensureDnsRole(client, { signal });
      await ensureDnsService(client, this.#dnsAddress(this.#machine), { signal });
      const machine = this.#machine;
      for (const node of machine.fabric.nodes) this.#realNodes.push(this.#realNode(machine, node));
      await Promise.all(this.#realNodes.map((node) => node.start({ signal })));
    }
    if (simulate > 0) say(`Starting ${simulate} simulated ${simulate === 1 ? "node" : "nodes"}`);
    for (let i = 1; i <= simulate; i++) this.#startSimulatedNode(`sim-${i}`);
  }

  #dnsAddress(machine: Machine): string {
    return addressInRange(machine.ranges.services, DNS_ADDRESS_OFFSET);
  }

  #realNode(machine: Machine, node: FabricNode): RealNode {
    return new RealNode({
      ...machine,
      node,
      pki: this.pki,
      clock: this.#clock,
      log: this.#options.log,
      client: this.controlPlane.client(ADMIN, "knarr"),
      server: `https://${machine.fabric.machineAddress}:${this.port}`,
      clusterDns: this.#dnsAddress(machine),
      agentCommand: (configPath) => this.#options.agentCommand(configPath),
    });
  }

  #startSimulatedNode(name: string): void {
    const node = simulatedNode({
      nodeName: name,
      client: this.controlPlane.client(nodeIdentity(name), "kubelet"),
      clock: this.#clock,
      random: new RealRandom(),
      log: this.#options.log.child({ node: name }),
      backends: this.#simulated,
    });
    this.#group.run(`node ${name}`, (signal) => node.run(signal));
  }
}

/** Removes everything that a cluster has on the machine, whatever state it is in. */
export async function removeFromMachine(name: string): Promise<void> {
  await removeCluster(new ClusterLayout(name), machineCommands);
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
