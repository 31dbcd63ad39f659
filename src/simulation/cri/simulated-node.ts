// SPDX-License-Identifier: Apache-2.0

import { TimerWheel, type Clock, type Logger, type Random } from "../../base/index.ts";
import type { Client, EventRecorder } from "../../client/index.ts";
import {
  createKubelet,
  type Kubelet,
  type KubeletOptions,
  type NodeOptions,
  type PodObjects,
  type PodSource,
  type ServiceAccountTokens,
} from "../../kubelet/index.ts";
import { IpPool } from "./ip-pool.ts";
import type { SimulatedBackends } from "../simulated-backends.ts";
import { SimulatedImages } from "./simulated-images.ts";
import {
  noCgroups,
  noFiles,
  noLogs,
  simulatedHost,
  simulatedProbes,
  type SimulatedHostOptions,
} from "./simulated-ports.ts";
import { SimulatedRuntime } from "./simulated-runtime.ts";

/** How precisely simulated containers end. */
const WHEEL_TICK_MS = 10;
/** A simulated pod starts in no time: what it would show meanwhile is not worth a request. */
const STATUS_COALESCE_MS = 50;
/** The state of a simulated node does not change by itself: it is looked at when it is to be reported. */
const STATUS_CHECK_MS = 300_000;

/** What all simulated nodes of a process may share, so that each costs little. */
export interface SimulatedNodeShared {
  readonly wheel: TimerWheel;
}

const sharedByClock = new WeakMap<Clock, SimulatedNodeShared>();

/** What the nodes on one clock share. */
export function simulatedNodeShared(clock: Clock): SimulatedNodeShared {
  const found = sharedByClock.get(clock);
  if (found) return found;
  const made: SimulatedNodeShared = { wheel: new TimerWheel(clock, WHEEL_TICK_MS) };
  sharedByClock.set(clock, made);
  return made;
}

export interface SimulatedNodeOptions {
  readonly nodeName: string;
  /** Acts as system:node:NAME. */
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The node's address; made up from its name unless given. */
  readonly address?: string;
  /** The range of its pods' addresses; made up from its name unless given. */
  readonly podCidr?: string;
  readonly shared?: SimulatedNodeShared;
  /** Where the node's API can be reached by the API server. */
  readonly backends?: SimulatedBackends;
  /** What outlived an earlier kubelet of the node. */
  readonly runtime?: SimulatedRuntime;
  readonly host?: Partial<SimulatedHostOptions>;
  readonly node?: Partial<NodeOptions>;
  readonly pods?: PodSource;
  readonly objects?: PodObjects;
  readonly tokens?: ServiceAccountTokens;
  readonly recorder?: EventRecorder;
  readonly statusCoalesceMs?: number;
}

/** Nobody reads a simulated pod's token, and signing one costs more than all the rest of its start. */
export const noTokens: ServiceAccountTokens = {
  token: () => Promise.resolve({ token: "", refreshAtMs: Number.POSITIVE_INFINITY }),
  forgetPod() {},
};

const SECOND_OCTETS = 64;
const THIRD_OCTETS = 256;

/**
 * Addresses of a node by its name: the number at its end where it has one, so that neighbours do not share a range, else
 * a hash. 100.64.0.0/10 is nobody's.
 */
function placeOf(nodeName: string): { readonly address: string; readonly podCidr: string } {
  const number = /(\d+)$/.exec(nodeName)?.[1];
  let index = Number(number ?? 0);
  if (number === undefined)
    for (const char of nodeName) index = (index * 31 + char.charCodeAt(0)) % (SECOND_OCTETS * THIRD_OCTETS);
  const second = Math.floor(index / THIRD_OCTETS) % SECOND_OCTETS;
  const third = index % THIRD_OCTETS;
  return { address: `198.18.${second}.${third}`, podCidr: `100.${64 + second}.${third}.0/24` };
}

/** A node whose kubelet is the real one and whose containers are simulated. */
export interface SimulatedNode {
  readonly kubelet: Kubelet;
  readonly runtime: SimulatedRuntime;
  run(signal: AbortSignal): Promise<void>;
}

/** Makes a node that runs the real kubelet on a runtime in memory. */
export function simulatedNode(options: SimulatedNodeOptions): SimulatedNode {
  const { nodeName, client, clock, random, log } = options;
  const place = placeOf(nodeName);
  const podCidr = options.podCidr ?? place.podCidr;
  const address = options.address ?? place.address;
  const { wheel } = options.shared ?? simulatedNodeShared(clock);
  const isInit = (uid: string, container: string): boolean => {
    const spec = kubelet.workers.record(uid)?.pod.spec;
    const init = spec?.initContainers?.find((c) => c.name === container);
    return init !== undefined && init.restartPolicy !== "Always";
  };
  const runtime = options.runtime ?? new SimulatedRuntime({ clock, random, wheel, ips: new IpPool(podCidr) });
  runtime.attach(isInit);
  const kubeletOptions: KubeletOptions = {
    nodeName,
    client,
    clock,
    random,
    log,
    runtime,
    images: new SimulatedImages(clock),
    runtimeEvents: runtime,
    files: noFiles,
    cgroups: noCgroups,
    probes: simulatedProbes(runtime),
    logs: noLogs,
    host: simulatedHost({ name: nodeName, address, ...options.host }),
    node: { statusCheckMs: STATUS_CHECK_MS, ...options.node, podCidrs: [podCidr] },
    runtimeName: "simulated",
    tokens: options.tokens ?? noTokens,
    wheel,
    relistMs: 0,
    volumeRefreshMs: 0,
    logRotation: { checkMs: 0 },
    ...(options.pods ? { pods: options.pods } : {}),
    ...(options.objects ? { objects: options.objects } : {}),
    ...(options.recorder ? { recorder: options.recorder } : {}),
    statusCoalesceMs: options.statusCoalesceMs ?? STATUS_COALESCE_MS,
  };
  const kubelet = createKubelet(kubeletOptions);
  const run = async (signal: AbortSignal): Promise<void> => {
    options.backends?.add(nodeName, kubelet.api);
    try {
      await kubelet.run(signal);
    } finally {
      options.backends?.remove(nodeName);
    }
  };
  return { kubelet, runtime, run };
}
