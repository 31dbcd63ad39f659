// SPDX-License-Identifier: Apache-2.0

import type { KubeletContext } from "../kubelet-context.ts";
import type { PodRecord } from "../pods/pod-record.ts";
import { isActive, type PodRuntime, type RuntimeContainer, type RuntimeSandbox } from "./pod-runtime.ts";

/** Ended containers kept of each name, for their logs and last state. */
const DEAD_CONTAINERS_KEPT = 1;

export interface PodGarbage {
  readonly containers: readonly RuntimeContainer[];
  readonly sandboxes: readonly RuntimeSandbox[];
}

/** What of a pod the runtime need not keep. */
export function decideGarbage(runtime: PodRuntime, everything: boolean): PodGarbage {
  if (everything) return runtime;
  const dead = new Map<string, number>();
  const containers = runtime.containers.filter((c) => {
    if (isActive(c)) return false;
    const count = (dead.get(c.name) ?? 0) + 1;
    dead.set(c.name, count);
    return count > DEAD_CONTAINERS_KEPT;
  });
  const used = new Set(runtime.containers.filter((c) => !containers.includes(c)).map((c) => c.sandboxId));
  const sandboxes = runtime.sandboxes.filter((s, i) => i > 0 && !s.ready && !used.has(s.id));
  return { containers, sandboxes };
}

/** Removes what is not needed any more of one pod. */
export async function collectPodGarbage(
  context: Pick<KubeletContext, "runtime" | "files" | "directories">,
  record: PodRecord,
  options: { readonly everything: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const garbage = decideGarbage(record.runtime, options.everything);
  for (const c of garbage.containers) {
    await context.runtime.removeContainer(c.id, options);
    const m = record.pod.metadata;
    await context.files.removeTree(
      `${context.directories.containerLogs}/${m?.name}_${m?.namespace}_${c.name}-${c.id}.log`,
    );
    if (!options.everything && c.logPath) await context.files.removeTree(c.logPath);
  }
  for (const s of garbage.sandboxes) {
    if (s.ready) await context.runtime.stopPodSandbox(s.id, options);
    await context.runtime.removePodSandbox(s.id, options);
  }
  if (garbage.containers.length + garbage.sandboxes.length > 0) record.stale = true;
}
