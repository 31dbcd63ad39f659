// SPDX-License-Identifier: Apache-2.0
// npm run answers [-- FILE … --show N]: replays the recorded answers of the original against a fresh API server, and
// prints a table by kind. Needs the shared data beside the checkout, and python3.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Cluster } from "../src/index.ts";
import { realClient } from "./real-clients.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tool = join(root, "..", "shared", "tools", "answers");

async function replay(args: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "knarr-answers-"));
  try {
    await using cluster = await Cluster.start({ apiOnly: true, serviceCidr: "10.0.0.0/24" });
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, await cluster.kubeconfig(), { mode: 0o600 });
    // The server answers from this process, so the replay must not block it.
    const child = spawn(tool, [kubeconfig, ...args], {
      stdio: "inherit",
      env: { ...process.env, PATH: `${dirname(realClient("kubectl"))}:${process.env["PATH"]}` },
    });
    return await new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (existsSync(tool)) {
  const args = process.argv.slice(2);
  process.exitCode = await replay(args.includes("--show") ? [...args, "--table"] : [...args, "--table", "--show", "0"]);
} else process.stdout.write("The recorded answers are not beside this checkout; nothing was replayed.\n");
