// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { TestCluster } from "./test-cluster.ts";

interface Status {
  readonly parts: readonly { readonly name: string; readonly pid: number }[];
  readonly runtime: readonly {
    readonly node: string;
    readonly pid1?: { readonly pid: number };
    readonly containerd?: { readonly pid: number };
  }[];
}

/** What `knarr status` says of a cluster. */
export function statusOf(cluster: TestCluster): Status {
  const { code, stdout, stderr } = cluster.knarr("status", "-o", "json");
  if (code !== 0) throw new Error(`status failed (${code}): ${stderr}`);
  return JSON.parse(stdout) as Status;
}

/** The process of one of Knarr's parts. */
export function pidOf(status: Status, part: string): number {
  const found = status.parts.find(({ name }) => name === part);
  if (!found) throw new Error(`${part} is not among ${status.parts.map(({ name }) => name).join(", ")}`);
  return found.pid;
}

/** The machine's process ids of a container, by its ID without `containerd://`. */
export function containerPids(containerId: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => cgroupOf(pid).includes(containerId)).map(Number);
}

function cgroupOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8");
  } catch {
    return "";
  }
}

/** Runs a command in the network of the cluster's node; gives what it printed. */
export function inNodeNetwork(cluster: TestCluster, ...argv: string[]): string {
  const pid1 = statusOf(cluster).runtime[0]?.pid1?.pid;
  const { status, stdout, stderr } = spawnSync("nsenter", ["-t", String(pid1), "-n", ...argv], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${argv.join(" ")} failed: ${stderr}`);
  return stdout;
}
