// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from "node:timers/promises";
import { removeFromMachine } from "../../cluster/index.ts";
import { ClusterFolder } from "../cluster-folder.ts";
import { EXIT, Failure } from "../failure.ts";
import { removeFromKubeconfig } from "../kubeconfig-file.ts";
import { standardOutput } from "../output.ts";
import { passContextOn } from "../pass-context-on.ts";
import { removeData } from "../remove-data.ts";

const DEFAULT_NAME = "default";
const STOP_LIMIT_MS = 30_000;
const POLL_MS = 20;

/** Ends the process that runs the cluster: in order if it can, by force if it does not. */
async function stopProcess(folder: ClusterFolder): Promise<void> {
  const run = folder.running();
  if (!run) return;
  process.kill(run.pid, "SIGTERM");
  for (let waited = 0; folder.running()?.pid === run.pid; waited += POLL_MS) {
    if (waited === STOP_LIMIT_MS) process.kill(run.pid, "SIGKILL");
    await sleep(POLL_MS);
  }
}

export async function down(options: { name: string; purge?: boolean; output?: string }): Promise<void> {
  const folder = new ClusterFolder(options.name);
  const record = folder.record();
  if (!record && !folder.running()) {
    // A start that failed leaves things on the machine all the same.
    const left = await cleanMachine(options.name);
    folder.remove();
    if (left) {
      report(options, `Cluster "${options.name}" did not start; what it left behind is removed.`);
      return;
    }
    throw new Failure(`There is no cluster "${options.name}"; 'knarr status' lists the clusters.`, {
      exitCode: EXIT.notRunning,
    });
  }
  await stopProcess(folder);
  await cleanMachine(options.name);
  if (record?.kubeconfig) {
    await removeFromKubeconfig(folder.context, record.kubeconfig);
    passContextOn(folder.context, record.kubeconfig);
    const { kubeconfig: _gone, ...rest } = record;
    folder.saveRecord(rest);
  }
  folder.forgetRun();
  if (options.purge) {
    if (record) removeData(record.dataDir);
    folder.remove();
  }
  const named = options.name === DEFAULT_NAME ? "" : ` --name ${options.name}`;
  report(
    options,
    options.purge
      ? `Cluster "${options.name}" is gone.`
      : `Cluster "${options.name}" is down; 'knarr up${named}' starts it with its objects, 'knarr down${named} --purge' removes those too.`,
  );
}

function report(options: { name: string; purge?: boolean; output?: string }, text: string): void {
  if (options.output === "json") standardOutput.json({ name: options.name, purged: options.purge === true });
  else standardOutput.line(text);
}

async function cleanMachine(name: string): Promise<boolean> {
  return process.platform === "linux" && process.getuid?.() === 0 && removeFromMachine(name);
}
