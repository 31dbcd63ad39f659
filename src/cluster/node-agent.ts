// SPDX-License-Identifier: Apache-2.0

import { type Clock, type Logger, type Random, TaskGroup } from "../base/index.ts";
import { Client, InformerFactory, PODS, ENDPOINT_SLICES, SERVICES } from "../client/index.ts";
import { runDns } from "../dns/index.ts";
import { createKubelet } from "../kubelet/index.ts";
import { ServiceProxy } from "../network/index.ts";
import {
  ConntrackCommand,
  ContainerdEvents,
  containerLogs,
  containerProbes,
  CriClient,
  CriStreams,
  DnsSockets,
  hostInfo,
  HttpsTransport,
  machineCommands,
  nameservers,
  NftCommand,
  NodeCgroups,
  NodeHttpsServer,
  NodeVolumeFiles,
  RealClock,
  RealRandom,
  ResolverClient,
} from "../platform/index.ts";
import { AGENT_DNS_PORT, type AgentConfig, KUBELET_PORT } from "./agent-config.ts";

/** A part of the agent that failed starts again after this long. */
const RESTART_MS = 1_000;
const NFT_TABLE = "knarr";

interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

function clientOf(config: AgentConfig, pair: { certificate: string; key: string }, userAgent: string): Client {
  const transport = new HttpsTransport({ server: config.server, ca: config.ca, ...pair });
  return new Client({ transport, userAgent });
}

/** Runs a node's kubelet, Service proxy and DNS, inside the node, until aborted. */
export async function runNodeAgent(config: AgentConfig, options: { log: Logger; signal: AbortSignal }): Promise<void> {
  const surroundings: Surroundings = { clock: new RealClock(), random: new RealRandom(), log: options.log };
  await using group = new TaskGroup(options.signal);
  const informers = proxyInformers(config, surroundings);
  informers.start(group);
  keepRunning(group, surroundings, "kubelet", (signal) => runKubelet(config, surroundings, informers, signal));
  keepRunning(group, surroundings, "proxy", (signal) => runProxy(config, surroundings, informers, signal));
  keepRunning(group, surroundings, "dns", (signal) => runNodeDns(config, surroundings, signal));
  await group.wait();
}

/** One part's failure is its own: it is reported, and the part starts again. */
function keepRunning(
  group: TaskGroup,
  { clock, log }: Surroundings,
  name: string,
  task: (signal: AbortSignal) => Promise<void>,
): void {
  group.run(name, async (signal) => {
    while (!signal.aborted) {
      try {
        await task(signal);
      } catch (error) {
        if (signal.aborted) return;
        log.error("Part failed and starts again", { part: name, error });
      }
      await clock.sleep(RESTART_MS, { signal });
    }
  });
}

function proxyInformers(config: AgentConfig, surroundings: Surroundings): InformerFactory {
  return new InformerFactory({ client: clientOf(config, config.proxy, "kube-proxy"), ...surroundings });
}

async function runKubelet(
  config: AgentConfig,
  surroundings: Surroundings,
  informers: InformerFactory,
  signal: AbortSignal,
): Promise<void> {
  using cri = new CriClient(config.containerdSocket);
  const events = new ContainerdEvents(config.containerdSocket, cri);
  const services = informers.informer(SERVICES);
  const kubelet = createKubelet({
    ...surroundings,
    log: surroundings.log.child({ part: "kubelet" }),
    nodeName: config.nodeName,
    client: clientOf(config, config.client, "kubelet"),
    runtime: cri,
    images: cri,
    runtimeEvents: events,
    streams: new CriStreams(cri),
    files: new NodeVolumeFiles(),
    cgroups: await NodeCgroups.open(config.cgroup.startsWith("/") ? config.cgroup : `/${config.cgroup}`),
    probes: containerProbes,
    logs: containerLogs,
    host: await hostInfo({ hostname: config.nodeName, addresses: [config.address], storagePath: config.folder }),
    server: new NodeHttpsServer({
      ...config.serving,
      clientCa: config.ca,
      addresses: [config.address],
      port: KUBELET_PORT,
    }),
    clusterDns: [config.clusterDns],
    clusterDomain: config.clusterDomain,
    node: { port: KUBELET_PORT, podCidrs: [config.podRange] },
    services: () => services.lister.list(),
    servicesSynced: (s) => services.waitForSync({ signal: s }),
  });
  await using group = new TaskGroup(signal);
  group.run("runtime events", (s) => events.run(s));
  group.run("kubelet", (s) => kubelet.run(s));
  await group.wait();
}

async function runProxy(
  config: AgentConfig,
  surroundings: Surroundings,
  informers: InformerFactory,
  signal: AbortSignal,
): Promise<void> {
  const proxy = new ServiceProxy({
    ...surroundings,
    log: surroundings.log.child({ part: "proxy" }),
    services: informers.informer(SERVICES),
    slices: informers.informer(ENDPOINT_SLICES),
    pods: await ownPods(config, surroundings, signal),
    node: { name: config.nodeName, addresses: [config.address] },
    settings: {
      family: "ipv4",
      table: NFT_TABLE,
      nodeAddresses: [config.address],
      localPodRanges: [config.podRange],
      podRanges: [config.podRanges],
      serviceRanges: [config.serviceRange],
      clusterRanges: [config.podRanges, config.nodeRange, config.serviceRange],
    },
    nft: new NftCommand(machineCommands),
    conntrack: new ConntrackCommand(machineCommands),
  });
  await proxy.run(signal);
}

/** Pods of this node, read as the kubelet reads them. */
async function ownPods(config: AgentConfig, surroundings: Surroundings, signal: AbortSignal) {
  const factory = new InformerFactory({ client: clientOf(config, config.client, "kubelet"), ...surroundings });
  const pods = factory.informer(PODS, { fieldSelector: `spec.nodeName=${config.nodeName}` });
  const group = new TaskGroup(signal);
  factory.start(group);
  await pods.waitForSync({ signal });
  return pods;
}

async function runNodeDns(config: AgentConfig, surroundings: Surroundings, signal: AbortSignal): Promise<void> {
  const host = await hostInfo({ hostname: config.nodeName, addresses: [config.address], storagePath: config.folder });
  await runDns(
    {
      ...surroundings,
      log: surroundings.log.child({ part: "dns" }),
      client: clientOf(config, config.dns, "knarr-dns"),
      domain: config.clusterDomain,
      listener: new DnsSockets(config.address, AGENT_DNS_PORT),
      upstream: new ResolverClient(nameservers(host.resolvConf)),
    },
    { signal },
  );
}
