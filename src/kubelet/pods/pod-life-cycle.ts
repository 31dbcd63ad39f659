// SPDX-License-Identifier: Apache-2.0

import { isPodTerminal } from "../../rules/index.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import { collectPodGarbage } from "../runtime/garbage.ts";
import { podGraceSeconds } from "../runtime/pod-killer.ts";
import { deepEqual } from "../status/status-patch.ts";
import type { StatusWriter } from "../status/status-writer.ts";
import type { Node, Pod } from "../types.ts";
import { admit, requestsOf, type NodeCapacity } from "./admission.ts";
import { PodEvents } from "./pod-events.ts";
import type { PodRecord } from "./pod-record.ts";
import type { PodSync } from "./pod-sync.ts";
import type { PodTerminator } from "./pod-terminator.ts";
import type { PassResult, PodWorkers } from "./pod-workers.ts";

export interface PodLifeCycleOptions {
  readonly context: KubeletContext;
  readonly sync: PodSync;
  readonly terminator: PodTerminator;
  readonly statuses: StatusWriter;
  readonly capacity: NodeCapacity;
  readonly node: NodeView;
}

/** The node as the API server has it. */
export interface NodeView {
  readonly node: Node | undefined;
  /** Reads it anew. */
  refresh(signal: AbortSignal): Promise<void>;
}

/** Takes pods through their lives: admitted, synced, ended, cleaned up, forgotten. */
export class PodLifeCycle {
  readonly #options: PodLifeCycleOptions;
  #workers: PodWorkers | undefined;

  constructor(options: PodLifeCycleOptions) {
    this.#options = options;
  }

  /** Whose passes these are. */
  attach(workers: PodWorkers): void {
    this.#workers = workers;
  }

  /** A pod came, or changed. */
  update(pod: Pod): void {
    const workers = this.#workers!;
    const uid = pod.metadata?.uid ?? "";
    const known = workers.record(uid);
    if (!known) {
      workers.update(pod);
      return;
    }
    const ending = known.pod.metadata?.deletionTimestamp === undefined && pod.metadata?.deletionTimestamp !== undefined;
    const shorter =
      known.life === "terminating" && podGraceSeconds(pod) < (known.graceSeconds ?? Number.POSITIVE_INFINITY);
    const echo = known.status !== undefined && deepEqual(known.status, pod.status) && sameOrder(known.pod, pod);
    if (echo) {
      // It is our own status that came back: nothing is to be done, and it need not be kept twice.
      known.status = undefined;
      known.pod = pod;
      return;
    }
    // Another spec may do better: it is tried at once.
    if (known.pod.metadata?.generation !== pod.metadata?.generation) known.failures = undefined;
    if (known.refreshAtMs !== undefined && !sameMetadata(known.pod, pod)) known.refreshAtMs = 0;
    workers.update(pod);
    if (ending || shorter) workers.interrupt(uid);
  }

  /** A pod is gone from the API server. */
  remove(uid: string): void {
    const record = this.#workers?.record(uid);
    if (!record) return;
    record.removed = true;
    if (record.life === "syncing") this.#workers!.interrupt(uid);
    else this.#workers!.wake(uid);
  }

  /** One pass over a pod. */
  async pass(record: PodRecord, signal: AbortSignal): Promise<PassResult> {
    if (record.life === "syncing" && this.#mustEnd(record)) record.life = "terminating";
    switch (record.life) {
      case "syncing":
        return this.#sync(record, signal);
      case "terminating":
        await this.#options.terminator.terminate(record, signal);
        return { againInMs: 0 };
      case "terminated":
        await this.#options.terminator.cleanUp(record, signal);
        return { againInMs: 0 };
      case "finished":
        return this.#finish(record, signal);
    }
  }

  #mustEnd(record: PodRecord): boolean {
    return record.removed || record.pod.metadata?.deletionTimestamp !== undefined || isPodTerminal(record.pod);
  }

  async #sync(record: PodRecord, signal: AbortSignal): Promise<PassResult> {
    if (!record.requests && !(await this.#admit(record, signal))) return { againInMs: 0 };
    const result = await this.#options.sync.sync(record, signal);
    if (!record.stale && record.life === "syncing")
      await collectPodGarbage(this.#options.context, record, { everything: false, signal });
    return record.stale ? { againInMs: 0 } : result;
  }

  async #admit(record: PodRecord, signal: AbortSignal): Promise<boolean> {
    const { pod } = record;
    const requests = requestsOf(pod);
    // What ran here before this kubelet did was admitted already.
    const adopted = pod.status?.startTime !== undefined;
    let rejection = adopted ? undefined : this.#rejection(record, requests);
    if (rejection) {
      // The node's labels and taints may be newer than what is known of them.
      await this.#options.node.refresh(signal);
      rejection = this.#rejection(record, requests);
    }
    if (!rejection) {
      record.requests = requests;
      return true;
    }
    new PodEvents(this.#options.context.recorder, pod).pod("Warning", rejection.reason, rejection.message);
    record.failure = { reason: rejection.reason, message: `Pod was rejected: ${rejection.message}` };
    this.#options.statuses.set(record, {
      ...(pod.status as object),
      phase: "Failed",
      reason: record.failure.reason,
      message: record.failure.message,
      observedGeneration: pod.metadata?.generation,
      qosClass: pod.status?.qosClass,
    });
    record.life = "finished";
    return false;
  }

  #rejection(record: PodRecord, requests: NonNullable<PodRecord["requests"]>) {
    const { capacity, node } = this.#options;
    const others = [...this.#workers!.records()].filter((r) => r !== record);
    return admit(record.pod, requests, { node: node.node, others, capacity });
  }

  async #finish(record: PodRecord, signal: AbortSignal): Promise<PassResult> {
    if (record.removed) {
      await this.#options.terminator.forget(record, signal);
      return { done: true };
    }
    if (record.pod.metadata?.deletionTimestamp !== undefined)
      await this.#options.terminator.deleteFromApi(record, signal);
    return {};
  }
}

/** Whether two versions of a pod ask for the same: what differs is status alone. */
const sameOrder = (old: Pod, pod: Pod): boolean =>
  old.metadata?.generation === pod.metadata?.generation &&
  old.metadata?.deletionTimestamp === pod.metadata?.deletionTimestamp &&
  old.metadata?.deletionGracePeriodSeconds === pod.metadata?.deletionGracePeriodSeconds &&
  sameMetadata(old, pod);

/** Whether what a pod's own files may show of its metadata is the same. */
const sameMetadata = (old: Pod, pod: Pod): boolean =>
  deepEqual(old.metadata?.labels, pod.metadata?.labels) &&
  deepEqual(old.metadata?.annotations, pod.metadata?.annotations);
