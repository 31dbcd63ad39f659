// SPDX-License-Identifier: Apache-2.0

import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers";
import { ClusterServer } from "../../cluster/index.ts";
import { ensurePackages, jsonLogger, releaseMemoryAfterStart } from "../../platform/index.ts";
import { adminEntry } from "../admin-entry.ts";
import { agentCommand } from "../agent-command.ts";
import { type ClusterFolder, type ClusterRecord, startTimeOf } from "../cluster-folder.ts";
import { EXIT } from "../failure.ts";
import { addToKubeconfig, defaultKubeconfigPath, removeFromKubeconfig } from "../kubeconfig-file.ts";
import type { Report } from "../report.ts";
import { isApiOnly, runsAlready, type UpOptions } from "./up.ts";

function recordOf(
  options: UpOptions,
  folder: ClusterFolder,
  counts: { nodes: number; simulate: number },
): Omit<ClusterRecord, "port"> {
  const before = folder.record();
  const serviceCidr = options.serviceCidr ?? before?.serviceCidr;
  const podCidr = options.podCidr ?? before?.podCidr;
  return {
    ...(before?.kubeconfig ? { kubeconfig: before.kubeconfig } : {}),
    name: options.name,
    dataDir: options.dataDir ? resolve(options.dataDir) : (before?.dataDir ?? join(folder.path, "data")),
    nodes: counts.nodes,
    simulate: counts.simulate,
    apiOnly: isApiOnly(options, before),
    ...(serviceCidr ? { serviceCidr } : {}),
    ...(podCidr ? { podCidr } : {}),
    ...(before?.nodeCidr ? { nodeCidr: before.nodeCidr } : {}),
  };
}

/** Puts the cluster into the user's kubeconfig and what is known of it into its record; gives the file's path. */
async function joinKubeconfig(options: UpOptions, folder: ClusterFolder, record: ClusterRecord): Promise<string> {
  const earlier = record.kubeconfig;
  const path = options.kubeconfig ? resolve(options.kubeconfig) : (earlier?.path ?? defaultKubeconfigPath());
  if (earlier && earlier.path !== path) await removeFromKubeconfig(folder.context, earlier);
  await addToKubeconfig(path, adminEntry(folder, record), {
    earlier,
    remember: (kubeconfig) => folder.saveRecord({ ...record, kubeconfig }),
  });
  return path;
}

/** Runs the cluster in this process until it is told to stop. */
export async function runCluster(
  options: UpOptions,
  folder: ClusterFolder,
  counts: { nodes: number; simulate: number },
  report: Report,
): Promise<void> {
  const stop = stopSignal(report);
  const record = recordOf(options, folder, counts);
  const identity = { pid: process.pid, startTime: startTimeOf(process.pid) };
  const partial = { ...identity, server: "", ready: false, parts: [] };
  if (!folder.claimRun(partial)) throw runsAlready(folder);
  const before = folder.record();
  // Even if this process is killed at once, `down` knows what to remove.
  if (!before) folder.saveRecord({ ...record, port: 0 });
  const log = jsonLogger({ level: process.env["KNARR_LOG"] ?? "info", path: folder.logFile });
  try {
    if (counts.nodes > 0) await ensurePackages({ say: (step) => report.step(step), signal: stop });
    const lastPort = before?.port || undefined;
    await using server = await ClusterServer.start(
      {
        ...record,
        ...(options.port === undefined ? {} : { port: options.port }),
        ...(lastPort === undefined ? {} : { lastPort }),
        hostname: hostname(),
        log,
        agentCommand,
        progress: (step) => report.step(step),
      },
      { signal: stop },
    );
    const full: ClusterRecord = { ...record, ...server.ranges, port: server.port };
    const kubeconfig = await joinKubeconfig(options, folder, full);
    const parts = [{ name: "control-plane", pid: process.pid }];
    folder.saveRun({ ...identity, server: server.url, ready: !options.wait, parts });
    if (options.wait) {
      report.step("Waiting for the nodes");
      await server.waitForNodes({ signal: stop });
      folder.saveRun({ ...identity, server: server.url, ready: true, parts });
    }
    report.ready({
      name: options.name,
      context: folder.context,
      server: server.url,
      kubeconfig,
      ...counts,
    });
    releaseMemoryAfterStart();
    await aborted(stop);
    report.step("Stopping");
  } catch (error) {
    if (stop.aborted) {
      process.exitCode = EXIT.interrupted;
      return;
    }
    // What was asked for did not work: the next `up` is not to repeat it.
    if (!before && !folder.record()?.kubeconfig) folder.forgetRecord();
    log.error("The cluster did not start", { error });
    throw error;
  } finally {
    folder.forgetRun();
  }
}

/** What has not ended this long after the signal to stop is ended. */
const STOP_LIMIT_MS = 20_000;

/**
 * A terminal sends Ctrl-C to all of its processes, and those that started this one pass it on: what comes within this
 * time of the first signal is the same one.
 */
const SAME_SIGNAL_MS = 500;

/** Aborted by Ctrl-C and by `knarr down`; a second Ctrl-C ends the process at once. */
function stopSignal(report: Report): AbortSignal {
  const controller = new AbortController();
  let isSame = true;
  const giveUp = () => {
    report.remark(`Not everything stopped within ${STOP_LIMIT_MS / 1_000} seconds; ending all the same.`);
    process.exit(EXIT.failed);
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      if (controller.signal.aborted) {
        if (!isSame) process.exit(EXIT.failed);
        return;
      }
      setTimeout(() => (isSame = false), SAME_SIGNAL_MS).unref();
      setTimeout(giveUp, STOP_LIMIT_MS).unref();
      controller.abort(new Error(`Stopped by ${name}`));
    });
  return controller.signal;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolved) => {
    if (signal.aborted) resolved();
    else signal.addEventListener("abort", () => resolved(), { once: true });
  });
