// SPDX-License-Identifier: Apache-2.0

import { readFile, statfs } from "node:fs/promises";
import { arch, cpus, release } from "node:os";
import type { HostInfo } from "../../kubelet/index.ts";
import { cgroupHierarchies } from "../node/cgroups.ts";

const BYTES_PER_KIB = 1024;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64", arm: "arm", ia32: "386" };

export interface HostOptions {
  readonly hostname: string;
  readonly addresses: readonly string[];
  /** The file system that pods write to. */
  readonly storagePath: string;
}

async function textOf(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch {
    // Containers and small machines lack some of these files.
    return "";
  }
}

const valueOf = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? "";

async function cgroupVersion(): Promise<1 | 2> {
  const memory = (await cgroupHierarchies()).find((h) => h.controllers.includes("memory"));
  return memory?.version ?? 2;
}

/** What this machine is and has. */
export async function hostInfo(options: HostOptions): Promise<HostInfo> {
  const [memory, bootId, machineId, product, osRelease, resolvConf, storage] = await Promise.all([
    textOf("/proc/meminfo"),
    textOf("/proc/sys/kernel/random/boot_id"),
    textOf("/etc/machine-id"),
    textOf("/sys/class/dmi/id/product_uuid"),
    textOf("/etc/os-release"),
    textOf("/etc/resolv.conf"),
    statfs(options.storagePath),
  ]);
  return {
    hostname: options.hostname,
    machineId,
    systemUuid: product.toLowerCase() || machineId,
    bootId,
    kernelVersion: release(),
    osImage: valueOf(osRelease, /^PRETTY_NAME="?([^"\n]*)"?$/m) || "Linux",
    operatingSystem: "linux",
    architecture: ARCHITECTURES[arch()] ?? arch(),
    cpuCount: cpus().length,
    memoryBytes: Number(valueOf(memory, /^MemTotal:\s+(\d+) kB/m)) * BYTES_PER_KIB,
    swapBytes: Number(valueOf(memory, /^SwapTotal:\s+(\d+) kB/m)) * BYTES_PER_KIB,
    ephemeralStorageBytes: storage.blocks * storage.bsize,
    addresses: options.addresses,
    cgroupVersion: await cgroupVersion(),
    resolvConf,
  };
}
