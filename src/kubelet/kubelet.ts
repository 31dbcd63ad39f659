// SPDX-License-Identifier: Apache-2.0

import { TaskGroup, TimerWheel, type Clock, type Logger, type Random } from "../base/index.ts";
import { EventRecorder, type Client } from "../client/index.ts";
import { quantityMilliValue, quantityValue } from "../apimachinery/index.ts";
import { DEFAULT_DIRECTORIES, type KubeletContext, type KubeletDirectories } from "./kubelet-context.ts";
import { DEFAULT_NODE_OPTIONS, type NodeOptions } from "./node/node-options.ts";
import { NodeReporter } from "./node/node-reporter.ts";
import { ClientPodObjects, type PodObjects } from "./objects/pod-objects.ts";
import { ClientServiceAccountTokens, type ServiceAccountTokens } from "./objects/service-account-tokens.ts";
import { clientRuntimeHandlers } from "./objects/runtime-handlers.ts";
import type { NodeCapacity } from "./pods/admission.ts";
import { PodLifeCycle } from "./pods/pod-life-cycle.ts";
import { InformerPodSource, type PodSource } from "./pods/pod-source.ts";
import { PodSync } from "./pods/pod-sync.ts";
import { PodTerminator } from "./pods/pod-terminator.ts";
import { PodWorkers } from "./pods/pod-workers.ts";
import { RuntimeWatch } from "./pods/runtime-watch.ts";
import type {
  CgroupPort,
  HostInfo,
  ImageService,
  LogFiles,
  NodeServer,
  ProbePort,
  RuntimeEvents,
  RuntimeService,
  RuntimeStreams,
  VolumeFiles,
} from "./ports.ts";
import { Prober } from "./probes/prober.ts";
import { ContainerStarter } from "./runtime/container-starter.ts";
import { PodKiller } from "./runtime/pod-killer.ts";
import { NodeApi } from "./server/node-api.ts";
import { DEFAULT_LOG_ROTATION, runLogRotation, type LogRotationOptions } from "./runtime/log-rotation.ts";
import { StatusWriter } from "./status/status-writer.ts";
import type { Service } from "./types.ts";

/** How precisely probes and retries are timed. */
const WHEEL_TICK_MS = 50;

const MEMORY_MODE = 0o750;
const DEFAULT_VOLUME_REFRESH_MS = 60_000;

/** What a kubelet is made of. What is optional has the real thing's default. */
export interface KubeletOptions {
  readonly nodeName: string;
  /** Acts as system:node:NAME. */
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly runtime: RuntimeService;
  readonly images: ImageService;
  readonly runtimeEvents: RuntimeEvents;
  readonly files: VolumeFiles;
  readonly cgroups: CgroupPort;
  readonly probes: ProbePort;
  readonly logs: LogFiles;
  readonly host: HostInfo;
  /** Without it exec, attach and port-forward are refused. */
  readonly streams?: RuntimeStreams;
  /** Serves the node's API; without it the API is reached in process alone. */
  readonly server?: NodeServer;
  /** Addresses of the cluster's DNS Service. */
  readonly clusterDns?: readonly string[];
  readonly clusterDomain?: string;
  readonly node?: Partial<NodeOptions>;
  readonly directories?: Partial<KubeletDirectories>;
  /** "containerd" unless said. */
  readonly runtimeName?: string;
  readonly podPidsMax?: number;
  /** The Services whose addresses become variables; none when absent. */
  readonly services?: () => Iterable<Service>;
  /** Resolves when the Services have been read: no container starts without its variables. */
  readonly servicesSynced?: (signal: AbortSignal) => Promise<void>;
  /** A watch of the node's own pods when absent. */
  readonly pods?: PodSource;
  readonly objects?: PodObjects;
  readonly tokens?: ServiceAccountTokens;
  /** Shared by simulated nodes. */
  readonly wheel?: TimerWheel;
  readonly recorder?: EventRecorder;
  /** How long status changes of a pod are gathered; 0 unless said. */
  readonly statusCoalesceMs?: number;
  /** How often everything in the runtime is listed, in case an event was missed; 0 is never. */
  readonly relistMs?: number;
  /** How often the content of volumes is compared with its sources; 0 is never. */
  readonly volumeRefreshMs?: number;
  readonly logRotation?: Partial<LogRotationOptions>;
}

/** The agent of one node. */
export class Kubelet {
  readonly context: KubeletContext;
  readonly reporter: NodeReporter;
  readonly workers: PodWorkers;
  /** What the node's HTTPS server serves. */
  readonly api: NodeApi;
  readonly #options: KubeletOptions;
  readonly #lifeCycle: PodLifeCycle;
  readonly #prober: Prober;
  readonly #statuses: StatusWriter;
  readonly #source: PodSource;
  readonly #recorder: EventRecorder | undefined;
  readonly #watch: RuntimeWatch;
  readonly #sync: PodSync;

  constructor(options: KubeletOptions) {
    const { clock, client, random, log, nodeName } = options;
    const nodeOptions: NodeOptions = { ...DEFAULT_NODE_OPTIONS, ...options.node };
    this.#options = options;
    this.#recorder = options.recorder
      ? undefined
      : new EventRecorder({ client, component: "kubelet", host: nodeName, clock, log });
    const recorder = options.recorder ?? this.#recorder!;
    const wheel = options.wheel ?? new TimerWheel(clock, WHEEL_TICK_MS);
    const capacity = capacityOf(options.host, nodeOptions);
    const context = contextOf(options, { wheel, recorder, capacity });
    this.context = context;
    this.reporter = new NodeReporter({ context, client, options: nodeOptions });
    this.#statuses = new StatusWriter({ client, clock, log, coalesceMs: options.statusCoalesceMs ?? 0 });
    this.#prober = new Prober({ context, changed: (uid) => this.workers.wake(uid) });
    const killer = new PodKiller(context);
    const starter = new ContainerStarter(context, killer);
    const parts = { context, starter, killer, prober: this.#prober, statuses: this.#statuses };
    this.#sync = new PodSync(parts);
    const terminator = new PodTerminator({
      ...parts,
      client,
      sync: this.#sync,
      forget: (record) => {
        starter.forgetPod(record.uid);
        context.tokens.forgetPod(record.uid);
      },
    });
    this.#lifeCycle = new PodLifeCycle({ ...parts, sync: this.#sync, terminator, capacity, node: this.reporter });
    this.workers = new PodWorkers({
      clock,
      wheel,
      log,
      pass: (record, signal) => this.#lifeCycle.pass(record, signal),
    });
    this.#lifeCycle.attach(this.workers);
    this.api = new NodeApi({ context, client, workers: this.workers, streams: options.streams });
    this.#source = options.pods ?? new InformerPodSource({ client, nodeName, clock, random, log });
    this.#watch = new RuntimeWatch({
      context,
      events: options.runtimeEvents,
      workers: this.workers,
      lifeCycle: this.#lifeCycle,
    });
  }

  /** Registers the node and runs its pods until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const group = new TaskGroup(signal);
    if (this.#recorder) group.run("events", (s) => this.#recorder!.run(s));
    this.#statuses.start(group.signal);
    const unsubscribe = this.#watch.subscribe();
    try {
      const { server } = this.#options;
      if (server) group.run("node API", (s) => server.serve(this.api, { signal: s }));
      await this.#mountMemory();
      await this.reporter.register(group.signal);
      group.run("node lease", (s) => this.reporter.runLease(s));
      group.run("node status", (s) => this.reporter.runStatus(s));
      group.run("pod workers", (s) => this.workers.run(s));
      group.run("log rotation", (s) => this.#rotateLogs(s));
      await this.#options.servicesSynced?.(group.signal);
      group.run("pods", (s) => this.#source.run(this.#handler(group), s));
      await group.wait();
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      unsubscribe();
      this.#prober.stop();
      await group.stop();
    }
  }

  /** Secrets and tokens lie on a file system in memory: one for all pods, since a mount each costs more than the pod. */
  async #mountMemory(): Promise<void> {
    const { files, directories } = this.context;
    const path = `${directories.root}/memory`;
    if (!(await files.isMounted(path))) await files.mountTmpfs(path, { mode: MEMORY_MODE });
  }

  #rotateLogs(signal: AbortSignal): Promise<void> {
    const options = { ...DEFAULT_LOG_ROTATION, ...this.#options.logRotation, signal };
    return runLogRotation(this.context, () => this.workers.records(), options);
  }

  #handler(group: TaskGroup) {
    return {
      update: (pod: Parameters<PodLifeCycle["update"]>[0]) => this.#lifeCycle.update(pod),
      remove: (pod: Parameters<PodLifeCycle["update"]>[0]) => this.#lifeCycle.remove(pod.metadata?.uid ?? ""),
      synced: () => {
        this.api.synced();
        group.run("runtime", (s) => this.#watch.run(s, this.#options.relistMs ?? 300_000));
      },
    };
  }
}

function capacityOf(host: HostInfo, node: NodeOptions): NodeCapacity {
  const own = node.capacity ?? {};
  return {
    cpuMillis: own.cpu === undefined ? host.cpuCount * 1000 : quantityMilliValue(own.cpu),
    memoryBytes: own.memory === undefined ? host.memoryBytes : quantityValue(own.memory),
    ephemeralStorageBytes: host.ephemeralStorageBytes,
    pods: own.pods === undefined ? node.podsMax : quantityValue(own.pods),
  };
}

function contextOf(
  options: KubeletOptions,
  made: { readonly wheel: TimerWheel; readonly recorder: EventRecorder; readonly capacity: NodeCapacity },
): KubeletContext {
  const { client, clock, host } = options;
  return {
    nodeName: options.nodeName,
    clock,
    random: options.random,
    log: options.log,
    wheel: made.wheel,
    runtime: options.runtime,
    images: options.images,
    files: options.files,
    cgroups: options.cgroups,
    probes: options.probes,
    logs: options.logs,
    host,
    objects: options.objects ?? new ClientPodObjects(client, clock),
    tokens: options.tokens ?? new ClientServiceAccountTokens(client, clock),
    services: options.services ?? (() => []),
    recorder: made.recorder,
    directories: { ...DEFAULT_DIRECTORIES, ...options.directories },
    dns: {
      clusterDns: options.clusterDns ?? [],
      clusterDomain: options.clusterDomain ?? "cluster.local",
      resolvConf: host.resolvConf,
    },
    hostIps: host.addresses,
    allocatable: made.capacity,
    runtimeName: options.runtimeName ?? "containerd",
    runtimeHandler: clientRuntimeHandlers(client),
    podPidsMax: options.podPidsMax,
    volumeRefreshMs: options.volumeRefreshMs ?? DEFAULT_VOLUME_REFRESH_MS,
  };
}

/** Makes the agent of one node; nothing happens before it runs. */
export const createKubelet = (options: KubeletOptions): Kubelet => new Kubelet(options);
