// SPDX-License-Identifier: Apache-2.0

import type { Clock, Timer } from "../base/index.ts";
import { goDuration } from "../rules/index.ts";
import type { PluginStatus } from "./framework.ts";
import type { PodInfo } from "./pod-info.ts";

/** No plug-in holds a pod longer. */
const WAIT_MAX_MS = 15 * 60_000;

interface Waiting {
  readonly plugin: string;
  readonly timer: Timer;
  readonly resolve: (status: PluginStatus | undefined) => void;
}

/** Pods that a Permit plug-in holds until somebody allows or rejects them, or their time is up. */
export class WaitingPods {
  readonly #clock: Clock;
  readonly #pods = new Map<string, { readonly pod: PodInfo; readonly waits: Waiting[] }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The pods that wait. */
  list(): readonly PodInfo[] {
    return [...this.#pods.values()].map((entry) => entry.pod);
  }

  wait(pod: PodInfo, plugin: string, wantedMs: number): Promise<PluginStatus | undefined> {
    const timeoutMs = Math.min(wantedMs, WAIT_MAX_MS);
    return new Promise((resolve) => {
      const entry = this.#pods.get(pod.uid) ?? { pod, waits: [] };
      this.#pods.set(pod.uid, entry);
      const timer = this.#clock.setTimer(timeoutMs, () =>
        this.reject(pod.uid, {
          code: "Unschedulable",
          reasons: [`rejected due to timeout after waiting ${goDuration(timeoutMs)} at plugin ${plugin}`],
          plugin,
        }),
      );
      entry.waits.push({ plugin, timer, resolve });
    });
  }

  /** A plug-in lets the pod go on; it goes when all plug-ins that hold it do. */
  allow(uid: string, plugin: string): void {
    const entry = this.#pods.get(uid);
    const index = entry?.waits.findIndex((w) => w.plugin === plugin) ?? -1;
    if (!entry || index < 0) return;
    const [wait] = entry.waits.splice(index, 1);
    wait!.timer.cancel();
    wait!.resolve(undefined);
    if (entry.waits.length === 0) this.#pods.delete(uid);
  }

  /** The pod does not go; whether it waited at all. */
  reject(uid: string, status: PluginStatus): boolean {
    const entry = this.#pods.get(uid);
    if (!entry) return false;
    this.#pods.delete(uid);
    for (const wait of entry.waits) {
      wait.timer.cancel();
      wait.resolve(status);
    }
    return true;
  }

  close(): void {
    for (const uid of Array.from(this.#pods.keys()))
      this.reject(uid, { code: "Error", reasons: ["the scheduler stops"] });
  }
}
