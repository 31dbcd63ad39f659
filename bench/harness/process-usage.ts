// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const MICROS = 1_000_000;
const FIELD_USER = 11;
const FIELD_SYSTEM = 12;
const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** User and system time of processes with all their threads, in microseconds. */
export function cpuMicros(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[FIELD_USER]) + Number(fields[FIELD_SYSTEM]);
  }
  return (ticks / ticksPerSecond) * MICROS;
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
