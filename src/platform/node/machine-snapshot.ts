// SPDX-License-Identifier: Apache-2.0

import { readdir, readFile } from "node:fs/promises";
import { cgroupHierarchies } from "./cgroups.ts";
import type { Commands } from "./commands.ts";
import { identify } from "./processes.ts";

/** What a cluster might leave on a machine, as sorted lines; equal snapshots mean that nothing was left. */
export type MachineSnapshot = Readonly<Record<string, readonly string[]>>;

const FOLDERS = ["/run", "/var/lib", "/var/log", "/etc/cni", "/opt", "/tmp"];
const SYSCTLS = ["net/ipv4", "net/ipv6", "net/bridge", "net/netfilter"];
/** Values that change by themselves. */
const VOLATILE_SYSCTL = /conntrack_count|fib_notify|\/(ifb|veth|knarr)/;

/**
 * Looks at everything that Knarr touches. Lines about another cluster (whose name does not contain `cluster`) are left
 * out, so that tests of several clusters do not disturb each other.
 */
export async function machineSnapshot(cluster: string, commands: Commands): Promise<MachineSnapshot> {
  const run = async (...argv: string[]) => (await commands.run(argv).catch(() => "")).split("\n");
  const isForeign = (line: string) => line.includes("knarr") && !line.includes(cluster);
  const lines: Record<string, string[]> = {
    processes: await processLines(cluster),
    mounts: (await readFile("/proc/self/mountinfo", "utf8")).split("\n").map((line) => line.replace(/^\d+ \d+ /, "")),
    links: (await run("ip", "-o", "link")).map((line) => line.replace(/^\d+: /, "")),
    addresses: await run("ip", "-o", "address"),
    routes: await run("ip", "route", "show", "table", "all"),
    namespaces: await run("ip", "netns", "list"),
    nft: await nftLines(run, isForeign),
    iptables: (await run("iptables-save")).filter((line) => !line.startsWith("#")),
    cgroups: await cgroupLines(),
    sysctls: await sysctlLines(),
    folders: await folderLines(),
  };
  return Object.fromEntries(
    Object.entries(lines).map(([what, found]) => [what, found.filter((line) => line && !isForeign(line)).sort()]),
  );
}

/** What clusters have in common is there as long as any of them is: it says nothing while another one may be running. */
const SHARED = /forward|accept_redirects|^\/var\/(lib\/(kubelet|cni)|log\/(pods|containers))$/;

/** A snapshot without what other clusters may have changed meanwhile. */
export function withoutShared(snapshot: MachineSnapshot): MachineSnapshot {
  return Object.fromEntries(
    Object.entries(snapshot).map(([what, lines]) => [what, lines.filter((line) => !SHARED.test(line))]),
  );
}

/** The tables that are not another cluster's; inside a table nothing says whose it is. */
async function nftLines(
  run: (...argv: string[]) => Promise<string[]>,
  isForeign: (line: string) => boolean,
): Promise<string[]> {
  const tables = (await run("nft", "list", "tables")).filter((line) => line && !isForeign(line));
  const texts = await Promise.all(tables.map((table) => run("nft", "list", ...table.split(" "))));
  return [...tables, ...texts.flat()];
}

/** Processes that have to do with the cluster. */
async function processLines(cluster: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid) => {
      const [command, cgroup] = await Promise.all(
        ["cmdline", "cgroup"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")),
      );
      const isNamed = command?.includes(`/${cluster}/`) || command?.split("\0").includes(cluster);
      const isOurs = isNamed || cgroup?.includes(`/knarr-${cluster}-`);
      // A zombie is gone but for its parent, which is not Knarr's when Knarr was killed.
      return isOurs && (await identify(Number(pid))) ? `${pid} ${command?.replaceAll("\0", " ")}` : "";
    }),
  );
  return lines.filter(Boolean);
}

async function cgroupLines(): Promise<string[]> {
  const lines: string[] = [];
  for (const { path } of await cgroupHierarchies()) {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.isDirectory()) lines.push(`${path}/${entry.name}`);
    }
  }
  return lines;
}

async function sysctlLines(): Promise<string[]> {
  const lines: string[] = [];
  for (const folder of SYSCTLS) {
    const entries = await readdir(`/proc/sys/${folder}`, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((candidate) => candidate.isFile())) {
      const path = `${entry.parentPath}/${entry.name}`;
      if (VOLATILE_SYSCTL.test(path)) continue;
      const value = await readFile(path, "utf8").catch(() => "");
      lines.push(`${path} ${value.trim()}`);
    }
  }
  return lines;
}

async function folderLines(): Promise<string[]> {
  const found = await Promise.all(
    FOLDERS.map(async (folder) => {
      const names = await readdir(folder).catch(() => ["(missing)"]);
      return names.map((name) => `${folder}/${name}`);
    }),
  );
  return found.flat().filter((line) => !line.startsWith("/tmp/") || line.includes("knarr"));
}
