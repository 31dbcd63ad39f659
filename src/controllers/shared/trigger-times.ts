// SPDX-License-Identifier: Apache-2.0

import type { Pod, Service } from "../../api/index.ts";
import { keyOf, type Cached } from "../../client/index.ts";
import { podCondition } from "../../rules/index.ts";

/** When the change happened that an Endpoints or EndpointSlice shows; for measuring how long that takes. */
export const TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time";

interface Known {
  readonly service: string;
  readonly pods: ReadonlyMap<string, string>;
}

/** Remembers of each Service which changes were seen, and tells the earliest new one. Times in UTC sort as text. */
export class TriggerTimes {
  readonly #known = new Map<string, Known>();

  /** The earliest change since the last call, as meta/v1 Time; undefined when nothing changed. */
  next(service: Cached<Service>, selected: readonly Cached<Pod>[]): string | undefined {
    const key = keyOf(service);
    const before = this.#known.get(key);
    const pods = new Map<string, string>();
    let earliest: string | undefined;
    const see = (time: string, seen: string | undefined): void => {
      if (time > (seen ?? "") && (earliest === undefined || time < earliest)) earliest = time;
    };
    for (const pod of selected) {
      const ready = podCondition(pod, "Ready")?.lastTransitionTime;
      if (ready === undefined) continue;
      pods.set(pod.metadata.name, ready);
      see(ready, before?.pods.get(pod.metadata.name));
    }
    const { creationTimestamp } = service.metadata;
    see(creationTimestamp, before?.service);
    this.#known.set(key, { service: creationTimestamp, pods });
    return earliest;
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}
