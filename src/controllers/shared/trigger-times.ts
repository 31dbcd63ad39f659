// SPDX-License-Identifier: Apache-2.0

import type { Pod, Service } from "../../api/index.ts";
import { formatTime, parseTime } from "../../apimachinery/index.ts";
import { keyOf, type Cached } from "../../client/index.ts";
import { podCondition } from "../../rules/index.ts";

/** When the change happened that an Endpoints or EndpointSlice shows; for measuring how long that takes. */
export const TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time";

interface Known {
  readonly serviceMs: number;
  readonly podMs: ReadonlyMap<string, number>;
}

/** Remembers of each Service which changes were seen, and tells the earliest new one. */
export class TriggerTimes {
  readonly #known = new Map<string, Known>();

  /** The earliest change since the last call, as meta/v1 Time; undefined when nothing changed. */
  next(service: Cached<Service>, pods: readonly Cached<Pod>[]): string | undefined {
    const key = keyOf(service);
    const before = this.#known.get(key);
    const podMs = new Map<string, number>();
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const pod of pods) {
      const readyMs = parseTime(podCondition(pod, "Ready")?.lastTransitionTime ?? "");
      if (readyMs === undefined) continue;
      podMs.set(pod.metadata.name, readyMs);
      if (readyMs > (before?.podMs.get(pod.metadata.name) ?? 0)) earliestMs = Math.min(earliestMs, readyMs);
    }
    const serviceMs = parseTime(service.metadata.creationTimestamp) ?? 0;
    if (serviceMs > (before?.serviceMs ?? 0)) earliestMs = Math.min(earliestMs, serviceMs);
    this.#known.set(key, { serviceMs, podMs });
    return Number.isFinite(earliestMs) ? formatTime(earliestMs) : undefined;
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}
