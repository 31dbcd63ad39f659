// SPDX-License-Identifier: Apache-2.0

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { realClient } from "../../../tools/real-clients.ts";
import { Background } from "./background.ts";

export const checkout = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const COMMAND_LIMIT_MS = 120_000;

/** How a command ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why real nodes cannot run here, or undefined where they can. */
export const noRealNodes = (): string | undefined =>
  process.platform === "linux" && process.getuid?.() === 0 ? undefined : "real nodes need root on Linux";

function run(command: string, args: readonly string[], options: { env: NodeJS.ProcessEnv; input?: string }): Outcome {
  const result = spawnSync(command, args, {
    env: options.env,
    encoding: "utf8",
    timeout: COMMAND_LIMIT_MS,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  return {
    code: result.status ?? 1,
    stdout: result.stdout ?? "",
    stderr: (result.stderr ?? "") + (result.error?.message ?? ""),
  };
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** Takes down what a test of the same purpose left behind that was killed before it could. */
function removeLeft(purpose: string): void {
  for (const folder of globSync(join(tmpdir(), `knarr-${purpose}-*`))) {
    const name = /knarr-(.+-[0-9a-f]{6})-[^-]+$/.exec(basename(folder))?.[1];
    const owner = join(folder, "owner");
    if (!name || !existsSync(owner) || isAlive(Number(readFileSync(owner, "utf8")))) continue;
    run(process.execPath, [join(checkout, "bin", "knarr"), "down", "--purge", "--name", name], {
      env: { ...process.env, KNARR_HOME: join(folder, "state"), HOME: folder },
    });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A cluster of a test's own: name, folder and kubeconfig are nobody else's. */
export class TestCluster implements Disposable {
  readonly name: string;
  readonly home: string;
  readonly kubeconfig: string;

  constructor(purpose: string) {
    removeLeft(purpose);
    this.name = `${purpose}-${randomBytes(3).toString("hex")}`;
    this.home = mkdtempSync(join(tmpdir(), `knarr-${this.name}-`));
    writeFileSync(join(this.home, "owner"), String(process.pid));
    this.kubeconfig = join(this.home, "kubeconfig");
  }

  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      KNARR_HOME: join(this.home, "state"),
      HOME: this.home,
      KUBECONFIG: this.kubeconfig,
      PATH: `${dirname(realClient("kubectl"))}:${process.env["PATH"]}`,
    };
  }

  /** Runs the command line of this checkout. */
  knarr(...args: string[]): Outcome {
    const named =
      ["version"].includes(args[0] ?? "") || args.includes("--name") ? args : [...args, "--name", this.name];
    return run(process.execPath, [join(checkout, "bin", "knarr"), ...named], { env: this.env });
  }

  /** Starts the cluster in the background; throws with what it said when that failed. */
  up(...args: string[]): void {
    const { code, stdout, stderr } = this.knarr("up", "-d", "--wait", ...args);
    if (code !== 0) throw new Error(`up failed (${code})\n${stdout}${stderr}\n${this.log()}`);
  }

  /** What the cluster's own parts wrote. */
  log(): string {
    const path = join(this.home, "state", this.name, "knarr.log");
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(-60).join("\n") : "(no log)";
  }

  /** What a failed test is understood by: objects, events and log. */
  state(): string {
    const get = (...args: string[]) => this.tryKubectl(["get", "-A", ...args]).stdout;
    const objects = get("deployments,replicasets,pods,services,endpointslices", "-o", "wide");
    return [objects, get("events", "--sort-by=.lastTimestamp"), this.log()].join("\n");
  }

  /** Runs kubectl; its outcome, whatever it was. */
  tryKubectl(args: readonly string[], input?: string, env: Readonly<Record<string, string>> = {}): Outcome {
    return run(realClient("kubectl"), args, {
      env: { ...this.env, ...env },
      ...(input === undefined ? {} : { input }),
    });
  }

  /** Runs kubectl, which must succeed; gives what it printed. */
  kubectl(...args: string[]): string {
    const { code, stdout, stderr } = this.tryKubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} failed (${code}): ${stderr}${stdout}`);
    return stdout;
  }

  /** Runs helm, which must succeed; gives what it printed. */
  helm(...args: string[]): string {
    const { code, stdout, stderr } = run(realClient("helm"), args, { env: this.env });
    if (code !== 0) throw new Error(`helm ${args.join(" ")} failed (${code}): ${stderr}${stdout}\n${this.state()}`);
    return stdout;
  }

  /** Applies a manifest given as text. */
  apply(manifest: string, ...args: string[]): string {
    const { code, stdout, stderr } = this.tryKubectl(["apply", ...args, "-f", "-"], manifest);
    if (code !== 0) throw new Error(`kubectl apply failed: ${stderr}${stdout}`);
    return stdout;
  }

  json<T>(...args: string[]): T {
    return JSON.parse(this.kubectl(...args, "-o", "json")) as T;
  }

  /** Starts a command that goes on: `kubectl logs -f`, `port-forward`. */
  start(...args: string[]): Background {
    return new Background(spawn(realClient("kubectl"), args, { env: this.env, stdio: ["pipe", "pipe", "pipe"] }));
  }

  /** Starts kubectl on a terminal of its own. */
  startOnTerminal(...args: string[]): Background {
    const words = [realClient("kubectl"), ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    const argv = ["-qefc", words.join(" "), "/dev/null"];
    return new Background(spawn("script", argv, { env: this.env, stdio: ["pipe", "pipe", "pipe"] }));
  }

  [Symbol.dispose](): void {
    this.knarr("down", "--purge");
    rmSync(this.home, { recursive: true, force: true });
  }
}
