// SPDX-License-Identifier: Apache-2.0
// A load in a process of its own, so that its processor time is told apart from the server's.

import type { TargetAccess } from "../harness/kubeconfig.ts";
import type { LoadAnswer, LoadCommand, LoadResult, LoadTask, RequestsTask } from "./load-task.ts";
import { measured, quantile } from "./measured.ts";
import { RawSession } from "./raw-session.ts";
import { runRequests } from "./requests.ts";
import { prepareWatches } from "./watches.ts";

async function prepareRequests(access: TargetAccess, task: RequestsTask): Promise<() => Promise<LoadResult>> {
  const sessions = await Promise.all(Array.from({ length: task.connections }, () => RawSession.open(access)));
  const times = new Float64Array(task.count);
  let count = 0;
  let bytes = 0;
  return () =>
    measured(async () => {
      await runRequests(sessions, task, access, {
        onAnswered: (millis, length) => {
          times[count++] = millis;
          bytes += length;
        },
      });
      for (const session of sessions) session.close();
      times.sort();
      return { count, bytes, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
    });
}

const prepare = (access: TargetAccess, task: LoadTask): Promise<() => Promise<LoadResult>> =>
  task.type === "requests" ? prepareRequests(access, task) : prepareWatches(access, task);

const answer = (message: LoadAnswer): void => {
  process.send?.(message);
};

let go: (() => Promise<LoadResult>) | undefined;

async function obey(command: LoadCommand): Promise<void> {
  if (command.type === "prepare") {
    go = await prepare(command.access, command.task);
    answer({ type: "ready" });
    return;
  }
  if (!go) throw new Error("The load was not prepared");
  answer({ type: "result", result: await go() });
}

process.on("message", (command: LoadCommand) => {
  obey(command).catch((error: unknown) => answer({ type: "failed", message: String(error) }));
});
process.once("disconnect", () => process.exit(0));
