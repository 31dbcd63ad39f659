// SPDX-License-Identifier: Apache-2.0

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { createNodeCgroups, processesInCgroup, removeCgroup } from "./cgroups.ts";
import { containerdSocket } from "./containerd-config.ts";
import type { FabricNode } from "./fabric.ts";
import { ignore, readIfExists } from "./files.ts";
import type { ClusterLayout } from "./layout.ts";
import { containerdLog, logTail, readSpec, writeNodeFiles, writeService } from "./node-files.ts";
import type { NodeSpec, ServiceCommand } from "./node-files.ts";
import { LAUNCH_SCRIPT, NODE_SERVICES, pid1File, servicePidFile, type NodeService } from "./node-scripts.ts";
import { innerPid, isRunning, kill, killProcess, type ProcessIdentity } from "./processes.ts";
import { waitUntil } from "./wait-until.ts";

/** A node to have running. */
export interface NodeOptions {
  readonly layout: ClusterLayout;
  /** Its place in the fabric. */
  readonly node: FabricNode;
  readonly hostname: string;
  /** The agent, kept running inside the node; a changed command restarts it. */
  readonly agent?: ServiceCommand;
  readonly signal?: AbortSignal;
}

/** A running node. Process ids are the machine's. */
export interface RunningNode {
  readonly pid1: number;
  readonly containerdPid: number;
  readonly containerdSocket: string;
  /** Where the node's own files are, in the node and on the machine. */
  readonly folder: string;
  /** The node's cgroup below the root of every hierarchy; pods belong into it, beside the daemons' leaf. */
  readonly cgroup: string;
  /** False when the node was running already. */
  readonly started: boolean;
}

const START_TIMEOUT_MS = 30_000;
const END_TIMEOUT_MS = 20_000;

/** Starts a node, or finds the running one; in both cases containerd answers when this resolves. */
export async function ensureNode(options: NodeOptions): Promise<RunningNode> {
  const { layout, node, signal } = options;
  const folder = layout.nodeFolder(node.index);
  const spec: NodeSpec = {
    hostname: options.hostname,
    address: node.address,
    podRange: node.podRange,
    netns: `${(await stat(node.netns)).ino}`,
  };
  const running = await findNode(folder);
  const adopted = running !== undefined && JSON.stringify(await readSpec(folder)) === JSON.stringify(spec);
  if (adopted) await updateAgent(options, folder);
  else await startNode(options, folder, spec);
  const containerdPid = await waitForContainerd(layout, node.index, signal);
  const pid1 = await waitUntil(() => findNode(folder), { timeoutMs: START_TIMEOUT_MS, signal, what: "PID 1" });
  return {
    pid1: pid1.pid,
    containerdPid,
    containerdSocket: containerdSocket(folder),
    folder,
    cgroup: `/${layout.nodeCgroup(node.index)}`,
    started: !adopted,
  };
}

/** PID 1 of the node whose folder is given, if it runs. */
export async function findNode(folder: string): Promise<ProcessIdentity | undefined> {
  const [pid, startTime] = ((await readIfExists(pid1File(folder))) ?? "").trim().split(" ");
  if (!pid || !startTime) return undefined;
  const identity = { pid: Number(pid), startTime };
  return (await isRunning(identity)) ? identity : undefined;
}

/** The machine's process id of a service in a node, if it runs. */
export async function findService(
  layout: ClusterLayout,
  index: number,
  service: NodeService,
): Promise<number | undefined> {
  const inner = Number(await readIfExists(servicePidFile(layout.nodeFolder(index), service)));
  if (!inner) return undefined;
  for (const pid of await processesInCgroup(join(layout.nodeCgroup(index), "node"))) {
    if ((await innerPid(pid)) === inner) return pid;
  }
  return undefined;
}

/** Ends a node and everything in it; its folder (images, logs) stays. */
export async function stopNode(layout: ClusterLayout, index: number): Promise<void> {
  const pid1 = await findNode(layout.nodeFolder(index));
  if (pid1) {
    await killProcess(pid1);
    await waitUntil(async () => !(await isRunning(pid1)), { timeoutMs: END_TIMEOUT_MS, what: "the end of the node" });
  }
  await removeCgroup(layout.nodeCgroup(index));
  await rm(pid1File(layout.nodeFolder(index)), { force: true });
}

/** The pid of a node's agent and others, for `status`. */
export async function nodeServices(layout: ClusterLayout, index: number): Promise<Map<NodeService, number>> {
  const found = new Map<NodeService, number>();
  for (const service of NODE_SERVICES) {
    const pid = await findService(layout, index, service);
    if (pid !== undefined) found.set(service, pid);
  }
  return found;
}

async function startNode(options: NodeOptions, folder: string, spec: NodeSpec): Promise<void> {
  const { layout, node, signal } = options;
  await stopNode(layout, node.index);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeNodeFiles(folder, spec, options.agent);
  signal?.throwIfAborted();
  const procs = await createNodeCgroups(layout.nodeCgroup(node.index));
  await launch(folder, ["sh", "-c", LAUNCH_SCRIPT, "launch", node.netns, join(folder, "init.sh"), ...procs], signal);
}

/** Starts the node as a process that outlives this one, and waits until its PID 1 stands. */
async function launch(folder: string, argv: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const path = join(folder, "log", "node.log");
  const log = await open(path, "w");
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { detached: true, stdio: ["ignore", log.fd, log.fd], cwd: "/" });
  await log.close();
  const failed = once(child, "exit").then(async () => {
    throw new Error(`Node in ${folder} did not start: ${await logTail(path)}`);
  });
  // A node that ends later is somebody else's business; this promise then has nobody waiting for it.
  failed.catch(() => undefined);
  const found = waitUntil(() => findNode(folder), { timeoutMs: START_TIMEOUT_MS, signal, what: `PID 1 of ${folder}` });
  await Promise.race([found, failed]);
  child.unref();
}

async function updateAgent({ layout, node, agent }: NodeOptions, folder: string): Promise<void> {
  if (!agent || !(await writeService(folder, "agent", agent))) return;
  const pid = await findService(layout, node.index, "agent");
  if (pid !== undefined) kill(pid, "SIGTERM");
}

async function waitForContainerd(layout: ClusterLayout, index: number, signal?: AbortSignal): Promise<number> {
  const folder = layout.nodeFolder(index);
  try {
    await waitUntil(() => accepts(containerdSocket(folder)), {
      timeoutMs: START_TIMEOUT_MS,
      intervalMs: 10,
      signal,
      what: "containerd to answer",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error(`containerd does not answer: ${await logTail(containerdLog(folder))}`, { cause: error });
  }
  return waitUntil(() => findService(layout, index, "containerd"), {
    timeoutMs: START_TIMEOUT_MS,
    signal,
    what: "the process id of containerd",
  });
}

/** Whether somebody listens on a unix socket. */
async function accepts(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    ignore("ENOENT", "ECONNREFUSED")(error);
    return false;
  } finally {
    socket.destroy();
  }
}
