// SPDX-License-Identifier: Apache-2.0

import type { LogFiles, VolumeFiles } from "../ports.ts";
import type { PodRuntime, RuntimeContainer } from "./pod-runtime.ts";

const MESSAGE_BYTES_MAX = 4096;
const LOG_BYTES_MAX = 2048;
const LOG_LINES_MAX = 80;

const decoder = new TextDecoder();

async function lastWords(c: RuntimeContainer, files: VolumeFiles, logs: LogFiles): Promise<string | undefined> {
  if (c.terminationFile) {
    try {
      const data = await files.readFile(c.terminationFile, { maxBytes: MESSAGE_BYTES_MAX });
      if (data && data.length > 0) return decoder.decode(data);
    } catch (error) {
      return `Error reading termination-log ${c.terminationFile}: ${error instanceof Error ? error.message : error}`;
    }
  }
  if (c.terminationMessagePolicy !== "FallbackToLogsOnError" || c.exitCode === 0 || !c.logPath) return undefined;
  return logs.tail(c.logPath, { maxLines: LOG_LINES_MAX, maxBytes: LOG_BYTES_MAX });
}

/** Gives containers that have ended since `before` the message that they left behind. */
export async function withTerminationMessages(
  runtime: PodRuntime,
  before: PodRuntime,
  ports: { readonly files: VolumeFiles; readonly logs: LogFiles },
): Promise<PodRuntime> {
  const isNew = (c: RuntimeContainer) => c.state === "CONTAINER_EXITED" && !before.containers.includes(c);
  if (!runtime.containers.some(isNew)) return runtime;
  const containers = await Promise.all(
    runtime.containers.map(async (c) => {
      if (!isNew(c)) return c;
      const message = await lastWords(c, ports.files, ports.logs);
      return message === undefined ? c : { ...c, message };
    }),
  );
  return { ...runtime, containers };
}
