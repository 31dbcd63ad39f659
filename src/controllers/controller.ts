// SPDX-License-Identifier: Apache-2.0

import { TaskGroup, type Clock, type Logger, type Random } from "../base/index.ts";
import {
  EventRecorder,
  runReconciler,
  type Client,
  type Informer,
  type InformerFactory,
  type Reconciler,
  type WorkQueue,
} from "../client/index.ts";

/** What every controller is given. */
export interface ControllerContext {
  /** Caches that all controllers share. */
  readonly informers: InformerFactory;
  /** The API server as seen by one controller's own service account (`deployment-controller`). */
  clientFor(name: string): Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** One loop of the control plane; runs until aborted. */
export interface Controller {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

/** The parts of an informer that starting needs, whatever its kind. */
export type Syncing = Pick<Informer<never>, "waitForSync" | "hasSynced">;

export interface ControllerParts {
  readonly name: string;
  readonly context: ControllerContext;
  readonly queue: WorkQueue;
  readonly reconciler: Reconciler;
  /** Caches that must be whole before the first key is worked on. */
  readonly caches: readonly Syncing[];
  readonly workers: number;
  readonly maxRetries?: number;
  readonly recorder?: EventRecorder;
  /** Loops beside the workers. */
  readonly loops?: Readonly<Record<string, (signal: AbortSignal) => Promise<void>>>;
}

/** A controller made of a queue, a reconciler and the caches it reads. */
export const controllerOfParts = (parts: ControllerParts): Controller => ({
  name: parts.name,
  run: (signal) => runParts(parts, signal),
});

async function runParts(parts: ControllerParts, signal: AbortSignal): Promise<void> {
  const { name, context, queue, reconciler, workers, maxRetries, recorder } = parts;
  const log = context.log.child({ controller: name });
  await using group = new TaskGroup(signal);
  if (recorder) group.run(`${name} events`, (s) => recorder.run(s));
  group.run(name, async (s) => {
    await Promise.all(parts.caches.map((cache) => cache.waitForSync({ signal: s })));
    for (const [loop, run] of Object.entries(parts.loops ?? {})) group.run(`${name} ${loop}`, run);
    await runReconciler({ name, queue, reconciler, workers, maxRetries, log, signal: s });
  });
  await group.wait();
}

/** The recorder of one controller's events. */
export const recorderFor = (context: ControllerContext, component: string, clientName = component): EventRecorder =>
  new EventRecorder({
    client: context.clientFor(clientName),
    component,
    clock: context.clock,
    log: context.log.child({ controller: component }),
  });
