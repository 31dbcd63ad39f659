// SPDX-License-Identifier: Apache-2.0

import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { ClusterFolder } from "./cluster-folder.ts";
import type { UpOptions } from "./commands/up.ts";
import { EXIT, Failure } from "./failure.ts";
import { type ReadyMessage, REPORT_FD, type ReportLine, terminalReport } from "./report.ts";

const FD = 3;
const SHOWN_LOG_LINES = 10;

const absolute = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));

/** The command line of the same `up` in the foreground, which runs in another folder. */
function foregroundArguments(options: UpOptions): string[] {
  const args = ["up", "--name", options.name];
  const valued: [string, string | number | undefined][] = [
    ["--nodes", options.nodes],
    ["--simulate", options.simulate],
    ["--data-dir", absolute(options.dataDir)],
    ["--port", options.port],
    ["--service-cidr", options.serviceCidr],
    ["--pod-cidr", options.podCidr],
    ["--kubeconfig", absolute(options.kubeconfig)],
  ];
  for (const [flag, value] of valued) if (value !== undefined) args.push(flag, String(value));
  if (options.apiOnly) args.push("--api-only");
  if (options.wait) args.push("--wait");
  return args;
}

const lastLines = (path: string, from: number): string =>
  readFileSync(path).subarray(from).toString().trimEnd().split("\n").slice(-SHOWN_LOG_LINES).join("\n");

/** Starts the cluster as a process of its own, and returns when that says that it is up. */
export async function startDetached(folder: ClusterFolder, options: UpOptions): Promise<void> {
  folder.make();
  const log = openSync(folder.logFile, "a", 0o600);
  const logStart = readFileSync(folder.logFile).length;
  const main = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./main.js", import.meta.url));
  const child = spawn(process.execPath, [main, ...foregroundArguments(options)], {
    detached: true,
    stdio: ["ignore", log, log, "pipe"],
    env: { ...process.env, [REPORT_FD]: String(FD) },
    cwd: "/",
  });
  closeSync(log);
  const report = terminalReport(options);
  const exited = new Promise<number>((ended) => child.once("exit", (code) => ended(code ?? 1)));
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
    child.kill("SIGTERM");
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const ready = await readReport(child.stdio[FD] as Readable, report);
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  if (ready) {
    child.unref();
    return;
  }
  const exitCode = await exited;
  if (isInterrupted) throw interruption(options.name);
  throw new Failure(`Cluster "${options.name}" did not start:\n${lastLines(folder.logFile, logStart)}`, { exitCode });
}

const interruption = (name: string): Failure =>
  new Failure(`The start of cluster "${name}" was interrupted; 'knarr down --name ${name}' removes what it made.`, {
    exitCode: EXIT.interrupted,
  });

const readyOf = (line: Extract<ReportLine, { type: "ready" }>): ReadyMessage => ({
  name: line.name,
  context: line.context,
  server: line.server,
  kubeconfig: line.kubeconfig,
  nodes: line.nodes,
  simulate: line.simulate,
});

/** Passes on what the process says; true when it said that it is up, false when it ended before; throws what it failed of. */
async function readReport(source: Readable, report: ReturnType<typeof terminalReport>): Promise<boolean> {
  for await (const text of createInterface({ input: source })) {
    const line = JSON.parse(text) as ReportLine;
    if (line.type === "ready") {
      report.ready(readyOf(line));
      source.destroy();
      return true;
    }
    if (line.type === "failure") throw new Failure(line.text, { exitCode: line.exitCode });
    if (line.type === "step") report.step(line.text);
    else report.remark(line.text);
  }
  return false;
}
