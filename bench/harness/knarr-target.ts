// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Devtools } from "./devtools.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import type { Target } from "./target.ts";

const POLL_MS = 10;
const START_LIMIT_MS = 60_000;
const INSPECTOR_LINE = /Debugger listening on (ws:\S+)/;
const bin = join(dirname(dirname(import.meta.dirname)), "bin", "knarr");

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** A folder in which one measured cluster lives, and the environment of its commands. */
export class KnarrHome implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "knarr-bench-"));
  readonly name = `bench-${process.pid}`;

  get kubeconfig(): string {
    return join(this.folder, "kubeconfig");
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, KNARR_HOME: join(this.folder, "home"), KUBECONFIG: this.kubeconfig };
  }

  /** Starts a knarr command. */
  command(args: readonly string[], nodeFlags: readonly string[] = []): ChildProcess {
    return spawn(process.execPath, [...nodeFlags, bin, ...args, "--name", this.name], {
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Runs a knarr command to its end; what it printed. */
  async run(args: readonly string[]): Promise<string> {
    const child = this.command(args);
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout!.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr!.on("data", (chunk: Buffer) => errors.push(chunk));
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`knarr ${args.join(" ")} ended with ${code}: ${Buffer.concat(errors).toString()}`);
    return Buffer.concat(output).toString();
  }

  /** The record of the running process says that it is up. */
  async up(child: ChildProcess, log: () => string): Promise<void> {
    const file = join(this.folder, "home", this.name, "run.json");
    for (let waited = 0; waited < START_LIMIT_MS; waited += POLL_MS) {
      if (child.exitCode !== null) break;
      if (existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as { ready: boolean }).ready) return;
      await sleep(POLL_MS);
    }
    throw new Error(`knarr did not come up: ${log()}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A fresh Knarr cluster without nodes, for one measure. */
export class KnarrTarget implements Target {
  readonly label = "knarr";
  readonly access: Target["access"];
  readonly pids: readonly number[];
  readonly devtools?: Devtools;
  readonly #home: KnarrHome;
  readonly #child: ChildProcess;

  private constructor(home: KnarrHome, child: ChildProcess, devtools: Devtools | undefined) {
    this.#home = home;
    this.#child = child;
    this.access = readKubeconfig(home.kubeconfig);
    this.pids = [child.pid!];
    if (devtools) this.devtools = devtools;
  }

  static async start(options: { readonly parts: boolean; readonly inspect: boolean }): Promise<KnarrTarget> {
    const home = new KnarrHome();
    const args = ["up", "--nodes", "0", "--port", String(await freePort()), ...(options.parts ? [] : ["--api-only"])];
    const child = home.command(args, options.inspect ? ["--inspect=127.0.0.1:0"] : []);
    let log = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
    child.stdout!.resume();
    try {
      await home.up(child, () => log);
      const url = INSPECTOR_LINE.exec(log)?.[1];
      return new KnarrTarget(home, child, url ? await Devtools.open(url) : undefined);
    } catch (error) {
      child.kill("SIGKILL");
      home[Symbol.dispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.devtools?.[Symbol.dispose]();
    this.#child.kill("SIGTERM");
    if (this.#child.exitCode === null) await once(this.#child, "exit");
    this.#home[Symbol.dispose]();
  }
}
