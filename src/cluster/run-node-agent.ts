// SPDX-License-Identifier: Apache-2.0

import type { Logger } from "../base/index.ts";
import type { AgentConfig } from "./agent-config.ts";

/** Runs a node's kubelet, Service proxy and DNS, inside the node, until aborted. Their code is loaded here alone. */
export async function runNodeAgent(config: AgentConfig, options: { log: Logger; signal: AbortSignal }): Promise<void> {
  const agent = await import("./node-agent.ts");
  await agent.runNodeAgent(config, options);
}
