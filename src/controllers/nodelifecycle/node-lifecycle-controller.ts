// SPDX-License-Identifier: Apache-2.0

import type { Lease, Node, NodeCondition, Pod } from "../../api/index.ts";
import { formatTime, isNotFound } from "../../apimachinery/index.ts";
import { TaskGroup } from "../../base/index.ts";
import {
  DONE,
  LEASES,
  NODES,
  objectReferenceTo,
  PODS,
  runReconciler,
  WorkQueue,
  type Cached,
  type Client,
  type EventRecorder,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { podCondition } from "../../rules/index.ts";
import { recorderFor, type Controller, type ControllerContext } from "../controller.ts";
import { messageOf } from "../shared/status-cause.ts";
import { forgiven, observeNode, type GracePeriods, type NodeHealth, type Observation } from "./node-health.ts";
import { betaLabels } from "./beta-labels.ts";
import { changeTaints, hasTaint, noExecuteChange, noScheduleChange, NOT_READY, UNREACHABLE } from "./node-taints.ts";
import { TaintingQueue } from "./tainting-queue.ts";
import {
  countsInZone,
  DEFAULT_ZONE_LIMITS,
  disruptionChange,
  evictionRate,
  zoneOf,
  zoneState,
  type ZoneState,
} from "./zones.ts";

const CLIENT_NAME = "node-controller";
const NODE_INDEX = "node";
const LEASE_NAMESPACE = "kube-node-lease";
const MONITOR_PERIOD_MS = 5_000;
const TAINTING_PERIOD_MS = 100;
const UPDATE_WORKERS = 8;

/** A node is silent when nothing was heard of it for 40 s, or for 60 s after it registered. */
export const DEFAULT_GRACE: GracePeriods = { monitorMs: 40_000, startupMs: 60_000 };

type Options = { readonly signal: AbortSignal };

interface Parts {
  readonly context: ControllerContext;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly nodes: Informer<Node>;
  readonly pods: Informer<Pod>;
  readonly leases: Informer<Lease>;
  readonly grace: GracePeriods;
}

/** Keeps the NoSchedule taints of one node, and its old label names, as its conditions say. */
class NodeTaintReconciler implements Reconciler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(name: string, { signal }: Options): Promise<Outcome> {
    const { nodes, client, context } = this.#parts;
    const node = nodes.lister.get("", name);
    if (!node) return DONE;
    const change = noScheduleChange(node);
    if (change.add.length + change.remove.length > 0) {
      await changeTaints(client, node, change, { signal, nowMs: context.clock.nowMs() });
    }
    const labels = betaLabels(node);
    if (labels) await client.resource(NODES).patch(name, "strategic", { metadata: { labels } }, { signal });
    return DONE;
  }
}

/** Looks at all nodes from time to time, marks those that are silent, and lets their pods be evicted. */
class NodeMonitor {
  readonly #parts: Parts;
  readonly #health = new Map<string, NodeHealth>();
  readonly #queues = new Map<string, TaintingQueue>();
  readonly #known = new Map<string, Cached<Node>>();
  readonly #podsToMark = new Set<string>();
  #zones = new Map<string, ZoneState>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts.context;
    for (;;) {
      await this.#look({ signal });
      await clock.sleep(MONITOR_PERIOD_MS, { signal });
    }
  }

  /** Taints the nodes that wait for it, as fast as their zones allow. */
  async runTainting(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts.context;
    for (;;) {
      await this.#taintDue({ signal });
      await clock.sleep(this.#nextTaintingMs(), { signal });
    }
  }

  async #taintDue(options: Options): Promise<void> {
    for (const queue of this.#queues.values()) await this.#taintNext(queue, options);
  }

  #nextTaintingMs(): number {
    const nowMs = this.#parts.context.clock.monotonicMs();
    const waits = [...this.#queues.values()].map((queue) => queue.nextInMs(nowMs)).filter((ms) => ms !== undefined);
    return waits.length > 0 ? Math.max(TAINTING_PERIOD_MS, Math.min(...waits)) : MONITOR_PERIOD_MS;
  }

  async #look(options: Options): Promise<void> {
    const nodes = [...this.#parts.nodes.lister.list()];
    await this.#notice(nodes, options);
    const readyByZone = new Map<string, (string | undefined)[]>();
    for (const node of nodes) {
      const ready = await this.#lookAt(node, options);
      if (!countsInZone(node)) continue;
      const zone = zoneOf(node);
      readyByZone.set(zone, [...(readyByZone.get(zone) ?? []), ready]);
    }
    await this.#judgeZones(readyByZone, nodes, options);
    await this.#taintDue(options);
  }

  async #notice(nodes: readonly Cached<Node>[], options: Options): Promise<void> {
    const names = new Set(nodes.map(({ metadata }) => metadata.name));
    for (const [name, node] of this.#known) {
      if (names.has(name)) continue;
      this.#say(node, "RemovingNode", `Node ${name} event: Removing Node ${name} from Controller`);
      this.#known.delete(name);
      this.#health.delete(name);
      this.#queue(zoneOf(node)).remove(name);
    }
    for (const node of nodes) {
      const { name } = node.metadata;
      const fresh = !this.#known.has(name);
      this.#known.set(name, node);
      if (!fresh) continue;
      this.#say(node, "RegisteredNode", `Node ${name} event: Registered Node ${name} in Controller`);
      this.#queue(zoneOf(node));
      await this.#tolerate(() => this.#letOff(node, options), options);
    }
  }

  /** One node; its Ready condition after the look. */
  async #lookAt(node: Cached<Node>, options: Options): Promise<string | undefined> {
    const { name } = node.metadata;
    const { clock } = this.#parts.context;
    const lease = this.#parts.leases.lister.get(LEASE_NAMESPACE, name);
    const observation = observeNode(
      node,
      { lease, saved: this.#health.get(name) },
      { nowMs: clock.nowMs(), grace: this.#parts.grace },
    );
    this.#health.set(name, observation.health);
    await this.#tolerate(() => this.#act(node, observation, options), options);
    return observation.currentReady;
  }

  async #act(node: Cached<Node>, observation: Observation, options: Options): Promise<void> {
    const { name } = node.metadata;
    const { observedReady, currentReady, conditions } = observation;
    if (conditions) await this.#writeConditions(node, conditions, options);
    if (currentReady === undefined) return;
    if (currentReady !== "True" && observedReady === "True") {
      this.#say(node, "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
    }
    if (currentReady !== "True" && (observedReady === "True" || this.#podsToMark.has(name))) {
      this.#podsToMark.add(name);
      await this.#markPodsNotReady(name, options);
    }
    // What the node itself says decides; our own verdict is what it says at the next look.
    await this.#evict(node, observedReady, options);
  }

  async #writeConditions(node: Cached<Node>, conditions: NodeCondition[], options: Options): Promise<void> {
    const status = { ...(node as Node).status, conditions };
    await this.#parts.client.resource(NODES).updateStatus({ ...(node as Node), status }, options);
  }

  async #markPodsNotReady(nodeName: string, options: Options): Promise<void> {
    const { pods, client, recorder, context } = this.#parts;
    for (const pod of [...pods.lister.byIndex(NODE_INDEX, nodeName)]) {
      const ready = podCondition(pod, "Ready");
      if (!ready || ready.status === "False") continue;
      const condition = {
        type: "Ready",
        status: "False",
        observedGeneration: pod.metadata.generation,
        lastTransitionTime: formatTime(context.clock.nowMs()),
      };
      const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
      try {
        const resource = client.resource(PODS).namespace(pod.metadata.namespace ?? "");
        await resource.patch(pod.metadata.name, "strategic", patch, { ...options, subresource: "status" });
      } catch (error) {
        if (isNotFound(error)) continue;
        throw error;
      }
      const message = "Node is not ready";
      recorder.event(objectReferenceTo(PODS, pod), { type: "Warning", reason: "NodeNotReady", message });
    }
    this.#podsToMark.delete(nodeName);
  }

  async #evict(node: Cached<Node>, ready: string, options: Options): Promise<void> {
    switch (ready) {
      case "True":
        await this.#letOff(node, options);
        return;
      case "False":
      case "Unknown": {
        const [wanted, other] = ready === "False" ? [NOT_READY, UNREACHABLE] : [UNREACHABLE, NOT_READY];
        // Pods that are on their way out anyway: the other reason needs no leave.
        if (hasTaint(node, other)) await this.#taint(node, ready, options);
        else this.#enqueue(node, wanted);
      }
    }
  }

  #enqueue(node: Cached<Node>, taint: string): void {
    if (!hasTaint(node, taint)) this.#queue(zoneOf(node)).add(node.metadata.name);
  }

  async #taintNext(queue: TaintingQueue, options: Options): Promise<void> {
    const name = queue.take(this.#parts.context.clock.monotonicMs());
    if (name === undefined) return;
    const node = this.#parts.nodes.lister.get("", name);
    const ready = node?.status.conditions?.find((condition) => condition.type === "Ready")?.status;
    if (!node || (ready !== "False" && ready !== "Unknown")) return;
    try {
      await this.#taint(node, ready, options);
    } catch (error) {
      options.signal.throwIfAborted();
      this.#complain(error);
      queue.add(name);
    }
  }

  async #taint(node: Cached<Node>, ready: string, { signal }: Options): Promise<void> {
    const { client, context } = this.#parts;
    await changeTaints(client, node, noExecuteChange(ready), { signal, nowMs: context.clock.nowMs() });
  }

  /** The node is fine, or nobody is to be evicted. */
  async #letOff(node: Cached<Node>, options: Options): Promise<void> {
    if (hasTaint(node, NOT_READY) || hasTaint(node, UNREACHABLE)) await this.#taint(node, "True", options);
    this.#queue(zoneOf(node)).remove(node.metadata.name);
  }

  async #judgeZones(
    readyByZone: ReadonlyMap<string, readonly (string | undefined)[]>,
    nodes: readonly Cached<Node>[],
    options: Options,
  ): Promise<void> {
    const now = new Map<string, ZoneState>();
    for (const [zone, ready] of readyByZone) now.set(zone, zoneState(ready, DEFAULT_ZONE_LIMITS));
    for (const zone of now.keys()) if (!this.#zones.has(zone)) this.#zones.set(zone, "Initial");
    const change = disruptionChange(this.#zones, now);
    const setRates = (zones: Iterable<string>): void => {
      for (const zone of zones) {
        const rate = evictionRate(now.get(zone) ?? "Normal", readyByZone.get(zone)?.length ?? 0, DEFAULT_ZONE_LIMITS);
        this.#queue(zone).setRate(rate, this.#parts.context.clock.monotonicMs());
      }
    };
    switch (change.type) {
      case "none":
        break;
      case "allDown":
        for (const node of nodes) await this.#tolerate(() => this.#letOff(node, options), options);
        for (const queue of this.#queues.values()) queue.setRate(0, this.#parts.context.clock.monotonicMs());
        break;
      case "recovered":
        for (const [name, health] of this.#health)
          this.#health.set(name, forgiven(health, this.#parts.context.clock.nowMs()));
        setRates(now.keys());
        break;
      case "changed":
        setRates(change.zones);
    }
    this.#zones = now;
  }

  #queue(zone: string): TaintingQueue {
    let queue = this.#queues.get(zone);
    if (!queue) {
      queue = new TaintingQueue(DEFAULT_ZONE_LIMITS.evictionsPerSecond, this.#parts.context.clock.monotonicMs());
      this.#queues.set(zone, queue);
    }
    return queue;
  }

  /** What fails for one node is tried again at the next look; the others must not suffer. */
  async #tolerate(action: () => Promise<void>, { signal }: Options): Promise<void> {
    try {
      await action();
    } catch (error) {
      signal.throwIfAborted();
      this.#complain(error);
    }
  }

  #complain(error: unknown): void {
    this.#parts.context.log.warn("Node is looked at again", { error: messageOf(error) });
  }

  #say(node: Cached<Node>, reason: string, message: string): void {
    this.#parts.recorder.event(objectReferenceTo(NODES, node), { type: "Normal", reason, message });
  }
}

/** Tells which nodes are alive, and keeps pods off those that are not. */
export function createNodeLifecycleController(
  context: ControllerContext,
  options: { readonly grace?: GracePeriods } = {},
): Controller {
  const nodes = context.informers.informer(NODES);
  const pods = context.informers.informer(PODS);
  const leases = context.informers.informer(LEASES, { namespace: LEASE_NAMESPACE });
  pods.addIndex(NODE_INDEX, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
  const client = context.clientFor(CLIENT_NAME);
  const recorder = recorderFor(context, CLIENT_NAME);
  const grace = options.grace ?? DEFAULT_GRACE;
  const parts: Parts = { context, client, recorder, nodes, pods, leases, grace };
  const queue = new WorkQueue({ clock: context.clock });
  const wake = (node: Cached<Node>): void => queue.add(node.metadata.name);
  nodes.addHandler({ added: wake, updated: wake });
  const name = "node-lifecycle-controller";
  return {
    name,
    async run(signal) {
      await using group = new TaskGroup(signal);
      group.run(`${name} events`, (s) => recorder.run(s));
      group.run(name, async (s) => {
        await Promise.all([nodes, pods, leases].map((cache) => cache.waitForSync({ signal: s })));
        const monitor = new NodeMonitor(parts);
        group.run(`${name} monitor`, (inner) => monitor.run(inner));
        group.run(`${name} tainting`, (inner) => monitor.runTainting(inner));
        const log = context.log.child({ controller: name });
        const reconciler = new NodeTaintReconciler(parts);
        await runReconciler({ name, queue, reconciler, workers: UPDATE_WORKERS, log, signal: s });
      });
      await group.wait();
    },
  };
}
