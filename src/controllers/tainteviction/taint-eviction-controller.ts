// SPDX-License-Identifier: Apache-2.0

import type { Node, ObjectReference, Pod } from "../../api/index.ts";
import { isNotFound, semanticEqual } from "../../apimachinery/index.ts";
import type { Timer } from "../../base/index.ts";
import {
  DONE,
  keyOf,
  NODES,
  PODS,
  splitKey,
  WorkQueue,
  type Cached,
  type Client,
  type EventRecorder,
  type Informer,
  type Outcome,
  type Reconciler,
} from "../../client/index.ts";
import { controllerOfParts, recorderFor, type Controller, type ControllerContext } from "../controller.ts";
import { deletePod, markDisrupted } from "../shared/disrupt-pod.ts";
import { decideStay, noExecuteTaints } from "./decide.ts";

const NAME = "taint-eviction-controller";
/** It has the role of the node controller, whose taints it carries out. */
const CLIENT_NAME = "node-controller";
const WORKERS = 8;
const RETRIES_MAX = 5;
const NODE_INDEX = "node";
const DISRUPTION = {
  reason: "DeletionByTaintManager",
  message: "Taint manager: deleting due to NoExecute taint",
} as const;

interface Eviction {
  readonly uid: string;
  /** When the pod was first seen on a node with such taints; a toleration counts from there. */
  readonly sinceMs: number;
  readonly dueMs: number;
  readonly timer: Timer;
}

interface Parts {
  readonly context: ControllerContext;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly nodes: Informer<Node>;
  readonly pods: Informer<Pod>;
  readonly queue: WorkQueue;
}

/** Looks at one pod: is it on a node whose taints it tolerates no longer? */
class EvictionReconciler implements Reconciler {
  readonly #parts: Parts;
  readonly #evictions = new Map<string, Eviction>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reconcile(key: string, options: { readonly signal: AbortSignal }): Promise<Outcome> {
    const { pods, nodes, context } = this.#parts;
    const pod = pods.lister.getByKey(key);
    const planned = this.#evictions.get(key);
    if (!pod || pod.metadata.deletionTimestamp !== undefined || (planned && planned.uid !== pod.metadata.uid)) {
      this.#forget(key);
      if (!pod || pod.metadata.deletionTimestamp !== undefined) return DONE;
    }
    const node = nodes.lister.get("", pod.spec.nodeName ?? "");
    const stay = decideStay(noExecuteTaints(node?.spec.taints), pod.spec.tolerations ?? []);
    if (stay.type === "forever") {
      this.#cancel(key);
      return DONE;
    }
    const nowMs = context.clock.monotonicMs();
    const sinceMs = this.#evictions.get(key)?.sinceMs ?? nowMs;
    if (stay.ms === 0 || sinceMs + stay.ms <= nowMs) {
      await this.#evict(key, pod, options);
      return DONE;
    }
    this.#plan(key, pod.metadata.uid, sinceMs, sinceMs + stay.ms);
    return DONE;
  }

  #plan(key: string, uid: string, sinceMs: number, dueMs: number): void {
    const { context, queue } = this.#parts;
    const planned = this.#evictions.get(key);
    if (planned && planned.dueMs <= dueMs) return;
    planned?.timer.cancel();
    const timer = context.clock.setTimer(dueMs - context.clock.monotonicMs(), () => queue.add(key));
    this.#evictions.set(key, { uid, sinceMs, dueMs, timer });
  }

  async #evict(key: string, pod: Cached<Pod>, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { client, context } = this.#parts;
    this.#forget(key);
    this.#say(key, pod.metadata.uid, `Marking for deletion Pod ${key}`);
    try {
      await markDisrupted(client, pod, DISRUPTION, { signal, nowMs: context.clock.nowMs(), failed: false });
      await deletePod(client, pod, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #cancel(key: string): void {
    const planned = this.#evictions.get(key);
    if (!planned) return;
    this.#forget(key);
    this.#say(key, planned.uid, `Cancelling deletion of Pod ${key}`);
  }

  #forget(key: string): void {
    this.#evictions.get(key)?.timer.cancel();
    this.#evictions.delete(key);
  }

  #say(key: string, uid: string, message: string): void {
    const { namespace, name } = splitKey(key);
    const about: ObjectReference = { apiVersion: "v1", kind: "Pod", namespace, name, uid };
    this.#parts.recorder.event(about, { type: "Normal", reason: "TaintManagerEviction", message });
  }
}

/** Deletes pods from nodes whose NoExecute taints they do not tolerate, or not any longer. */
export function createTaintEvictionController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const nodes = context.informers.informer(NODES);
  const pods = context.informers.informer(PODS);
  pods.addIndex(NODE_INDEX, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
  const wakePodsOf = (node: Cached<Node>): void => {
    for (const pod of pods.lister.byIndex(NODE_INDEX, node.metadata.name)) queue.add(keyOf(pod));
  };
  nodes.addHandler({
    added: (node) => {
      if (noExecuteTaints(node.spec.taints).length > 0) wakePodsOf(node);
    },
    updated: (node, old) => {
      if (!semanticEqual(noExecuteTaints(node.spec.taints), noExecuteTaints(old.spec.taints))) wakePodsOf(node);
    },
    deleted: wakePodsOf,
  });
  const hasTaintedNode = (pod: Cached<Pod>): boolean =>
    noExecuteTaints(nodes.lister.get("", pod.spec.nodeName ?? "")?.spec.taints).length > 0;
  pods.addHandler({
    added: (pod) => {
      if (hasTaintedNode(pod)) queue.add(keyOf(pod));
    },
    updated: (pod, old) => {
      const moved = pod.spec.nodeName !== old.spec.nodeName;
      const leaves = pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp;
      const changed = moved || leaves || !semanticEqual(pod.spec.tolerations, old.spec.tolerations);
      if (changed && hasTaintedNode(pod)) queue.add(keyOf(pod));
    },
    deleted: (pod) => {
      if (hasTaintedNode(pod)) queue.add(keyOf(pod));
    },
  });
  const recorder = recorderFor(context, NAME, CLIENT_NAME);
  const client = context.clientFor(CLIENT_NAME);
  return controllerOfParts({
    name: NAME,
    context,
    queue,
    recorder,
    reconciler: new EvictionReconciler({ context, client, recorder, nodes, pods, queue }),
    caches: [nodes, pods],
    workers: WORKERS,
    maxRetries: RETRIES_MAX,
  });
}
