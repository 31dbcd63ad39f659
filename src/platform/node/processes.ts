// SPDX-License-Identifier: Apache-2.0

import { readdir, readFile, readlink } from "node:fs/promises";

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot. */
  readonly startTime: string;
}

/** Fields of /proc/PID/stat after the command's name, which may hold spaces and parentheses. */
const STATE_FIELD = 0;
const START_TIME_FIELD = 19;

async function statFields(pid: number): Promise<string[] | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** The identity of a running process; undefined when there is none, or only a zombie. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const fields = await statFields(pid);
  const startTime = fields?.[START_TIME_FIELD];
  if (!startTime || fields?.[STATE_FIELD] === "Z" || fields?.[STATE_FIELD] === "X") return undefined;
  return { pid, startTime };
}

/** Whether this very process still runs. */
export async function isRunning(process: ProcessIdentity): Promise<boolean> {
  return (await identify(process.pid))?.startTime === process.startTime;
}

/** Sends SIGKILL to this very process; nothing happens when it is gone. */
export async function killProcess(identity: ProcessIdentity): Promise<void> {
  if (!(await isRunning(identity))) return;
  kill(identity.pid);
}

/** Sends a signal; a process that is gone is no failure. */
export function kill(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The process's number in its innermost PID namespace. */
export async function innerPid(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const numbers = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.trim().split(/\s+/);
    return numbers?.length ? Number(numbers.at(-1)) : undefined;
  } catch {
    return undefined;
  }
}

/** The machine's processes whose network namespace is the one given (`net:[4026531840]`). */
export async function processesInNetns(netns: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const link = await readlink(`/proc/${pid}/ns/net`).catch(() => undefined);
      return link === netns ? pid : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}
