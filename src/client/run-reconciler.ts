// SPDX-License-Identifier: Apache-2.0

import { hasReason, isConflict } from "../apimachinery/index.ts";
import { TaskGroup, type Logger } from "../base/index.ts";
import type { WorkQueue } from "./work-queue.ts";

/** How one reconciliation ended, when it did not fail. */
export type Outcome =
  | { readonly type: "done" }
  | { readonly type: "requeueAfter"; readonly delayMs: number }
  | { readonly type: "terminal"; readonly error: Error };

/** Nothing left to do for the key until something changes. */
export const DONE: Outcome = { type: "done" };

/** Look at the key again after a while, whatever happens meanwhile. */
export const requeueAfter = (delayMs: number): Outcome => ({ type: "requeueAfter", delayMs });

/** Makes the world of one key as it should be: level-triggered, from caches. A throw means: try again with backoff. */
export interface Reconciler {
  reconcile(key: string, options: { readonly signal: AbortSignal }): Promise<Outcome>;
}

export interface RunReconcilerOptions {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly reconciler: Reconciler;
  readonly workers: number;
  /** A key that failed this often is dropped until it changes; never when left out. */
  readonly maxRetries?: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Works off a queue with a number of workers until aborted. */
export async function runReconciler(options: RunReconcilerOptions): Promise<void> {
  await using group = new TaskGroup(options.signal);
  for (let worker = 0; worker < options.workers; worker++) {
    group.run(`${options.name} worker ${worker}`, (signal) => work(options, signal));
  }
  await group.wait();
  options.queue.close();
}

async function work(options: RunReconcilerOptions, signal: AbortSignal): Promise<void> {
  const { queue } = options;
  while (!signal.aborted) {
    const key = await queue.next({ signal });
    try {
      settle(options, key, await options.reconciler.reconcile(key, { signal }));
    } catch (error) {
      if (signal.aborted) return;
      retry(options, key, error);
    } finally {
      queue.done(key);
    }
  }
}

function settle(options: RunReconcilerOptions, key: string, outcome: Outcome): void {
  const { queue, log } = options;
  queue.forget(key);
  if (outcome.type === "requeueAfter") queue.addAfter(key, outcome.delayMs);
  if (outcome.type === "terminal") log.error("Key cannot be reconciled", { key, error: outcome.error });
}

function retry(options: RunReconcilerOptions, key: string, error: unknown): void {
  const { queue, log, maxRetries } = options;
  if (maxRetries !== undefined && queue.failures(key) >= maxRetries) {
    log.error("Key failed too often and is dropped until it changes", { key, error });
    queue.forget(key);
    return;
  }
  // Two writers meeting, or a namespace on its way out, are everyday; anything else deserves a line.
  if (isConflict(error) || hasReason(error, "NotFound")) log.debug("Key is retried", { key });
  else log.warn("Key is retried", { key, error: error instanceof Error ? error.message : String(error) });
  queue.addRateLimited(key);
}
