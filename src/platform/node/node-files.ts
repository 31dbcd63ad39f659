// SPDX-License-Identifier: Apache-2.0

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cniConfigList } from "./cni-config.ts";
import { cniConfigFolder, containerdConfig, containerdSocket } from "./containerd-config.ts";
import { exists, readIfExists, writeAtomically } from "./files.ts";
import {
  BIND_SOURCES,
  initScript,
  NODE_SERVICES,
  pid1File,
  serviceLogFile,
  servicePidFile,
  serviceScript,
  serviceScriptFile,
  superviseScript,
  type NodeService,
} from "./node-scripts.ts";

/** A command and all of its environment. */
export interface ServiceCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a node is; a running node is kept as long as nothing of it differs. */
export interface NodeSpec {
  readonly hostname: string;
  readonly address: string;
  readonly podRange: string;
  readonly netns: string;
}

/** Programs come from the packages of the machine, wherever those put them. */
const PROGRAM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const CNI_BIN_FOLDERS = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];
const REAPERS = [
  ["/usr/bin/tini", "--"],
  ["/sbin/tini", "--"],
  ["/usr/bin/catatonit", "--"],
] as const;
/** Inside the private /run: a node that restarts has no pods, so no address is taken. */
const CNI_ADDRESSES_FOLDER = "/run/cni-addresses";
const CAP_SYS_RESOURCE = 24n;

const specFile = (folder: string): string => join(folder, "node.json");

/** Writes all that a node reads when it starts; what ended with the node's last run is removed. */
export async function writeNodeFiles(folder: string, spec: NodeSpec, agent: ServiceCommand | undefined): Promise<void> {
  for (const name of [...BIND_SOURCES, "log", "opt", "containerd", "cni"]) {
    await mkdir(join(folder, name), { recursive: true });
  }
  for (const service of NODE_SERVICES) await rm(servicePidFile(folder, service), { force: true });
  await rm(pid1File(folder), { force: true });
  await rm(containerdSocket(folder), { force: true });
  const services: NodeService[] = agent ? ["containerd", "agent"] : ["containerd"];
  const files: Record<string, string> = {
    "init.sh": initScript(folder, spec.hostname, await findReaper()),
    "supervise.sh": superviseScript(folder, services),
    "containerd.toml": await nodeContainerdConfig(folder, spec),
    hosts: hostsFile(spec),
    hostname: `${spec.hostname}\n`,
    "resolv.conf": await reachableResolvers(),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const cni = cniConfigList({ podRange: spec.podRange, dataFolder: CNI_ADDRESSES_FOLDER });
  await writeFile(join(cniConfigFolder(folder), "10-knarr.conflist"), cni);
  await writeService(folder, "containerd", {
    argv: ["containerd", "--config", join(folder, "containerd.toml")],
    env: { PATH: PROGRAM_PATH },
  });
  if (agent) await writeService(folder, "agent", agent);
  await writeAtomically(specFile(folder), JSON.stringify(spec));
}

/** Writes the script that becomes a service; false when it says so already. */
export async function writeService(folder: string, service: NodeService, command: ServiceCommand): Promise<boolean> {
  const file = serviceScriptFile(folder, service);
  const script = serviceScript(command.argv, command.env);
  if ((await readIfExists(file)) === script) return false;
  await writeAtomically(file, script);
  return true;
}

/** What the node in a folder was made as, if one was. */
export async function readSpec(folder: string): Promise<NodeSpec | undefined> {
  const text = await readIfExists(specFile(folder));
  return text === undefined ? undefined : (JSON.parse(text) as NodeSpec);
}

/** The last lines of a log, for messages. */
export async function logTail(path: string, lines = 10): Promise<string> {
  const text = (await readIfExists(path)) ?? "";
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}

export const containerdLog = (folder: string): string => serviceLogFile(folder, "containerd");

async function nodeContainerdConfig(folder: string, spec: NodeSpec): Promise<string> {
  return containerdConfig({
    folder,
    address: spec.address,
    cniBinFolder: await findCniPlugins(),
    restrictOomScoreAdj: !(await hasCapability(CAP_SYS_RESOURCE)),
  });
}

function hostsFile({ address, hostname }: NodeSpec): string {
  return `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${address} ${hostname}\n`;
}

async function findReaper(): Promise<readonly string[]> {
  for (const reaper of REAPERS) if (await exists(reaper[0])) return reaper;
  throw new Error("Neither tini nor catatonit is installed; a node needs one as its first process");
}

async function findCniPlugins(): Promise<string> {
  for (const folder of CNI_BIN_FOLDERS) if (await exists(join(folder, "bridge"))) return folder;
  throw new Error(`No CNI plug-ins in ${CNI_BIN_FOLDERS.join(", ")}; install containernetworking-plugins`);
}

async function hasCapability(capability: bigint): Promise<boolean> {
  const status = await readFile("/proc/self/status", "utf8");
  const effective = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return ((effective >> capability) & 1n) === 1n;
}

/** The machine's name servers without those on its loopback, which a node cannot reach. */
async function reachableResolvers(): Promise<string> {
  const own = (await readIfExists("/etc/resolv.conf")) ?? "";
  const isReachable = (text: string) => /^\s*nameserver\s+(?!127\.|::1\s*$)/m.test(text);
  const upstream = isReachable(own) ? own : ((await readIfExists("/run/systemd/resolve/resolv.conf")) ?? own);
  return `${upstream
    .split("\n")
    .filter((line) => !/^\s*nameserver\s+(127\.|::1\s*$)/.test(line))
    .join("\n")
    .trimEnd()}\n`;
}
