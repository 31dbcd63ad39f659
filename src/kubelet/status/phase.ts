// SPDX-License-Identifier: Apache-2.0

import { isSidecar } from "../../rules/index.ts";
import type { Container, Pod, ReadonlyContainerStatus } from "../types.ts";

export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed";

type Statuses = readonly ReadonlyContainerStatus[];

const find = (statuses: Statuses, name: string): ReadonlyContainerStatus | undefined =>
  statuses.find((s) => s.name === name);

/** Whether a container of the pod proper has ever started, so that the pod's initialisation is behind it. */
export const anyRegularStarted = (pod: Pod, statuses: Statuses): boolean =>
  (pod.spec?.containers ?? []).some((c) => {
    const s = find(statuses, c.name);
    return s !== undefined && (s.state?.running ?? s.state?.terminated ?? s.lastState?.terminated) !== undefined;
  });

interface InitCounts {
  pendingInit: number;
  pendingSidecars: number;
  failed: number;
}

function countInit(containers: readonly Container[], statuses: Statuses): InitCounts {
  const counts: InitCounts = { pendingInit: 0, pendingSidecars: 0, failed: 0 };
  for (const container of containers) {
    const s = find(statuses, container.name);
    if (isSidecar(container)) {
      if (!s || (s.state?.running && !s.started) || (s.state?.waiting && !s.lastState?.terminated))
        counts.pendingSidecars++;
      continue;
    }
    const ended = s?.state?.terminated ?? (s?.state?.waiting && s.lastState?.terminated);
    if (!ended) counts.pendingInit++;
    else if (ended.exitCode !== 0) counts.failed++;
    else if (!s?.state?.terminated) counts.pendingInit++;
  }
  return counts;
}

interface RegularCounts {
  running: number;
  waiting: number;
  stopped: number;
  succeeded: number;
  unknown: number;
}

function countRegular(containers: readonly Container[], statuses: Statuses): RegularCounts {
  const counts: RegularCounts = { running: 0, waiting: 0, stopped: 0, succeeded: 0, unknown: 0 };
  for (const container of containers) {
    const state = find(statuses, container.name)?.state;
    if (state?.running) counts.running++;
    else if (state?.terminated) {
      counts.stopped++;
      if (state.terminated.exitCode === 0) counts.succeeded++;
    } else if (state?.waiting) {
      if (find(statuses, container.name)?.lastState?.terminated) counts.stopped++;
      else counts.waiting++;
    } else counts.unknown++;
  }
  return counts;
}

/** The phase that a pod's containers add up to; `terminal` says that nothing will be restarted whatever the policy. */
export function podPhase(pod: Pod, statuses: Statuses, terminal: boolean): PodPhase {
  const policy = pod.spec?.restartPolicy ?? "Always";
  const init = countInit(pod.spec?.initContainers ?? [], statuses);
  const c = countRegular(pod.spec?.containers ?? [], statuses);
  if (init.failed > 0 && policy === "Never") return "Failed";
  const initializing = init.pendingInit > 0 || (init.pendingSidecars > 0 && !anyRegularStarted(pod, statuses));
  if (initializing || c.waiting > 0 || c.unknown > 0) return "Pending";
  if (c.running > 0) return "Running";
  if (c.stopped === 0) return "Pending";
  if (terminal) return c.stopped === c.succeeded ? "Succeeded" : "Failed";
  if (policy === "Always") return "Running";
  if (c.stopped === c.succeeded) return "Succeeded";
  return policy === "Never" ? "Failed" : "Running";
}
