// SPDX-License-Identifier: Apache-2.0

import { formatTime } from "../../apimachinery/index.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import type { PodRecord } from "../pods/pod-record.ts";

export interface LogRotationOptions {
  /** A log that is longer is put aside. */
  readonly maxBytes: number;
  /** Files of one container, the current one included. */
  readonly maxFiles: number;
  /** How often sizes are looked at; 0 is never. */
  readonly checkMs: number;
}

export const DEFAULT_LOG_ROTATION: LogRotationOptions = { maxBytes: 10 * 1024 * 1024, maxFiles: 5, checkMs: 10_000 };

type RotationContext = Pick<KubeletContext, "logs" | "runtime" | "clock" | "log">;

/** Puts the logs of running containers aside that have become too long. */
export async function rotateLogs(
  context: RotationContext,
  records: Iterable<PodRecord>,
  options: LogRotationOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const { logs, runtime, clock, log } = context;
  for (const record of records) {
    for (const c of record.runtime.containers) {
      if (c.state !== "CONTAINER_RUNNING" || !c.logPath) continue;
      if ((await logs.sizeBytes(c.logPath)) <= options.maxBytes) continue;
      try {
        await logs.rotate(c.logPath, { maxFiles: options.maxFiles, timestamp: formatTime(clock.nowMs()) });
        await runtime.reopenContainerLog(c.id, { signal: options.signal });
      } catch (error) {
        options.signal.throwIfAborted();
        log.warn("Log could not be rotated", { path: c.logPath, error: String(error) });
      }
    }
  }
}

/** Does so until aborted. */
export async function runLogRotation(
  context: RotationContext,
  records: () => Iterable<PodRecord>,
  options: LogRotationOptions & { readonly signal: AbortSignal },
): Promise<void> {
  if (options.checkMs === 0) return;
  for (;;) {
    await context.clock.sleep(options.checkMs, options);
    await rotateLogs(context, records(), options);
  }
}
