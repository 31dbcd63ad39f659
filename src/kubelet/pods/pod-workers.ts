// SPDX-License-Identifier: Apache-2.0

import type { Clock, Logger, Timer, TimerWheel } from "../../base/index.ts";
import type { Pod } from "../types.ts";
import { PodRecord } from "./pod-record.ts";

/** What one pass over a pod asks for: to be called again after that time at the latest. */
export interface PassResult {
  readonly againInMs?: number;
  /** The record is forgotten. */
  readonly done?: boolean;
}

/** One pass over a pod; the signal is aborted when its life moves on or its grace period is shortened. */
export type PodPass = (record: PodRecord, signal: AbortSignal) => Promise<PassResult>;

/** Pods that are worked on side by side; a node has fewer pods than that. */
export const CONCURRENT_PASSES_MAX = 512;
const FAILURE_BACKOFF_BASE_MS = 1_000;
const FAILURE_BACKOFF_MAX_MS = 10_000;

interface Worker {
  readonly record: PodRecord;
  running: boolean;
  /** Woken while running, or waiting for its turn. */
  pending: boolean;
  abort: AbortController | undefined;
  timer: Timer | undefined;
  failures: number;
}

export interface PodWorkersOptions {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly log: Logger;
  readonly pass: PodPass;
}

/** Runs passes over pods: one at a time for each pod, several pods side by side, again when something happened. */
export class PodWorkers {
  readonly #options: PodWorkersOptions;
  readonly #workers = new Map<string, Worker>();
  readonly #waiting: Worker[] = [];
  #running = 0;
  #stopped = false;
  #idle: (() => void)[] = [];

  constructor(options: PodWorkersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#workers.size;
  }

  record(uid: string): PodRecord | undefined {
    return this.#workers.get(uid)?.record;
  }

  *records(): Generator<PodRecord> {
    for (const worker of this.#workers.values()) yield worker.record;
  }

  /** Takes a pod on, or its newer version. */
  update(pod: Pod): PodRecord {
    const uid = pod.metadata?.uid ?? "";
    let worker = this.#workers.get(uid);
    if (worker) worker.record.pod = pod;
    else {
      const record = new PodRecord(pod, this.#options.clock.nowMs());
      worker = { record, running: false, pending: false, abort: undefined, timer: undefined, failures: 0 };
      this.#workers.set(uid, worker);
    }
    this.#wake(worker);
    return worker.record;
  }

  /** Something happened to a pod; `stale` when it happened in the runtime. */
  wake(uid: string, options: { readonly stale?: boolean } = {}): void {
    const worker = this.#workers.get(uid);
    if (!worker) return;
    if (options.stale) worker.record.stale = true;
    this.#wake(worker);
  }

  /** Ends the pass that is running, so that the next one sees the pod's new life at once. */
  interrupt(uid: string): void {
    const worker = this.#workers.get(uid);
    if (!worker) return;
    worker.record.stale = true;
    worker.abort?.abort(new Error("The pod's life moved on"));
    this.#wake(worker);
  }

  /** Runs until aborted; resolves when all passes have ended. */
  async run(signal: AbortSignal): Promise<void> {
    this.#stopped = signal.aborted;
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#stopped = true;
    for (const worker of this.#workers.values()) {
      worker.timer?.cancel();
      worker.abort?.abort(signal.reason);
    }
    while (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #wake(worker: Worker): void {
    if (this.#stopped) return;
    worker.timer?.cancel();
    worker.timer = undefined;
    if (worker.pending) return;
    worker.pending = true;
    if (worker.running) return;
    if (this.#running < CONCURRENT_PASSES_MAX) void this.#work(worker);
    else this.#waiting.push(worker);
  }

  async #work(worker: Worker): Promise<void> {
    worker.running = true;
    this.#running++;
    while (worker.pending && !this.#stopped) {
      worker.pending = false;
      await this.#passOnce(worker);
    }
    worker.running = false;
    this.#running--;
    const next = this.#waiting.shift();
    if (next) void this.#work(next);
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #passOnce(worker: Worker): Promise<void> {
    const abort = new AbortController();
    worker.abort = abort;
    let againInMs: number | undefined;
    try {
      const result = await this.#options.pass(worker.record, abort.signal);
      worker.failures = 0;
      if (result.done) {
        this.#forget(worker);
        return;
      }
      againInMs = result.againInMs;
    } catch (error) {
      if (abort.signal.aborted) worker.pending = true;
      else againInMs = this.#afterFailure(worker, error);
    } finally {
      worker.abort = undefined;
    }
    if (againInMs === undefined || worker.pending || this.#stopped) return;
    worker.timer = this.#options.wheel.set(againInMs, () => {
      worker.timer = undefined;
      this.#wake(worker);
    });
  }

  #afterFailure(worker: Worker, error: unknown): number {
    const { pod } = worker.record;
    worker.record.stale = true;
    this.#options.log.warn("Pod could not be synced", {
      pod: `${pod.metadata?.namespace}/${pod.metadata?.name}`,
      error: error instanceof Error ? error.message : String(error),
    });
    return Math.min(FAILURE_BACKOFF_BASE_MS * 2 ** worker.failures++, FAILURE_BACKOFF_MAX_MS);
  }

  #forget(worker: Worker): void {
    worker.pending = false;
    worker.timer?.cancel();
    if (this.#workers.get(worker.record.uid) === worker) this.#workers.delete(worker.record.uid);
  }
}
