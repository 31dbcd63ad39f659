// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync } from "node:fs";
import type { ApiServerOptions } from "../apiserver/index.ts";

type ProcessFigures = ReturnType<NonNullable<ApiServerOptions["processFigures"]>>;

const MICROSECONDS = 1e6;
const SECOND_MS = 1000;
const PAGE_BYTES = 4096;
const startTimeSeconds = Date.now() / SECOND_MS - process.uptime();

/** What only some systems tell. */
function fromProc(): Partial<ProcessFigures> {
  try {
    const pages = Number(readFileSync("/proc/self/statm", "utf8").split(" ")[0]);
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return {
      virtualBytes: pages * PAGE_BYTES,
      openFiles: readdirSync("/proc/self/fd").length,
      ...(limit === undefined ? {} : { maxOpenFiles: Number(limit) }),
    };
  } catch {
    return {};
  }
}

/** CPU, memory and files of this process, for /metrics. */
export function processFigures(): ProcessFigures {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return {
    cpuSeconds: (userCPUTime + systemCPUTime) / MICROSECONDS,
    residentBytes: process.memoryUsage.rss(),
    startTimeSeconds,
    ...fromProc(),
  };
}
