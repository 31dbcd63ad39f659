// SPDX-License-Identifier: Apache-2.0

import type {
  CgroupPort,
  HostInfo,
  LogFiles,
  ProbeCallOptions,
  ProbePort,
  ProbeResult,
  VolumeFiles,
} from "../../kubelet/index.ts";
import type { SimulatedRuntime } from "./simulated-runtime.ts";

const done = (): Promise<void> => Promise.resolve();

/** Files that nobody reads: simulated containers have none. */
export const noFiles: VolumeFiles = {
  makeDirectory: done,
  project: () => Promise.resolve(true),
  mountTmpfs: done,
  isMounted: () => Promise.resolve(true),
  unmount: done,
  bindSubPath: done,
  writeFile: done,
  readFile: () => Promise.resolve(undefined),
  ensureHostPath: done,
  applyFsGroup: done,
  removeTree: done,
  list: () => Promise.resolve([]),
  symlink: done,
};

export const noCgroups: CgroupPort = {
  ensure: done,
  remove: done,
  list: () => Promise.resolve([]),
  runtimeName: (name) => name,
  usage: () => Promise.resolve(undefined),
};

export const noLogs: LogFiles = {
  async *read() {},
  tail: () => Promise.resolve(""),
  sizeBytes: () => Promise.resolve(0),
  rotate: done,
};

/** Probes that are answered as the annotations of the probed pod say. */
export function simulatedProbes(runtime: SimulatedRuntime): ProbePort {
  const ask = (_probe: unknown, options: ProbeCallOptions): Promise<ProbeResult> => {
    if (!options.probe) return Promise.resolve({ type: "success" });
    const { success, stableForMs } = runtime.answer(options.probe.containerId, options.probe.kind);
    if (success) return Promise.resolve({ type: "success", stableForMs });
    return Promise.resolve({ type: "failure", output: "HTTP probe failed with statuscode: 503", stableForMs });
  };
  return { http: ask, tcp: ask, grpc: ask };
}

export interface SimulatedHostOptions {
  readonly name: string;
  readonly address: string;
  readonly cpuCount?: number;
  readonly memoryBytes?: number;
  readonly ephemeralStorageBytes?: number;
}

const GIB = 1024 ** 3;

/** A machine that is not there. */
export const simulatedHost = (options: SimulatedHostOptions): HostInfo => ({
  hostname: options.name,
  machineId: "00000000000000000000000000000000",
  systemUuid: "00000000-0000-0000-0000-000000000000",
  bootId: "00000000-0000-0000-0000-000000000000",
  kernelVersion: "6.12.0-simulated",
  osImage: "Simulated",
  operatingSystem: "linux",
  architecture: "amd64",
  cpuCount: options.cpuCount ?? 32,
  memoryBytes: options.memoryBytes ?? 256 * GIB,
  swapBytes: 0,
  ephemeralStorageBytes: options.ephemeralStorageBytes ?? 1024 * GIB,
  addresses: [options.address],
  cgroupVersion: 2,
  resolvConf: "",
});
