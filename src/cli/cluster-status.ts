// SPDX-License-Identifier: Apache-2.0

import { ClusterLayout, findLeftovers, findNode, nodeServices } from "../platform/index.ts";
import type { ClusterFolder } from "./cluster-folder.ts";

/** What `knarr status -o json` prints of a cluster. */
export interface ClusterStatus {
  readonly name: string;
  readonly context: string;
  readonly server: string;
  readonly running: boolean;
  readonly ready: boolean;
  readonly dataDir: string;
  /** Knarr's own processes. */
  readonly parts: readonly { readonly name: string; readonly pid: number }[];
  /** The processes that a real node runs on. */
  readonly runtime: readonly {
    readonly node: string;
    readonly pid1?: { readonly pid: number };
    readonly containerd?: { readonly pid: number };
  }[];
}

/** Reads what runs of a cluster; undefined when nothing was ever started under the name. */
export async function clusterStatus(folder: ClusterFolder): Promise<ClusterStatus | undefined> {
  const record = folder.record();
  if (!record) return undefined;
  const run = folder.running();
  const layout = new ClusterLayout(folder.name);
  const isRoot = process.platform === "linux" && process.getuid?.() === 0;
  const left = isRoot ? await findLeftovers(layout) : undefined;
  const runtime: ClusterStatus["runtime"][number][] = [];
  const agents: { name: string; pid: number }[] = [];
  for (const index of left?.nodes ?? []) {
    const services = await nodeServices(layout, index);
    const pid1 = (await findNode(layout.nodeFolder(index)))?.pid;
    const containerd = services.get("containerd");
    const agent = services.get("agent");
    runtime.push({
      node: `node-${index}`,
      ...(pid1 === undefined ? {} : { pid1: { pid: pid1 } }),
      ...(containerd === undefined ? {} : { containerd: { pid: containerd } }),
    });
    if (agent !== undefined) agents.push({ name: `node-agent-${index}`, pid: agent });
  }
  return {
    name: folder.name,
    context: folder.context,
    server: run?.server ?? (record.port ? `https://127.0.0.1:${record.port}` : ""),
    running: run !== undefined,
    ready: run?.ready ?? false,
    dataDir: record.dataDir,
    parts: [...(run?.parts ?? []), ...agents],
    runtime,
  };
}
