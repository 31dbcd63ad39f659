// SPDX-License-Identifier: Apache-2.0

import { createHash } from "node:crypto";
import { constants, copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { imageFolder } from "../../cluster/index.ts";
import {
  ClusterLayout,
  CommandError,
  containerdSocket,
  findLeftovers,
  importImages,
  machineCommands,
} from "../../platform/index.ts";
import { ClusterFolder } from "../cluster-folder.ts";
import { EXIT, Failure } from "../failure.ts";
import { standardOutput } from "../output.ts";

const NAME_DIGITS = 16;

/** A cluster that goes down loses its nodes' images: the archive is kept with its objects, for the next up. */
function keepArchive(path: string, folder: ClusterFolder): void {
  const record = folder.record();
  if (!record) return;
  const kept = imageFolder(record.dataDir);
  mkdirSync(kept, { recursive: true, mode: 0o700 });
  const name = createHash("sha256").update(path).digest("hex").slice(0, NAME_DIGITS);
  // A copy on write costs nothing where the file system can do it.
  copyFileSync(path, join(kept, `${name}.tar`), constants.COPYFILE_FICLONE);
}

async function loadInto(containerdSocket: string, path: string): Promise<string[]> {
  try {
    return await importImages(path, { containerdSocket, commands: machineCommands });
  } catch (error) {
    const said = error instanceof CommandError ? error.stderr : String(error);
    const why = said.trim().split("\n").at(-1);
    throw new Failure(`${path} is no image archive (of 'docker save', or OCI layout, as tar): ${why}`, {
      cause: error,
    });
  }
}

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
    for (const name of await loadInto(containerdSocket(layout.nodeFolder(index)), path)) names.add(name);
  keepArchive(path, folder);
  if (options.output === "json") standardOutput.json({ images: [...names], nodes: nodes.length });
  else
    for (const name of names)
      standardOutput.line(`${name} is on ${nodes.length === 1 ? "the node" : `${nodes.length} nodes`}`);
}
