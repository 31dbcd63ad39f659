// SPDX-License-Identifier: Apache-2.0

import { fileURLToPath } from "node:url";

/** The command that a real node keeps running: this very program, with the node's configuration. */
export function agentCommand(configPath: string): { argv: readonly string[]; env: Readonly<Record<string, string>> } {
  const main = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./main.js", import.meta.url));
  return {
    argv: [process.execPath, main, "node-agent", configPath],
    env: { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin" },
  };
}
