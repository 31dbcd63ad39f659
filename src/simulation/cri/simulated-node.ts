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

/** What all simulated nodes of a process may share, so that each costs little. */
export interface SimulatedNodeShared {
  readonly wheel: TimerWheel;
}

export const simulatedNodeShared = (clock: Clock): SimulatedNodeShared => ({
  wheel: new TimerWheel(clock, WHEEL_TICK_MS),
});

export interface SimulatedNodeOptions {
  readonly name: string;
  /** Acts as system:node:NAME. */
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The node's address. */
  readonly address: string;
  /** The range of its pods' addresses: `10.244.1.0/24`. */
  readonly podCidr: string;
  readonly shared?: SimulatedNodeShared;
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

/** A node whose kubelet is the real one and whose containers are simulated. */
export interface SimulatedNode {
  readonly kubelet: Kubelet;
  readonly runtime: SimulatedRuntime;
  run(signal: AbortSignal): Promise<void>;
}

/** Makes a node that runs the real kubelet on a runtime in memory. */
export function simulatedNode(options: SimulatedNodeOptions): SimulatedNode {
  const { name, client, clock, random, log } = options;
  const { wheel } = options.shared ?? simulatedNodeShared(clock);
  const isInit = (uid: string, container: string): boolean => {
    const spec = kubelet.workers.record(uid)?.pod.spec;
    const init = spec?.initContainers?.find((c) => c.name === container);
    return init !== undefined && init.restartPolicy !== "Always";
  };
  const runtime = new SimulatedRuntime({ clock, random, wheel, ips: new IpPool(options.podCidr), isInit });
  const kubeletOptions: KubeletOptions = {
    nodeName: name,
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
    host: simulatedHost({ name, address: options.address, ...options.host }),
    node: { ...options.node, podCidrs: [options.podCidr] },
    runtimeName: "simulated",
    tokens: options.tokens ?? noTokens,
    wheel,
    relistMs: 0,
    ...(options.pods ? { pods: options.pods } : {}),
    ...(options.objects ? { objects: options.objects } : {}),
    ...(options.recorder ? { recorder: options.recorder } : {}),
    ...(options.statusCoalesceMs === undefined ? {} : { statusCoalesceMs: options.statusCoalesceMs }),
  };
  const kubelet = createKubelet(kubeletOptions);
  return { kubelet, runtime, run: (signal) => kubelet.run(signal) };
}
