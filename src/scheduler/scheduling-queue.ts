// SPDX-License-Identifier: Apache-2.0

import { type Clock, Heap, type Timer } from "../base/index.ts";
import { BackoffHeap } from "./backoff-heap.ts";
import type { ClusterEventKind, HintingEvent } from "./cluster-event.ts";
import type { EventRegistration, PluginStatus, QueueSortKey } from "./framework.ts";
import { Nominations } from "./nominations.ts";
import type { PodInfo } from "./pod-info.ts";

/** First and longest wait of a pod that did not fit (upstream's podInitialBackoffSeconds, podMaxBackoffSeconds). */
export const POD_INITIAL_BACKOFF_MS = 1_000;
export const POD_MAX_BACKOFF_MS = 10_000;
/** A pod that no event helped is tried again after this long. */
export const UNSCHEDULABLE_TIMEOUT_MS = 300_000;
/** How often that is looked at. */
export const FLUSH_PERIOD_MS = 30_000;

type Place = "active" | "backoff" | "unschedulable" | "gated" | "inFlight" | "gone";

/** A pod on its way to a node. */
export interface QueuedPod extends QueueSortKey {
  pod: PodInfo;
  timestampMs: number;
  /** Counts entries into the active queue: decides between pods that are equal otherwise. */
  arrival: number;
  place: Place;
  attempts: number;
  /** Tries that plug-ins ended, and tries in a row that an error ended: they decide the backoff. */
  unschedulableCount: number;
  consecutiveErrors: number;
  /** When the pod came into the unschedulable pool. */
  parkedAtMs: number;
  backoffUntilMs: number;
  /** Names of the plug-ins that refused it last. */
  rejectors: ReadonlySet<string>;
  /** Where it may go if preemption succeeds; set by Nominations alone. */
  nominatedNode: string;
  /** Events that were told before the pod was taken: later ones were missed by it. */
  eventsBefore: number;
  /** The pod's own object changed while it was being placed. */
  changedInFlight: boolean;
}

export interface SchedulingQueueOptions {
  readonly clock: Clock;
  less(a: QueueSortKey, b: QueueSortKey): boolean;
  preEnqueue(pod: PodInfo): { plugin: string; status: PluginStatus } | undefined;
  /** Event registrations of every plug-in, by name. */
  readonly hints: ReadonlyMap<string, readonly EventRegistration[]>;
  /** Called when there may be something to pop. */
  onReady(): void;
}

const NOBODY: ReadonlySet<string> = new Set();

/**
 * Pods that wait for a node: active ones in order, ones that back off, and ones that wait for an event that could help
 * them. The index from rejecting plug-in to waiting pods makes an event cost what it helps, not what waits.
 */
export class SchedulingQueue {
  readonly nominations = new Nominations();
  readonly #options: SchedulingQueueOptions;
  readonly #pods = new Map<string, QueuedPod>();
  readonly #active: Heap<QueuedPod>;
  /** Pods that plug-ins refused: they may be taken early. Pods that an error stopped may not. */
  readonly #refused: BackoffHeap;
  readonly #failed: BackoffHeap;
  readonly #parkedBy = new Map<string, Set<QueuedPod>>();
  readonly #interested = new Map<ClusterEventKind, [string, EventRegistration][]>();
  /** The number of the last event of each kind. */
  readonly #lastEvents = new Map<ClusterEventKind, number>();
  #events = 0;
  #arrivals = 0;
  #backoffTimer: { dueMs: number; timer: Timer } | undefined;
  #flushTimer: Timer | undefined;
  #parkedCount = 0;
  #closed = false;

  constructor(options: SchedulingQueueOptions) {
    this.#options = options;
    const before = (a: QueuedPod, b: QueuedPod): boolean =>
      options.less(a, b) || (a.arrival < b.arrival && !options.less(b, a));
    this.#active = new Heap(before);
    this.#refused = new BackoffHeap(before);
    this.#failed = new BackoffHeap(before);
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
    const queued: QueuedPod = {
      pod,
      timestampMs: this.#options.clock.monotonicMs(),
      arrival: 0,
      place: "gone",
      attempts: 0,
      unschedulableCount: 0,
      consecutiveErrors: 0,
      parkedAtMs: 0,
      backoffUntilMs: 0,
      rejectors: NOBODY,
      nominatedNode: "",
      eventsBefore: 0,
      changedInFlight: false,
    };
    this.#pods.set(pod.uid, queued);
    this.nominations.set(queued, pod.pod.status?.nominatedNodeName ?? "");
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
    if (queued.place === "inFlight") queued.changedInFlight ||= schedulingChanged;
    else if (queued.place === "gated") this.#ungate(queued);
    else if (queued.place === "unschedulable" && schedulingChanged) this.#moveOne(queued);
  }

  remove(uid: string): void {
    const queued = this.#pods.get(uid);
    if (!queued) return;
    this.#pods.delete(uid);
    this.nominations.set(queued, "");
    this.#unpark(queued);
    queued.place = "gone";
  }

  /** The next pod to place; one that backs off after a refusal is taken when nothing else waits (KEP-5142). */
  pop(): QueuedPod | undefined {
    for (let top = this.#active.pop(); top; top = this.#active.pop())
      if (top.place === "active") return this.#take(top);
    const early = this.#refused.pop();
    return early && this.#take(early);
  }

  /** The pod has its node. */
  done(queued: QueuedPod): void {
    if (this.#pods.get(queued.pod.uid) === queued) this.#pods.delete(queued.pod.uid);
    this.nominations.set(queued, "");
    queued.place = "gone";
  }

  /** The pod did not get a node: it waits for an event that these plug-ins name, or backs off after an error. */
  park(queued: QueuedPod, rejectors: ReadonlySet<string>): void {
    if (queued.place === "gone") return;
    queued.rejectors = rejectors;
    queued.timestampMs = this.#options.clock.monotonicMs();
    if (rejectors.size === 0) queued.consecutiveErrors++;
    else {
      queued.unschedulableCount++;
      queued.consecutiveErrors = 0;
    }
    queued.backoffUntilMs = BackoffHeap.windowOf(queued.timestampMs + this.#backoffMs(queued));
    if (rejectors.size === 0 || this.#missedHelp(queued)) {
      this.#backOff(queued);
      return;
    }
    queued.place = "unschedulable";
    queued.parkedAtMs = queued.timestampMs;
    this.#index(queued);
    this.#armFlush();
  }

  /** Something happened: pods that it may help go on. */
  event(event: HintingEvent, exceptUid?: string): void {
    this.#lastEvents.set(event.kind, ++this.#events);
    if (this.#parkedCount === 0) return;
    for (const [plugin, registration] of this.#interested.get(event.kind) ?? []) {
      const parked = this.#parkedBy.get(plugin);
      if (!parked) continue;
      for (const queued of Array.from(parked)) {
        if (queued.pod.uid === exceptUid) continue;
        if (queued.place === "gated") this.#ungate(queued);
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

  close(): void {
    this.#closed = true;
    this.#backoffTimer?.timer.cancel();
    this.#flushTimer?.cancel();
  }

  #take(queued: QueuedPod): QueuedPod {
    queued.place = "inFlight";
    queued.attempts++;
    queued.eventsBefore = this.#events;
    queued.changedInFlight = false;
    return queued;
  }

  /** Whether something that could help happened while the pod was being placed. */
  #missedHelp(queued: QueuedPod): boolean {
    for (const plugin of queued.rejectors)
      for (const { event } of this.#options.hints.get(plugin) ?? []) {
        if ((this.#lastEvents.get(event) ?? 0) > queued.eventsBefore) return true;
        if (event === "UnscheduledPodUpdate" && queued.changedInFlight) return true;
      }
    return false;
  }

  /** Lets the pod into a queue unless a plug-in holds it back. */
  #passesGates(queued: QueuedPod): boolean {
    const gate = this.#options.preEnqueue(queued.pod);
    if (!gate) return true;
    queued.place = "gated";
    queued.rejectors = new Set([gate.plugin]);
    this.#index(queued);
    return false;
  }

  #ungate(queued: QueuedPod): void {
    if (this.#options.preEnqueue(queued.pod)) return;
    this.#unpark(queued);
    this.#activate(queued);
  }

  #activate(queued: QueuedPod): void {
    if (!this.#passesGates(queued)) return;
    queued.place = "active";
    queued.arrival = ++this.#arrivals;
    this.#active.push(queued);
    this.#options.onReady();
  }

  #moveOne(queued: QueuedPod): void {
    const event: HintingEvent = { kind: "UnscheduledPodUpdate", pod: queued.pod };
    for (const [plugin, registration] of this.#interested.get(event.kind) ?? []) {
      if (!queued.rejectors.has(plugin)) continue;
      if (registration.hint && registration.hint(queued.pod, event) === "Skip") continue;
      this.#release(queued);
      return;
    }
  }

  #release(queued: QueuedPod): void {
    this.#unpark(queued);
    if (queued.backoffUntilMs > this.#options.clock.monotonicMs()) this.#backOff(queued);
    else this.#activate(queued);
  }

  #backOff(queued: QueuedPod): void {
    if (!this.#passesGates(queued)) return;
    const wasRefused = queued.rejectors.size > 0;
    queued.place = "backoff";
    (wasRefused ? this.#refused : this.#failed).push(queued);
    this.#armBackoff();
    if (wasRefused) this.#options.onReady();
  }

  #backoffMs(queued: QueuedPod): number {
    const count = queued.consecutiveErrors > 0 ? queued.consecutiveErrors : queued.unschedulableCount;
    return Math.min(POD_INITIAL_BACKOFF_MS * 2 ** (count - 1), POD_MAX_BACKOFF_MS);
  }

  #armBackoff(): void {
    const dueMs = Math.min(this.#refused.dueMs, this.#failed.dueMs);
    if (this.#closed || dueMs === Number.POSITIVE_INFINITY) return;
    if (this.#backoffTimer && this.#backoffTimer.dueMs <= dueMs) return;
    this.#backoffTimer?.timer.cancel();
    const delayMs = Math.max(0, dueMs - this.#options.clock.monotonicMs());
    this.#backoffTimer = { dueMs, timer: this.#options.clock.setTimer(delayMs, () => this.#endBackoff()) };
  }

  #endBackoff(): void {
    this.#backoffTimer = undefined;
    const nowMs = this.#options.clock.monotonicMs();
    for (const heap of [this.#refused, this.#failed])
      while (heap.dueMs <= nowMs) {
        const queued = heap.pop();
        if (queued) this.#activate(queued);
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
    let waiting = false;
    for (const queued of this.#pods.values()) {
      if (queued.place !== "unschedulable") continue;
      if (queued.parkedAtMs < limitMs) this.#release(queued);
      else waiting = true;
    }
    if (waiting) this.#armFlush();
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
    if (queued.place !== "unschedulable" && queued.place !== "gated") return;
    this.#parkedCount--;
    for (const plugin of queued.rejectors) this.#parkedBy.get(plugin)?.delete(queued);
  }
}
