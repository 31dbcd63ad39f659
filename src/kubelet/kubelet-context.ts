// SPDX-License-Identifier: Apache-2.0

import type { Clock, Logger, Random, TimerWheel } from "../base/index.ts";
import type { EventRecorder } from "../client/index.ts";
import type { NodeAllocatable } from "./environment/resource-field.ts";
import type { NodeDns } from "./network/dns-config.ts";
import type { PodObjects } from "./objects/pod-objects.ts";
import type { ServiceAccountTokens } from "./objects/service-account-tokens.ts";
import type { RuntimeHandlers } from "./objects/runtime-handlers.ts";
import type { CgroupPort, HostInfo, ImageService, LogFiles, ProbePort, RuntimeService, VolumeFiles } from "./ports.ts";
import type { Service } from "./types.ts";

/** Where the kubelet keeps its files on the node. */
export interface KubeletDirectories {
  /** `/var/lib/kubelet` */
  readonly root: string;
  /** `/var/log/pods` */
  readonly podLogs: string;
  /** `/var/log/containers` */
  readonly containerLogs: string;
}

export const DEFAULT_DIRECTORIES: KubeletDirectories = {
  root: "/var/lib/kubelet",
  podLogs: "/var/log/pods",
  containerLogs: "/var/log/containers",
};

/** What the parts of one kubelet share. */
export interface KubeletContext {
  readonly nodeName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly wheel: TimerWheel;
  readonly runtime: RuntimeService;
  readonly images: ImageService;
  readonly files: VolumeFiles;
  readonly cgroups: CgroupPort;
  readonly probes: ProbePort;
  readonly logs: LogFiles;
  readonly host: HostInfo;
  readonly objects: PodObjects;
  readonly tokens: ServiceAccountTokens;
  readonly services: () => Iterable<Service>;
  readonly recorder: Pick<EventRecorder, "event">;
  readonly directories: KubeletDirectories;
  readonly dns: NodeDns;
  readonly hostIps: readonly string[];
  readonly allocatable: NodeAllocatable;
  /** "containerd": the scheme of container IDs. */
  readonly runtimeName: string;
  /** The runtime handler of a RuntimeClass. */
  readonly runtimeHandler: RuntimeHandlers;
  readonly podPidsMax: number | undefined;
  /** How often the content of volumes is compared with its sources; 0 is never. */
  readonly volumeRefreshMs: number;
}
