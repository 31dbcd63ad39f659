// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from "node:timers/promises";

/** How long the machine may take and how often it is looked at. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
  /** Completes the sentence "Timed out waiting for …". */
  readonly what: string;
}

const DEFAULT_INTERVAL_MS = 5;

/** Waits for a state of the machine that nobody announces: a process's end, a socket, an empty cgroup. */
export async function waitUntil<T>(look: () => Promise<T | undefined | false>, options: WaitOptions): Promise<T> {
  const { timeoutMs, intervalMs = DEFAULT_INTERVAL_MS, signal, what } = options;
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() >= endMs) throw new Error(`Timed out waiting for ${what}`);
    await sleep(intervalMs, undefined, { signal });
  }
}
