// SPDX-License-Identifier: Apache-2.0

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ClusterLayout, containerdSocket, findLeftovers, importImages, machineCommands } from "../../platform/index.ts";
import { ClusterFolder } from "../cluster-folder.ts";
import { EXIT, Failure } from "../failure.ts";
import { standardOutput } from "../output.ts";

export async function imageLoad(archive: string, options: { name: string; output?: string }): Promise<void> {
  const path = resolve(archive);
  if (!existsSync(path))
    throw new Failure(`${path} does not exist; give an archive that 'docker save' or a build wrote.`);
  const folder = new ClusterFolder(options.name);
  const layout = new ClusterLayout(folder.name);
  const nodes = (await findLeftovers(layout))?.runningNodes ?? [];
  if (nodes.length === 0)
    throw new Failure(`Cluster "${options.name}" has no real node that runs; 'knarr up' starts one.`, {
      exitCode: EXIT.notRunning,
    });
  const names = new Set<string>();
  for (const index of nodes)
    for (const name of await importImages(path, {
      containerdSocket: containerdSocket(layout.nodeFolder(index)),
      commands: machineCommands,
    }))
      names.add(name);
  if (options.output === "json") standardOutput.json({ images: [...names], nodes: nodes.length });
  else
    for (const name of names)
      standardOutput.line(`${name} is on ${nodes.length === 1 ? "the node" : `${nodes.length} nodes`}`);
}
