// SPDX-License-Identifier: Apache-2.0

import { mkdirSync } from "node:fs";
import { readdir, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";

/** Writes a file that only its owner reads, all at once. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.new`;
  await writeFile(fresh, text, { mode: 0o600 });
  await rename(fresh, path);
}

/** Paths of the files in a folder, in order; none when there is no such folder. */
export async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort().map((name) => join(folder, name));
  } catch {
    return [];
  }
}

const PORTS_TRIED = 200;

function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port that is free on all addresses: the preferred one, else the first from `first` on. */
export async function freePort(
  addresses: readonly string[],
  [preferred, first]: readonly [number, number],
): Promise<number> {
  const candidates = [preferred, ...Array.from({ length: PORTS_TRIED }, (_, i) => first + i)];
  for (const port of candidates) {
    const free = await Promise.all(addresses.map((address) => isFree(address, port)));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`No port from ${first} to ${first + PORTS_TRIED - 1} is free on ${addresses.join(" and ")}`);
}
