// SPDX-License-Identifier: Apache-2.0

import { ClusterFolder, type ClusterRecord } from "../cluster-folder.ts";
import { startDetached } from "../detached.ts";
import { EXIT, Failure } from "../failure.ts";
import { openReport, type Report } from "../report.ts";
import { startFailure } from "../start-failure.ts";

export interface UpOptions {
  readonly name: string;
  readonly nodes?: number;
  readonly simulate?: number;
  readonly apiOnly?: boolean;
  readonly dataDir?: string;
  readonly port?: number;
  readonly serviceCidr?: string;
  readonly podCidr?: string;
  readonly kubeconfig?: string;
  readonly wait?: boolean;
  readonly detach?: boolean;
  readonly output?: string;
}

/** Real nodes that one cluster can have on a machine today. */
const REAL_NODES_MAX = 1;
const SIMULATED_INSTEAD = 1;

const canRunRealNodes = (): boolean => process.platform === "linux" && process.getuid?.() === 0;

/** As it was started before, unless nodes are asked for. */
export const isApiOnly = (options: UpOptions, record: ClusterRecord | undefined): boolean =>
  options.apiOnly ?? (options.nodes || options.simulate ? false : (record?.apiOnly ?? false));

/** Services, nodes and certificates of a cluster hold addresses of its ranges: it cannot be moved to others. */
function refuseOtherRanges(options: UpOptions, record: ClusterRecord | undefined): void {
  for (const [option, given, kept] of [
    ["--service-cidr", options.serviceCidr, record?.serviceCidr],
    ["--pod-cidr", options.podCidr, record?.podCidr],
  ] as const) {
    if (given === undefined || kept === undefined || given === kept) continue;
    throw new Failure(
      `Cluster "${options.name}" has objects in ${kept}; leave ${option} out, or remove them by 'knarr down --purge --name ${options.name}' first.`,
      { exitCode: EXIT.usage },
    );
  }
}

/** How many nodes of each kind; words for the user where it is not what they may expect. */
function nodeCounts(
  options: UpOptions,
  record: ClusterRecord | undefined,
): { nodes: number; simulate: number; remark?: string } {
  if (isApiOnly(options, record)) return { nodes: 0, simulate: 0 };
  const simulate = options.simulate ?? record?.simulate ?? 0;
  const nodes = options.nodes ?? record?.nodes;
  if (nodes !== undefined && nodes > REAL_NODES_MAX)
    throw new Failure("One real node is what Knarr runs today; use --nodes 1, and --simulate for more nodes.", {
      exitCode: EXIT.usage,
    });
  if (canRunRealNodes()) return { nodes: nodes ?? (options.simulate ? 0 : 1), simulate };
  if (options.nodes) {
    throw new Failure("Real nodes need root on Linux; run as root, or use --nodes 0 --simulate 3.", {
      exitCode: EXIT.usage,
    });
  }
  if (simulate > 0 || nodes === 0) return { nodes: 0, simulate };
  return {
    nodes: 0,
    simulate: SIMULATED_INSTEAD,
    remark: "Real nodes need root on Linux, so this cluster runs simulated nodes: pods get Ready without containers.",
  };
}

/** What a second `up` is told: what runs, or is about to. */
export function runsAlready(folder: ClusterFolder): Failure {
  const run = folder.running();
  const state = run?.server ? `runs already (pid ${run.pid}, ${run.server})` : "is being started by another 'knarr up'";
  return new Failure(`Cluster "${folder.name}" ${state}; 'knarr down --name ${folder.name}' stops it.`);
}

export async function up(options: UpOptions): Promise<void> {
  const folder = new ClusterFolder(options.name);
  const report = openReport(options);
  try {
    await start(options, folder, report);
  } catch (error) {
    const failure = startFailure(options.name, error);
    report.failure(failure);
    throw failure;
  }
}

async function start(options: UpOptions, folder: ClusterFolder, report: Report): Promise<void> {
  if (folder.running()) throw runsAlready(folder);
  const record = folder.record();
  refuseOtherRanges(options, record);
  const counts = nodeCounts(options, record);
  if (options.detach) {
    await startDetached(folder, options);
    return;
  }
  if (counts.remark) report.remark(counts.remark);
  const { runCluster } = await import("./run-cluster.ts");
  await runCluster(options, folder, counts, report);
}
