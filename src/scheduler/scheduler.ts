// SPDX-License-Identifier: Apache-2.0

import type { Cached } from "../client/index.ts";
import { assert, type Clock, type Logger, type Random, TaskGroup } from "../base/index.ts";
import type { Node, Pod } from "../api/index.ts";
import { type DefaultPluginHost, defaultPlugins } from "./default-profile.ts";
import { fitErrorMessage } from "./fit-error.ts";
import type { CycleState, Diagnosis, PluginStatus } from "./framework.ts";
import { nodeChanges } from "./node-changes.ts";
import { NodeTable } from "./node-table.ts";
import { WaitingPods } from "./waiting-pods.ts";
import { type PodInfo, podInfoOf } from "./pod-info.ts";
import { PodLedger } from "./pod-ledger.ts";
import { type EnabledPlugin, Profile } from "./profile.ts";
import type { SchedulerEffects } from "./scheduler-effects.ts";
import { noNominatedPods, type NominatedPods, SchedulingCycle } from "./scheduling-cycle.ts";
import { type QueuedPod, SchedulingQueue } from "./scheduling-queue.ts";

/** Bindings under way at once; placing waits when so many are. */
export const BINDINGS_MAX = 1_024;
/** Pods placed in one turn of the event loop, so that answers and watches are read between turns. */
const PODS_PER_TURN = 64;

/** A profile: a scheduler name, and the plug-ins that it runs (the default ones unless given). */
export interface ProfileOptions {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore?: number;
  /** Gets the default plug-ins; returns the ones to run. */
  plugins?(defaults: readonly EnabledPlugin[]): readonly EnabledPlugin[];
}

export interface SchedulerOptions {
  readonly effects: SchedulerEffects;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly profiles?: readonly ProfileOptions[];
  readonly claims?: DefaultPluginHost["claims"];
  readonly namespaceLabels?: DefaultPluginHost["namespaceLabels"];
  violatesBudget?(pod: PodInfo, alreadyEvicted: readonly PodInfo[]): boolean;
}

/**
 * Decides where pods run. Feed it with what the cluster holds (setNode, setPod, …) and run() it; it acts through its
 * effects alone.
 */
export class Scheduler {
  readonly nodes = new NodeTable();
  readonly queue: SchedulingQueue;
  readonly ledger = new PodLedger(this.nodes);
  readonly waiting: WaitingPods;
  readonly #options: SchedulerOptions;
  readonly #profiles = new Map<string, Profile>();
  readonly #cycle: SchedulingCycle;
  readonly #infos = new Map<string, PodInfo>();
  #bindings = 0;
  #nominations = 0;
  #wake: (() => void) | undefined;
  #group: TaskGroup | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#cycle = new SchedulingCycle(this.nodes, options.random);
    this.waiting = new WaitingPods(options.clock);
    for (const profile of options.profiles ?? [{ schedulerName: "default-scheduler" }]) this.#addProfile(profile);
    const first = this.#profiles.values().next().value;
    assert(first, "A scheduler needs a profile");
    this.queue = new SchedulingQueue({
      clock: options.clock,
      less: (a, b) => first.queueSort.less(a, b),
      preEnqueue: (pod) => this.#preEnqueue(pod),
      hints: new Map([...this.#profiles.values()].flatMap((p) => [...p.hints])),
      onReady: () => this.#wakeUp(),
    });
  }

  setNode(node: Cached<Node>, old?: Cached<Node>): void {
    this.nodes.setNode(node);
    if (!old) this.queue.event({ kind: "NodeAdd", node });
    else for (const kind of nodeChanges(old, node)) this.queue.event({ kind, node, oldNode: old });
  }

  deleteNode(name: string): void {
    this.nodes.removeNode(name);
  }

  /** A pod is new or has changed. */
  setPod(pod: Cached<Pod>): void {
    const uid = pod.metadata.uid ?? "";
    const phase = pod.status?.phase;
    if (phase === "Succeeded" || phase === "Failed") {
      this.deletePod(pod);
      return;
    }
    const old = this.#infos.get(uid);
    const info = podInfoOf(pod);
    this.#infos.set(uid, info);
    if (info.nodeName !== "") this.#setAssigned(info);
    else if (this.#profiles.has(info.schedulerName)) this.#setUnassigned(info, old);
  }

  /** The pod is gone, or has ended. */
  deletePod(pod: Cached<Pod>): void {
    const uid = pod.metadata.uid ?? "";
    this.#infos.delete(uid);
    const queued = this.queue.get(uid);
    if (queued) this.#setNomination(queued, "");
    this.queue.remove(uid);
    this.waiting.reject(uid, { code: "Unschedulable", reasons: ["pod was deleted"] });
    const counted = this.ledger.remove(uid);
    if (counted) this.queue.event({ kind: "AssignedPodDelete", pod: counted });
  }

  /** A claim came or changed. */
  claimChanged(): void {
    this.queue.event({ kind: "PvcChange" });
  }

  /** Places pods until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await using group = new TaskGroup(signal);
    this.#group = group;
    try {
      while (!signal.aborted) {
        const queued = this.#bindings < BINDINGS_MAX ? this.queue.pop() : undefined;
        if (!queued) {
          await this.#idle(signal);
          continue;
        }
        this.#turn(queued);
        await this.#options.clock.sleep(0, { signal });
      }
    } finally {
      this.queue.close();
      this.waiting.close();
    }
    signal.throwIfAborted();
  }

  #turn(first: QueuedPod): void {
    let queued: QueuedPod | undefined = first;
    for (
      let count = 0;
      queued;
      queued = count < PODS_PER_TURN && this.#bindings < BINDINGS_MAX ? this.queue.pop() : undefined
    ) {
      this.#scheduleOne(queued);
      count++;
    }
  }

  #scheduleOne(queued: QueuedPod): void {
    const { pod } = queued;
    const profile = this.#profiles.get(pod.schedulerName);
    assert(profile, "A pod without a profile is in the queue");
    if (pod.terminating) {
      this.#options.effects.event(
        pod,
        "Warning",
        "FailedScheduling",
        "Scheduling",
        `skip schedule deleting pod: ${pod.key}`,
      );
      this.queue.done(queued);
      return;
    }
    if (this.ledger.has(pod.uid)) {
      this.queue.done(queued);
      return;
    }
    if (this.nodes.size === 0) {
      this.#fail(queued, "no nodes available to schedule pods", new Set(["NodeName"]), undefined);
      return;
    }
    const result = this.#cycle.run(profile, pod, this.#nominated());
    if (result.type === "unplaced") this.#unplaced(profile, queued, result.state, result.diagnosis);
    else this.#placed(profile, queued, result.state, this.nodes.names[result.node]!);
  }

  #placed(profile: Profile, queued: QueuedPod, state: CycleState, node: string): void {
    const { pod } = queued;
    this.ledger.assume(pod, node);
    for (const plugin of profile.reserve) {
      const status = plugin.reserve(state, pod, node);
      if (status) {
        this.#undo(profile, queued, state, node, named(status, plugin.name));
        return;
      }
    }
    const waits: Promise<PluginStatus | undefined>[] = [];
    for (const plugin of profile.permit) {
      const result = plugin.permit(state, pod, node);
      if (!result) continue;
      if ("wait" in result) waits.push(this.waiting.wait(pod, plugin.name, result.timeoutMs));
      else {
        this.#undo(profile, queued, state, node, named(result, plugin.name));
        return;
      }
    }
    this.#setNomination(queued, "");
    this.#bindings++;
    assert(this.#group, "The scheduler does not run");
    this.#group.run(`bind ${pod.key}`, (signal) => this.#bindingCycle(profile, queued, state, node, waits, signal));
  }

  async #bindingCycle(
    profile: Profile,
    queued: QueuedPod,
    state: CycleState,
    node: string,
    waits: readonly Promise<PluginStatus | undefined>[],
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const refused = await this.#bind(profile, queued.pod, state, node, waits, signal);
      if (refused) this.#undo(profile, queued, state, node, refused);
      else {
        this.queue.done(queued);
        for (const plugin of profile.postBind) plugin.postBind(state, queued.pod, node);
        const message = `Successfully assigned ${queued.pod.key} to ${node}`;
        this.#options.effects.event(queued.pod, "Normal", "Scheduled", "Binding", message);
      }
    } catch (error) {
      if (signal.aborted) throw error;
      const text = error instanceof Error ? error.message : String(error);
      this.#undo(profile, queued, state, node, { code: "Error", reasons: [`binding rejected: ${text}`] });
    } finally {
      this.#bindings--;
      this.#wakeUp();
    }
  }

  async #bind(
    profile: Profile,
    pod: PodInfo,
    state: CycleState,
    node: string,
    waits: readonly Promise<PluginStatus | undefined>[],
    signal: AbortSignal,
  ): Promise<PluginStatus | undefined> {
    for (const status of await Promise.all(waits)) if (status) return status;
    for (const plugin of profile.preBind) {
      const status = await plugin.preBind(state, pod, node, { signal });
      if (status) return named(status, plugin.name);
    }
    for (const plugin of profile.bind) {
      const status = await plugin.bind(state, pod, node, { signal });
      if (status === "skip") continue;
      return status ? named(status, plugin.name) : undefined;
    }
    return { code: "Error", reasons: ["no bind plug-in took the pod"] };
  }

  /** Takes back what was assumed and reserved, and puts the pod back. */
  #undo(profile: Profile, queued: QueuedPod, state: CycleState, node: string, status: PluginStatus): void {
    for (const plugin of [...profile.reserve].reverse()) plugin.unreserve(state, queued.pod, node);
    this.ledger.forget(queued.pod.uid);
    this.queue.event({ kind: "AssignedPodDelete", pod: queued.pod });
    const rejectors = status.code === "Error" || !status.plugin ? new Set<string>() : new Set([status.plugin]);
    this.#fail(queued, status.reasons.join(", "), rejectors, undefined);
  }

  #unplaced(profile: Profile, queued: QueuedPod, state: CycleState, diagnosis: Diagnosis): void {
    const messages: string[] = [];
    let nominated: string | undefined;
    for (const plugin of profile.postFilter) {
      const result = plugin.postFilter(state, queued.pod, diagnosis, this.nodes);
      if (result.message) messages.push(result.message);
      if (result.nominatedNode !== undefined) nominated = result.nominatedNode;
      if (result.error || nominated !== undefined) break;
    }
    const plugins = new Set(diagnosis.plugins);
    for (const plugin of profile.postFilter)
      if (plugin.name === "DefaultPreemption" && nominated) plugins.add(plugin.name);
    this.#fail(queued, fitErrorMessage(diagnosis, messages.join(", ")), plugins, nominated);
  }

  #fail(queued: QueuedPod, message: string, rejectors: ReadonlySet<string>, nominated: string | undefined): void {
    const { pod } = queued;
    const { effects } = this.#options;
    if (nominated !== undefined) this.#setNomination(queued, nominated);
    effects.event(pod, "Warning", "FailedScheduling", "Scheduling", message);
    this.queue.park(queued, rejectors);
    const reason = rejectors.size > 0 ? "Unschedulable" : "SchedulerError";
    this.#background(`status of ${pod.key}`, (signal) =>
      effects.patchStatus(
        pod,
        {
          condition: { status: "False", reason, message },
          ...(nominated === undefined ? {} : { nominatedNode: nominated }),
        },
        { signal },
      ),
    );
  }

  #evict(victims: readonly PodInfo[], preemptor: PodInfo, nodeName: string): void {
    for (const victim of victims) {
      if (this.waiting.reject(victim.uid, { code: "Unschedulable", reasons: ["preempted"] })) continue;
      this.#background(`eviction of ${victim.key}`, (signal) =>
        this.#options.effects.evict(victim, preemptor, nodeName, { signal }),
      );
    }
  }

  /** What may fail without consequence: the level-triggered loop comes by again. */
  #background(name: string, task: (signal: AbortSignal) => Promise<void>): void {
    this.#group?.run(name, async (signal) => {
      try {
        await task(signal);
      } catch (error) {
        if (!signal.aborted) this.#options.log.warn("Scheduler could not write", { what: name, error: String(error) });
      }
    });
  }

  #setAssigned(info: PodInfo): void {
    const before = this.ledger.info(info.uid);
    const queued = this.queue.get(info.uid);
    if (queued) {
      this.#setNomination(queued, "");
      // A pod in its binding cycle stays known until that ends.
      if (queued.place !== "inFlight") this.queue.remove(info.uid);
    }
    this.ledger.set(info);
    if (!before || before.nodeName === "") this.queue.event({ kind: "AssignedPodAdd", pod: info });
    else if (!sameLabels(before, info) || before.requests.milliCpu !== info.requests.milliCpu)
      this.queue.event({ kind: "AssignedPodUpdate", pod: info });
  }

  #setUnassigned(info: PodInfo, old: PodInfo | undefined): void {
    if (this.ledger.isAssumed(info.uid)) return;
    if (!old) {
      this.queue.add(info);
      const queued = this.queue.get(info.uid);
      if (queued?.nominatedNode) this.#nominations++;
      return;
    }
    this.queue.update(info, JSON.stringify(old.pod.spec) !== JSON.stringify(info.pod.spec) || !sameLabels(old, info));
  }

  #setNomination(queued: QueuedPod, node: string): void {
    if ((queued.nominatedNode === "") !== (node === "")) this.#nominations += node === "" ? -1 : 1;
    queued.nominatedNode = node;
  }

  #nominated(): NominatedPods {
    if (this.#nominations === 0) return noNominatedPods;
    return (node, pod) => this.queue.nominatedOn(node, pod.priority, pod.uid);
  }

  #preEnqueue(pod: PodInfo): { plugin: string; status: PluginStatus } | undefined {
    for (const plugin of this.#profiles.get(pod.schedulerName)?.preEnqueue ?? []) {
      const status = plugin.preEnqueue(pod);
      if (status) return { plugin: plugin.name, status };
    }
    return undefined;
  }

  #addProfile(options: ProfileOptions): void {
    const { effects } = this.#options;
    const defaults = defaultPlugins({
      profile: () => this.#profiles.get(options.schedulerName)!,
      cycle: this.#cycle,
      violatesBudget: (pod, evicted) => this.#options.violatesBudget?.(pod, evicted) ?? false,
      evict: (victims, preemptor, node) => this.#evict(victims, preemptor, node),
      nominatedNode: (pod) => this.queue.get(pod.uid)?.nominatedNode ?? "",
      bind: (pod, node, o) => effects.bind(pod, node, o),
      namespaceLabels: this.#options.namespaceLabels ?? (() => ({})),
      claims: this.#options.claims ?? { get: () => undefined },
    });
    const plugins = options.plugins ? options.plugins(defaults) : defaults;
    this.#profiles.set(options.schedulerName, new Profile(options.schedulerName, plugins, options));
  }

  #wakeUp(): void {
    this.#wake?.();
  }

  #idle(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#wake = () => {
        this.#wake = undefined;
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      if (signal.aborted) onAbort();
    });
  }
}

/** The status with the name of the plug-in that gave it. */
function named(status: PluginStatus, plugin: string): PluginStatus {
  status.plugin ??= plugin;
  return status;
}

const sameLabels = (a: PodInfo, b: PodInfo): boolean => JSON.stringify(a.labels) === JSON.stringify(b.labels);
