// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { type AgentConfig, runNodeAgent } from "../../cluster/index.ts";
import { jsonLogger, releaseMemoryAfterStart } from "../../platform/index.ts";

/** Runs inside a node: kubelet, Service proxy and DNS. */
export async function nodeAgent(configPath: string): Promise<void> {
  const config = JSON.parse(readFileSync(configPath, "utf8")) as AgentConfig;
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => controller.abort(new Error(`Stopped by ${name}`)));
  const log = jsonLogger({ level: process.env["KNARR_LOG"] ?? "info", fd: 2 });
  releaseMemoryAfterStart();
  try {
    await runNodeAgent(config, { log, signal: controller.signal });
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  }
  // Connections to the API server that are kept for later would keep the process.
  process.exit(0);
}
