// SPDX-License-Identifier: Apache-2.0

import type { Cached } from "../client/index.ts";
import { assert, type Clock, type Logger, type Random, TaskGroup } from "../base/index.ts";
import type { Node, Pod } from "../api/index.ts";
import { type DefaultPluginHost, defaultPlugins } from "./default-profile.ts";
import type { Budgets } from "./disruption-budgets.ts";
import { fitErrorMessage, oneNodeMessage } from "./fit-error.ts";
import type { CycleState, Diagnosis, PluginStatus } from "./framework.ts";
import { nodeChanges } from "./node-changes.ts";
import { NodeTable } from "./node-table.ts";
import { noSiblings, siblingSelector, type SiblingSources } from "./sibling-selector.ts";
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
  /** What pods belong to, for spreading those that say nothing themselves; nothing unless given. */
  readonly siblings?: SiblingSources;
  /** Disruption budgets, which preemption keeps where it can. */
  budgets?(): Budgets;
}

/** Characters of an event's note, as the API allows them. */
const NOTE_LENGTH_MAX = 1_024;
const CUT = " ...";

const noteOf = (message: string): string =>
  message.length <= NOTE_LENGTH_MAX ? message : message.slice(0, NOTE_LENGTH_MAX - CUT.length) + CUT;

const NO_REJECTORS: ReadonlySet<string> = new Set();

/** Why a pod got no node. */
interface Failure {
  readonly message: string;
  /** Plug-ins that refused it; none when something broke. */
  readonly rejectors: ReadonlySet<string>;
  /** The node that it is promised; "" takes a promise back. */
  readonly nominated?: string | undefined;
}

/** A plug-in failed, in upstream's words. */
const broken = (point: string, plugin: string, text: string): PluginStatus => ({
  code: "Error",
  reasons: [`running ${point} plugin "${plugin}": ${text}`],
});

/** What a plug-in answered after the pod had its node: a refusal with its name, or a fault with its place. */
function answerOf(point: string, plugin: string, status: PluginStatus): PluginStatus {
  if (status.code === "Error") return broken(point, plugin, status.reasons.join(", "));
  status.plugin ??= plugin;
  return status;
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
      // Any new node may help.
      const rejectors = new Set(["NodeName"]);
      this.#fail(queued, { message: "no nodes available to schedule pods", rejectors, nominated: "" });
      return;
    }
    const result = this.#cycle.run(profile, pod, {
      nominated: this.#nominated(),
      nominatedNode: queued.nominatedNode,
    });
    if (result.type === "unplaced") this.#unplaced(profile, queued, result.state, result.diagnosis);
    else this.#placed(profile, queued, result.state, this.nodes.names[result.node]!);
  }

  #placed(profile: Profile, queued: QueuedPod, state: CycleState, node: string): void {
    const { pod } = queued;
    this.ledger.assume(pod, node);
    for (const plugin of profile.reserve) {
      const status = plugin.reserve(state, pod, node);
      if (status) {
        this.#undo(profile, queued, state, node, answerOf("Reserve", plugin.name, status));
        return;
      }
    }
    const held: { plugin: string; timeoutMs: number }[] = [];
    for (const plugin of profile.permit) {
      const result = plugin.permit(state, pod, node);
      if (!result) continue;
      if ("wait" in result) held.push({ plugin: plugin.name, timeoutMs: result.timeoutMs });
      else {
        this.#undo(profile, queued, state, node, answerOf("Permit", plugin.name, result));
        return;
      }
    }
    const waits = held.map(({ plugin, timeoutMs }) => this.waiting.wait(pod, plugin, timeoutMs));
    this.queue.nominations.set(queued, "");
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
      if (signal.aborted) return;
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
      this.#undo(profile, queued, state, node, { code: "Error", reasons: [text] });
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
      const status = await faultsOf("PreBind", plugin.name, plugin.preBind(state, pod, node, { signal }), signal);
      if (status) return status;
    }
    for (const plugin of profile.bind) {
      const status = await faultsOf("Bind", plugin.name, plugin.bind(state, pod, node, { signal }), signal);
      if (status !== "skip") return status;
    }
    return { code: "Error", reasons: ["no bind plug-in took the pod"] };
  }

  /** Takes back what was assumed and reserved, and puts the pod back. */
  #undo(profile: Profile, queued: QueuedPod, state: CycleState, node: string, status: PluginStatus): void {
    for (const plugin of [...profile.reserve].reverse()) plugin.unreserve(state, queued.pod, node);
    this.ledger.forget(queued.pod.uid);
    const refused = status.code !== "Error";
    this.#fail(queued, {
      message: refused ? oneNodeMessage(status) : status.reasons.join(", "),
      rejectors: refused && status.plugin ? new Set([status.plugin]) : NO_REJECTORS,
      nominated: "",
    });
    // Its place is free for others.
    this.queue.event({ kind: "AssignedPodDelete", pod: queued.pod }, queued.pod.uid);
  }

  #unplaced(profile: Profile, queued: QueuedPod, state: CycleState, diagnosis: Diagnosis): void {
    const messages: string[] = [];
    let nominated: string | undefined;
    for (const plugin of profile.postFilter) {
      const result = plugin.postFilter(state, queued.pod, diagnosis, this.nodes);
      if (result.message) messages.push(result.message);
      if (result.nominatedNode !== undefined) nominated = result.nominatedNode;
      if (result.error || nominated) break;
    }
    const message = fitErrorMessage(diagnosis, messages.join(", "));
    this.#fail(queued, { message, rejectors: diagnosis.plugins, nominated });
  }

  #fail(queued: QueuedPod, { message, rejectors, nominated }: Failure): void {
    const { pod } = queued;
    const { effects } = this.#options;
    this.queue.park(queued, rejectors);
    if (nominated !== undefined && queued.place !== "gone") this.queue.nominations.set(queued, nominated);
    effects.event(pod, "Warning", "FailedScheduling", "Scheduling", noteOf(message));
    const reason = rejectors.size > 0 ? "Unschedulable" : "SchedulerError";
    const promised = nominated !== undefined && nominated !== (pod.pod.status?.nominatedNodeName ?? "");
    this.#background(`status of ${pod.key}`, (signal) =>
      effects.patchStatus(
        pod,
        { condition: { status: "False", reason, message }, ...(promised ? { nominatedNode: nominated } : {}) },
        { signal },
      ),
    );
  }

  #evict(victims: readonly PodInfo[], preemptor: PodInfo, nodeName: string): void {
    const { effects } = this.#options;
    for (const victim of victims) {
      if (this.waiting.reject(victim.uid, { code: "Unschedulable", reasons: ["preempted"] })) {
        const note = `Preempted by pod ${preemptor.uid} on node ${nodeName}`;
        effects.event(victim, "Normal", "Preempted", "Preempting", note);
        continue;
      }
      this.#background(`eviction of ${victim.key}`, (signal) => effects.evict(victim, preemptor, nodeName, { signal }));
    }
    // Weaker pods that were promised the node look for another one.
    for (const queued of this.queue.nominations.weakerOn(nodeName, preemptor)) {
      this.queue.nominations.set(queued, "");
      this.#background(`nomination of ${queued.pod.key}`, (signal) =>
        effects.patchStatus(queued.pod, { nominatedNode: "" }, { signal }),
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
    // A pod in its binding cycle stays known until that ends.
    if (queued && queued.place !== "inFlight") this.queue.remove(info.uid);
    this.ledger.set(info);
    if (!before || before.nodeName === "") this.queue.event({ kind: "AssignedPodAdd", pod: info });
    else if (!sameLabels(before, info) || before.requests.milliCpu !== info.requests.milliCpu)
      this.queue.event({ kind: "AssignedPodUpdate", pod: info });
  }

  #setUnassigned(info: PodInfo, old: PodInfo | undefined): void {
    if (this.ledger.isAssumed(info.uid)) return;
    if (old) this.queue.update(info, schedulingChanged(old, info));
    else this.queue.add(info);
  }

  #nominated(): NominatedPods {
    const { nominations } = this.queue;
    return nominations.empty ? noNominatedPods : (node, pod) => nominations.countingOn(node, pod);
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
      random: this.#options.random,
      nominated: () => this.#nominated(),
      budgets: () => this.#options.budgets?.() ?? [],
      evict: (victims, preemptor, node) => this.#evict(victims, preemptor, node),
      nominatedNode: (pod) => this.queue.get(pod.uid)?.nominatedNode ?? "",
      bind: (pod, node, o) => effects.bind(pod, node, o),
      namespaceLabels: this.#options.namespaceLabels ?? (() => ({})),
      claims: this.#options.claims ?? { get: () => undefined },
      siblings: (pod) => siblingSelector(pod, this.#options.siblings ?? noSiblings),
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

/** Awaits a plug-in's answer; what it throws is a fault of its own. */
async function faultsOf<T extends PluginStatus | "skip" | undefined>(
  point: string,
  plugin: string,
  answer: Promise<T>,
  signal: AbortSignal,
): Promise<T | PluginStatus> {
  try {
    const status = await answer;
    return status === undefined || status === "skip" ? status : answerOf(point, plugin, status);
  } catch (error) {
    if (signal.aborted) throw error;
    return broken(point, plugin, error instanceof Error ? error.message : String(error));
  }
}

const sameLabels = (a: PodInfo, b: PodInfo): boolean => JSON.stringify(a.labels) === JSON.stringify(b.labels);

/** Whether a change of a waiting pod may make a difference to where it fits. */
const schedulingChanged = (old: PodInfo, info: PodInfo): boolean =>
  JSON.stringify(old.pod.spec) !== JSON.stringify(info.pod.spec) || !sameLabels(old, info);
