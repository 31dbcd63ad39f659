// SPDX-License-Identifier: Apache-2.0

import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, watch } from "node:fs";
import { ClusterFolder } from "../cluster-folder.ts";
import { EXIT, Failure } from "../failure.ts";

const CHUNK_BYTES = 64 * 1024;

export async function logs(options: { name: string; follow?: boolean; tail?: number }): Promise<void> {
  const folder = new ClusterFolder(options.name);
  if (!existsSync(folder.logFile)) {
    throw new Failure(
      `Cluster "${options.name}" has written nothing; 'knarr up -d --name ${options.name}' starts it.`,
      {
        exitCode: EXIT.notRunning,
      },
    );
  }
  const text = readFileSync(folder.logFile, "utf8");
  const lines = text.split("\n");
  const shown = options.tail === undefined ? text : lines.slice(-options.tail - 1).join("\n");
  process.stdout.write(shown);
  if (options.follow) await follow(folder.logFile, Buffer.byteLength(text));
}

/** Writes what is appended until the process is interrupted, or nobody reads on. */
async function follow(path: string, from: number): Promise<void> {
  const file = openSync(path, "r");
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let at = from;
  const copy = () => {
    if (fstatSync(file).size < at) at = 0;
    for (
      let read = readSync(file, chunk, 0, CHUNK_BYTES, at);
      read > 0;
      read = readSync(file, chunk, 0, CHUNK_BYTES, at)
    ) {
      process.stdout.write(Buffer.from(chunk.subarray(0, read)));
      at += read;
    }
  };
  const watcher = watch(path, copy);
  copy();
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve).once("SIGTERM", resolve);
    process.stdout.once("error", () => resolve());
  });
  watcher.close();
  closeSync(file);
}
