// SPDX-License-Identifier: Apache-2.0

import { type Clock, Heap, type Timer } from "../base/index.ts";
import type { ClusterEventKind, HintingEvent } from "./cluster-event.ts";
import type { EventRegistration, PluginStatus, QueueSortKey } from "./framework.ts";
import type { PodInfo } from "./pod-info.ts";

/** First and longest wait of a pod that did not fit (upstream's podInitialBackoffSeconds, podMaxBackoffSeconds). */
export const POD_INITIAL_BACKOFF_MS = 1_000;
export const POD_MAX_BACKOFF_MS = 10_000;
/** A pod that no event helped is tried again after this long. */
export const UNSCHEDULABLE_TIMEOUT_MS = 300_000;
/** How often that is looked at. */
const FLUSH_PERIOD_MS = 30_000;

type Place = "active" | "backoff" | "unschedulable" | "gated" | "inFlight" | "gone";

/** A pod on its way to a node. */
export interface QueuedPod extends QueueSortKey {
  pod: PodInfo;
  timestampMs: number;
  place: Place;
  attempts: number;
  /** Tries that ended unschedulable; decides the backoff. */
  unschedulableCount: number;
  /** When the pod came into the unschedulable pool. */
  parkedAtMs: number;
  backoffUntilMs: number;
  /** Names of the plug-ins that refused it last. */
  rejectors: ReadonlySet<string>;
  /** Where it may go if preemption succeeds. */
  nominatedNode: string;
}

export interface SchedulingQueueOptions {
  readonly clock: Clock;
  less(a: QueueSortKey, b: QueueSortKey): boolean;
  preEnqueue(pod: PodInfo): { plugin: string; status: PluginStatus } | undefined;
  /** Event registrations of every plug-in, by name. */
  readonly hints: ReadonlyMap<string, readonly EventRegistration[]>;
  /** Called when there may be something to pop. */
  onReady(): void;
  onGated?(pod: PodInfo, status: PluginStatus): void;
}

/**
 * Pods that wait for a node: active ones in order, ones that back off, and ones that wait for an event that could help
 * them. The index from rejecting plug-in to waiting pods makes an event cost what it helps, not what waits.
 */
export class SchedulingQueue {
  readonly #options: SchedulingQueueOptions;
  readonly #pods = new Map<string, QueuedPod>();
  readonly #active: Heap<QueuedPod>;
  readonly #backoff: Heap<QueuedPod>;
  readonly #parkedBy = new Map<string, Set<QueuedPod>>();
  readonly #interested = new Map<ClusterEventKind, [string, EventRegistration][]>();
  #backoffTimer: { dueMs: number; timer: Timer } | undefined;
  #flushTimer: Timer | undefined;
  #parkedCount = 0;
  #closed = false;

  constructor(options: SchedulingQueueOptions) {
    this.#options = options;
    this.#active = new Heap((a, b) => options.less(a, b));
    this.#backoff = new Heap((a, b) => a.backoffUntilMs < b.backoffUntilMs);
    for (const [plugin, registrations] of options.hints)
      for (const registration of registrations) {
        const list = this.#interested.get(registration.event) ?? [];
        list.push([plugin, registration]);
        this.#interested.set(registration.event, list);
      }
  }

  /** Pods by place, for metrics and tests. */
  counts(): Record<"active" | "backoff" | "unschedulable" | "gated", number> {
    const counts = { active: 0, backoff: 0, unschedulable: 0, gated: 0 };
    for (const queued of this.#pods.values()) if (queued.place in counts) counts[queued.place as keyof typeof counts]++;
    return counts;
  }

  get(uid: string): QueuedPod | undefined {
    return this.#pods.get(uid);
  }

  /** A new pod without a node. */
  add(pod: PodInfo): void {
    const nowMs = this.#options.clock.monotonicMs();
    const queued: QueuedPod = {
      pod,
      timestampMs: nowMs,
      place: "gone",
      attempts: 0,
      unschedulableCount: 0,
      parkedAtMs: 0,
      backoffUntilMs: 0,
      rejectors: new Set(),
      nominatedNode: pod.pod.status?.nominatedNodeName ?? "",
    };
    this.#pods.set(pod.uid, queued);
    this.#activate(queued);
  }

  /** The object of a waiting pod changed. */
  update(pod: PodInfo, schedulingChanged: boolean): void {
    const queued = this.#pods.get(pod.uid);
    if (!queued) {
      this.add(pod);
      return;
    }
    queued.pod = pod;
    if (queued.place === "gated") {
      if (!this.#options.preEnqueue(pod)) {
        this.#unpark(queued);
        this.#activate(queued);
      }
      return;
    }
    if (queued.place === "unschedulable" && schedulingChanged)
      this.#moveOne(queued, "UnscheduledPodUpdate", { kind: "UnscheduledPodUpdate", pod });
  }

  remove(uid: string): void {
    const queued = this.#pods.get(uid);
    if (!queued) return;
    this.#pods.delete(uid);
    this.#unpark(queued);
    queued.place = "gone";
  }

  /** The next pod to place; one that backs off is taken when nothing else waits (KEP-5142). */
  pop(): QueuedPod | undefined {
    for (let top = this.#active.pop(); top; top = this.#active.pop())
      if (top.place === "active") return this.#take(top);
    for (let top = this.#backoff.peek(); top; top = this.#backoff.peek()) {
      if (top.place !== "backoff") {
        this.#backoff.pop();
        continue;
      }
      if (top.rejectors.size === 0) return undefined;
      this.#backoff.pop();
      return this.#take(top);
    }
    return undefined;
  }

  /** The pod has its node. */
  done(queued: QueuedPod): void {
    if (this.#pods.get(queued.pod.uid) === queued) this.#pods.delete(queued.pod.uid);
    queued.place = "gone";
  }

  /** The pod did not get a node: it waits for an event that these plug-ins name, or backs off after an error. */
  park(queued: QueuedPod, rejectors: ReadonlySet<string>): void {
    if (queued.place === "gone") return;
    queued.rejectors = rejectors;
    queued.timestampMs = this.#options.clock.monotonicMs();
    queued.unschedulableCount++;
    if (rejectors.size === 0) {
      this.#backOff(queued);
      return;
    }
    queued.place = "unschedulable";
    queued.parkedAtMs = queued.timestampMs;
    queued.backoffUntilMs = queued.timestampMs + this.#backoffMs(queued);
    this.#index(queued);
    this.#armFlush();
  }

  /** Something happened: pods that it may help go on. */
  event(event: HintingEvent): void {
    if (this.#parkedCount === 0) return;
    for (const [plugin, registration] of this.#interested.get(event.kind) ?? []) {
      const parked = this.#parkedBy.get(plugin);
      if (!parked) continue;
      for (const queued of Array.from(parked)) {
        if (queued.place !== "unschedulable") continue;
        if (registration.hint && registration.hint(queued.pod, event) === "Skip") continue;
        this.#release(queued);
      }
    }
  }

  /** Moves one pod to the active queue at once (a waiting pod was allowed, a plug-in asks). */
  activate(uid: string): void {
    const queued = this.#pods.get(uid);
    if (!queued || (queued.place !== "unschedulable" && queued.place !== "backoff")) return;
    this.#unpark(queued);
    this.#activate(queued);
  }

  /** Pods that are nominated to run on a node, with at least that priority. */
  nominatedOn(node: string, minPriority: number, exceptUid: string): PodInfo[] {
    if (node === "") return [];
    const out: PodInfo[] = [];
    for (const queued of this.#pods.values())
      if (queued.nominatedNode === node && queued.pod.priority >= minPriority && queued.pod.uid !== exceptUid)
        out.push(queued.pod);
    return out;
  }

  close(): void {
    this.#closed = true;
    this.#backoffTimer?.timer.cancel();
    this.#flushTimer?.cancel();
  }

  #take(queued: QueuedPod): QueuedPod {
    queued.place = "inFlight";
    queued.attempts++;
    return queued;
  }

  #activate(queued: QueuedPod): void {
    const gate = this.#options.preEnqueue(queued.pod);
    if (gate) {
      queued.place = "gated";
      queued.rejectors = new Set([gate.plugin]);
      this.#options.onGated?.(queued.pod, gate.status);
      return;
    }
    queued.place = "active";
    this.#active.push(queued);
    this.#options.onReady();
  }

  #moveOne(queued: QueuedPod, kind: ClusterEventKind, event: HintingEvent): void {
    for (const [plugin, registration] of this.#interested.get(kind) ?? []) {
      if (!queued.rejectors.has(plugin)) continue;
      if (registration.hint && registration.hint(queued.pod, event) === "Skip") continue;
      this.#release(queued);
      return;
    }
  }

  #release(queued: QueuedPod): void {
    this.#unpark(queued);
    if (queued.backoffUntilMs > this.#options.clock.monotonicMs()) this.#backOffUntil(queued, queued.backoffUntilMs);
    else this.#activate(queued);
  }

  #backOff(queued: QueuedPod): void {
    this.#backOffUntil(queued, this.#options.clock.monotonicMs() + this.#backoffMs(queued));
  }

  #backOffUntil(queued: QueuedPod, untilMs: number): void {
    queued.place = "backoff";
    queued.backoffUntilMs = untilMs;
    this.#backoff.push(queued);
    this.#armBackoff();
    if (queued.rejectors.size > 0) this.#options.onReady();
  }

  #backoffMs(queued: QueuedPod): number {
    return Math.min(POD_INITIAL_BACKOFF_MS * 2 ** Math.max(0, queued.unschedulableCount - 1), POD_MAX_BACKOFF_MS);
  }

  #armBackoff(): void {
    const top = this.#backoff.peek();
    if (this.#closed || !top || (this.#backoffTimer && this.#backoffTimer.dueMs <= top.backoffUntilMs)) return;
    this.#backoffTimer?.timer.cancel();
    const dueMs = top.backoffUntilMs;
    const delayMs = Math.max(0, dueMs - this.#options.clock.monotonicMs());
    this.#backoffTimer = { dueMs, timer: this.#options.clock.setTimer(delayMs, () => this.#endBackoff()) };
  }

  #endBackoff(): void {
    this.#backoffTimer = undefined;
    const nowMs = this.#options.clock.monotonicMs();
    for (let top = this.#backoff.peek(); top && top.backoffUntilMs <= nowMs; top = this.#backoff.peek()) {
      this.#backoff.pop();
      if (top.place === "backoff") this.#activate(top);
    }
    this.#armBackoff();
  }

  #armFlush(): void {
    if (this.#closed || this.#flushTimer) return;
    this.#flushTimer = this.#options.clock.setTimer(FLUSH_PERIOD_MS, () => {
      this.#flushTimer = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    const limitMs = this.#options.clock.monotonicMs() - UNSCHEDULABLE_TIMEOUT_MS;
    for (const queued of this.#pods.values())
      if (queued.place === "unschedulable" && queued.parkedAtMs <= limitMs) this.#release(queued);
    if (this.#parkedCount > 0) this.#armFlush();
  }

  #index(queued: QueuedPod): void {
    this.#parkedCount++;
    for (const plugin of queued.rejectors) {
      const set = this.#parkedBy.get(plugin);
      if (set) set.add(queued);
      else this.#parkedBy.set(plugin, new Set([queued]));
    }
  }

  #unpark(queued: QueuedPod): void {
    if (queued.place !== "unschedulable") return;
    this.#parkedCount--;
    for (const plugin of queued.rejectors) this.#parkedBy.get(plugin)?.delete(queued);
  }
}
