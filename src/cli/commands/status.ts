// SPDX-License-Identifier: Apache-2.0

import { ClusterFolder } from "../cluster-folder.ts";
import { clusterStatus, type ClusterStatus } from "../cluster-status.ts";
import { EXIT, Failure } from "../failure.ts";
import { standardOutput } from "../output.ts";

export async function status(options: { name?: string; output?: string }): Promise<void> {
  const names = options.name === undefined ? ClusterFolder.names() : [options.name];
  const statuses: ClusterStatus[] = [];
  for (const name of names) {
    const found = await clusterStatus(new ClusterFolder(name));
    if (found) statuses.push(found);
    else if (options.name !== undefined)
      throw new Failure(`There is no cluster "${name}"; 'knarr up -d --name ${name}' makes one.`, {
        exitCode: EXIT.notRunning,
      });
  }
  if (options.output === "json") {
    if (options.name === undefined) standardOutput.json({ clusters: statuses });
    else standardOutput.json(statuses[0]);
  } else print(statuses);
  if (options.name !== undefined && !statuses[0]?.running) process.exitCode = EXIT.notRunning;
}

function print(statuses: readonly ClusterStatus[]): void {
  if (statuses.length === 0) standardOutput.line("No cluster; 'knarr up -d' makes one.");
  for (const s of statuses) {
    const state = s.running ? (s.ready ? "ready" : "starting") : "stopped";
    standardOutput.line(`${s.name}: ${state}, ${s.server || "no address yet"}, context ${s.context}`);
    for (const part of s.parts) standardOutput.line(`  ${part.name} (pid ${part.pid})`);
    for (const node of s.runtime)
      standardOutput.line(
        `  node ${node.node}: PID 1 ${node.pid1?.pid ?? "-"}, containerd ${node.containerd?.pid ?? "-"}`,
      );
  }
}
