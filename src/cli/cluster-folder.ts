// SPDX-License-Identifier: Apache-2.0

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { claimFile } from "./claim-file.ts";
import { Failure, EXIT } from "./failure.ts";

/** A cluster's name: part of file, link and cgroup names. */
const NAME = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/;

/** What `up` was asked for the first time; later ups of the same cluster keep it unless told otherwise. */
export interface ClusterRecord {
  readonly name: string;
  readonly dataDir: string;
  readonly port: number;
  readonly nodes: number;
  readonly simulate: number;
  readonly apiOnly: boolean;
  readonly serviceCidr?: string;
  readonly podCidr?: string;
  readonly nodeCidr?: string;
  /** The kubeconfig file that was written, and how it was before: byte for byte, or absent. */
  readonly kubeconfig?: KubeconfigRecord;
}

export interface KubeconfigRecord {
  readonly path: string;
  readonly before?: string;
  readonly after: string;
  readonly previousContext?: string;
  readonly madeFolder: boolean;
}

/** The process that runs the cluster. */
export interface RunRecord {
  readonly pid: number;
  /** When it started, in clock ticks since boot: a pid alone may be somebody else's by now. */
  readonly startTime: string;
  readonly server: string;
  readonly ready: boolean;
  readonly parts: readonly { readonly name: string; readonly pid: number }[];
}

/** Start time of a process from /proc, or an empty text where there is none. */
export function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "" : (fields[19] ?? "");
  } catch {
    return "";
  }
}

function isAlive(run: { readonly pid: number; readonly startTime: string }): boolean {
  if (existsSync("/proc/self/stat")) return run.startTime !== "" && startTimeOf(run.pid) === run.startTime;
  try {
    process.kill(run.pid, 0);
    return true;
  } catch {
    return false;
  }
}

const textOf = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Whether the process that a run record tells of lives. */
function isHeldBy(text: string): boolean {
  try {
    return isAlive(JSON.parse(text) as RunRecord);
  } catch {
    return false;
  }
}

/** The folder in which a cluster's commands find each other. */
export class ClusterFolder {
  readonly name: string;
  readonly path: string;

  constructor(name: string) {
    if (!NAME.test(name)) {
      throw new Failure(
        `"${name}" is not a cluster name; use up to 40 lower-case letters, digits and dashes, such as "test-1".`,
        { exitCode: EXIT.usage },
      );
    }
    this.name = name;
    this.path = join(ClusterFolder.root, name);
  }

  static get root(): string {
    return process.env["KNARR_HOME"] ? resolve(process.env["KNARR_HOME"]) : join(homedir(), ".knarr");
  }

  /** Names of the clusters that left anything. */
  static names(): string[] {
    if (!existsSync(ClusterFolder.root)) return [];
    return readdirSync(ClusterFolder.root).filter((name) => existsSync(join(ClusterFolder.root, name, "cluster.json")));
  }

  get context(): string {
    return `knarr-${this.name}`;
  }

  get logFile(): string {
    return join(this.path, "knarr.log");
  }

  make(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
  }

  record(): ClusterRecord | undefined {
    return this.#read<ClusterRecord>("cluster.json");
  }

  saveRecord(record: ClusterRecord): void {
    this.#write("cluster.json", record);
  }

  forgetRecord(): void {
    rmSync(join(this.path, "cluster.json"), { force: true });
  }

  /** The record of the running process; undefined when none runs, whatever was left behind. */
  running(): RunRecord | undefined {
    const run = this.#read<RunRecord>("run.json");
    return run && isAlive(run) ? run : undefined;
  }

  /** Takes the cluster for this process; false when another runs it, or takes it at the same moment. */
  claimRun(run: RunRecord): boolean {
    this.make();
    return claimFile(join(this.path, "run.json"), { text: textOf(run), isHeld: isHeldBy });
  }

  saveRun(run: RunRecord): void {
    this.#write("run.json", run);
  }

  /** Forgets what ran, unless another process took the cluster meanwhile. */
  forgetRun(): void {
    const run = this.running();
    if (run && run.pid !== process.pid) return;
    rmSync(join(this.path, "run.json"), { force: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    try {
      if (readdirSync(ClusterFolder.root).length === 0) rmSync(ClusterFolder.root, { recursive: true });
    } catch {
      // Somebody else's folder, or gone already.
    }
  }

  #read<T>(file: string): T | undefined {
    try {
      return JSON.parse(readFileSync(join(this.path, file), "utf8")) as T;
    } catch {
      return undefined;
    }
  }

  #write(file: string, value: unknown): void {
    this.make();
    const path = join(this.path, file);
    const fresh = `${path}.${process.pid}`;
    writeFileSync(fresh, textOf(value), { mode: 0o600 });
    renameSync(fresh, path);
  }
}
