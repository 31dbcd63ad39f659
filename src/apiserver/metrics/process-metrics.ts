// SPDX-License-Identifier: Apache-2.0

import { serverVersion } from "../server-version.ts";
import { ReadGauge, type Metric } from "./metric.ts";

/** What the process costs; the platform knows. What it cannot tell is left out. */
export interface ProcessFigures {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly startTimeSeconds: number;
  readonly virtualBytes?: number;
  readonly openFiles?: number;
  readonly maxOpenFiles?: number;
}

type Figure = readonly [name: string, help: string, read: (now: ProcessFigures) => number | undefined];

const FIGURES: readonly Figure[] = [
  ["process_resident_memory_bytes", "Resident memory in bytes.", (now) => now.residentBytes],
  ["process_start_time_seconds", "When the process began, in seconds since 1970.", (now) => now.startTimeSeconds],
  ["process_virtual_memory_bytes", "Virtual memory in bytes.", (now) => now.virtualBytes],
  ["process_open_fds", "Open file descriptors.", (now) => now.openFiles],
  ["process_max_fds", "How many file descriptors may be open.", (now) => now.maxOpenFiles],
];

/** CPU, memory and files of the process, under Prometheus' names. */
export function processMetrics(figures: () => ProcessFigures): Metric[] {
  const known = figures();
  const shown = FIGURES.filter(([, , read]) => read(known) !== undefined);
  const cpu = "User and system CPU time in seconds.";
  return [
    new ReadGauge(
      { name: "process_cpu_seconds_total", help: `[ALPHA] ${cpu}` },
      () => [[[], figures().cpuSeconds]],
      "counter",
    ),
    ...shown.map(
      ([name, help, read]) => new ReadGauge({ name, help: `[ALPHA] ${help}` }, () => [[[], read(figures()) ?? 0]]),
    ),
  ];
}

/** Who serves: always 1, for the labels. */
export function buildMetrics(): Metric[] {
  const { buildDate, compiler, gitCommit, gitTreeState, gitVersion, goVersion, major, minor, platform } = serverVersion;
  const build = {
    build_date: buildDate,
    compiler,
    git_commit: gitCommit,
    git_tree_state: gitTreeState,
    git_version: gitVersion,
    go_version: goVersion,
    major,
    minor,
    platform,
  };
  const { emulationMajor, emulationMinor, minCompatibilityMajor, minCompatibilityMinor } = serverVersion;
  const versions = {
    binary: gitVersion.replace(/^v/, "").replace(/\+.*$/, ""),
    component: "kube",
    emulation: `${emulationMajor}.${emulationMinor}`,
    min_compat: `${minCompatibilityMajor}.${minCompatibilityMinor}`,
  };
  const constant = (name: string, help: string, labels: Readonly<Record<string, string>>): Metric =>
    new ReadGauge({ name, help: `[ALPHA] ${help}`, labels: Object.keys(labels) }, () => [[Object.values(labels), 1]]);
  return [
    constant("kubernetes_build_info", "Always 1; the labels tell what was built.", build),
    constant("version_info", "Always 1; the labels tell which versions are spoken.", versions),
  ];
}
