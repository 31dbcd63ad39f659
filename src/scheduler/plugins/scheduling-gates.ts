// SPDX-License-Identifier: Apache-2.0

import { type Plugin, type PluginStatus, unresolvable } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";

/** Keeps a pod out of the queue while it has scheduling gates (KEP-3521). */
export const schedulingGates = (): Plugin => ({
  name: "SchedulingGates",
  preEnqueue(pod: PodInfo): PluginStatus | undefined {
    const gates = pod.pod.spec?.schedulingGates ?? [];
    if (gates.length === 0) return undefined;
    return unresolvable(`waiting for scheduling gates: [${gates.map((g) => g.name).join(" ")}]`);
  },
  events: [{ event: "UnscheduledPodUpdate" }],
});
