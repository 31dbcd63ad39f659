// SPDX-License-Identifier: Apache-2.0

import { isConflict, isNotFound } from "../../apimachinery/index.ts";
import type { Clock, Logger } from "../../base/index.ts";
import { PODS, type Client } from "../../client/index.ts";
import type { PodRecord } from "../pods/pod-record.ts";
import type { PodStatus, ReadonlyPodStatus } from "../types.ts";
import { statusPatch } from "./status-patch.ts";

/** Patches under way at once; more wait, and what changes meanwhile is sent once. */
export const CONCURRENT_PATCHES_MAX = 16;
const RETRY_BASE_MS = 500;
const RETRY_MAX_MS = 10_000;

export interface StatusWriterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long changes are gathered before they are sent. */
  readonly coalesceMs: number;
}

interface Slot {
  readonly record: PodRecord;
  /** What the API server holds, as far as is known. */
  base: ReadonlyPodStatus | undefined;
  wanted: PodStatus;
  writing: boolean;
  done: PromiseWithResolvers<void>;
}

/** Brings the statuses of pods to the API server, the latest of each pod, by patches that others' fields survive. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #queue: Slot[] = [];
  #active = 0;
  #signal: AbortSignal | undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Starts sending; without it statuses only gather. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    this.#drain();
  }

  /** Notes the status that a pod is to have. */
  set(record: PodRecord, status: PodStatus): void {
    const slot = this.#slots.get(record.uid);
    if (slot) {
      slot.wanted = status;
      record.status = status;
      return;
    }
    const before = record.lastStatus;
    if (statusPatch(record.uid, before, status) === undefined) return;
    record.status = status;
    const added: Slot = { record, base: before, wanted: status, writing: false, done: Promise.withResolvers() };
    this.#slots.set(record.uid, added);
    this.#queue.push(added);
    if (this.#options.coalesceMs === 0) this.#drain();
    else this.#options.clock.setTimer(this.#options.coalesceMs, () => this.#drain());
  }

  /** Resolves when what was noted for a pod has been sent, or the pod is gone. */
  async flushed(record: PodRecord, signal: AbortSignal): Promise<void> {
    const slot = this.#slots.get(record.uid);
    if (slot) await Promise.race([slot.done.promise, rejectedBy(signal)]);
  }

  #drain(): void {
    const signal = this.#signal;
    if (!signal || signal.aborted) return;
    while (this.#active < CONCURRENT_PATCHES_MAX) {
      const slot = this.#queue.shift();
      if (!slot) return;
      this.#active++;
      void this.#send(slot, signal).finally(() => {
        this.#active--;
        this.#drain();
      });
    }
  }

  async #send(slot: Slot, signal: AbortSignal): Promise<void> {
    let retryMs = RETRY_BASE_MS;
    for (;;) {
      const wanted = slot.wanted;
      try {
        if (!slot.record.removed) await this.#patch(slot, wanted, signal);
        slot.base = wanted;
        if (slot.wanted === wanted) break;
      } catch (error) {
        if (signal.aborted || isNotFound(error) || isConflict(error)) break;
        this.#options.log.warn("Pod status could not be written", { error: String(error), uid: slot.record.uid });
        if (!(await this.#pause(retryMs, signal))) break;
        retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
      }
    }
    this.#slots.delete(slot.record.uid);
    slot.done.resolve();
  }

  async #patch(slot: Slot, wanted: PodStatus, signal: AbortSignal): Promise<void> {
    const { metadata } = slot.record.pod;
    const patch = statusPatch(slot.record.uid, slot.base, wanted);
    if (patch === undefined) return;
    const pods = this.#options.client.resource(PODS).namespace(metadata?.namespace ?? "");
    await pods.patch(metadata?.name ?? "", "strategic", patch, { signal, subresource: "status" });
  }

  async #pause(ms: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.clock.sleep(ms, { signal });
      return true;
    } catch {
      return false;
    }
  }
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
