// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { SERVED_VERSION } from "../../cluster/index.ts";
import { standardOutput } from "../output.ts";

/** Knarr's own version, from its manifest. */
function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(findPackageJSON(import.meta.url)!, "utf8")) as { version: string };
  return manifest.version;
}

export function version(options: { output?: string }): void {
  const versions = { knarr: ownVersion(), kubernetes: SERVED_VERSION, node: process.versions.node };
  if (options.output === "json") standardOutput.json(versions);
  else standardOutput.line(`knarr ${versions.knarr}, Kubernetes ${versions.kubernetes}, Node.js ${versions.node}`);
}
