// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const MICROS = 1_000_000;
const FIELD_USER = 11;
const FIELD_SYSTEM = 12;
const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** User and system time of one line of /proc, in microseconds. */
function statMicros(path: string): { readonly user: number; readonly system: number } {
  const stat = readFileSync(path, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const micros = (field: number): number => (Number(fields[field]) / ticksPerSecond) * MICROS;
  return { user: micros(FIELD_USER), system: micros(FIELD_SYSTEM) };
}

/** User and system time of processes with all their threads, in microseconds. */
export function cpuMicros(pids: readonly number[]): number {
  return sum(pids, (pid) => {
    const { user, system } = statMicros(`/proc/${pid}/stat`);
    return user + system;
  });
}

/** The time of the processes' main threads, apart for user and system. */
export function mainThreadMicros(pids: readonly number[]): { readonly user: number; readonly system: number } {
  const each = pids.map((pid) => statMicros(`/proc/${pid}/task/${pid}/stat`));
  return { user: each.reduce((all, m) => all + m.user, 0), system: each.reduce((all, m) => all + m.system, 0) };
}

function statusBytes(pid: number, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1] ?? 0) * 1024;
}

const sum = (pids: readonly number[], read: (pid: number) => number): number =>
  pids.reduce((total, pid) => total + read(pid), 0);

/** Resident memory now. */
export const residentBytes = (pids: readonly number[]): number => sum(pids, (pid) => statusBytes(pid, "VmRSS"));

/** The most memory that was resident since forgetPeak(). */
export const peakResidentBytes = (pids: readonly number[]): number => sum(pids, (pid) => statusBytes(pid, "VmHWM"));

/** Starts the record of the most resident memory anew; needs the right to do so. */
export function forgetPeak(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** Resident memory where pages that processes share count once, divided among them. */
export function proportionalBytes(pids: readonly number[]): number {
  return sum(pids, (pid) => {
    const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
    return Number(match?.[1] ?? 0) * 1024;
  });
}
