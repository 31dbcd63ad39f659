// SPDX-License-Identifier: Apache-2.0

import type { DaemonSet, DaemonSetStatus, Node, Pod } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { isPodAvailable, isPodReady, isPodTerminating, scaledValue } from "../../rules/index.ts";
import { omitZero } from "../shared/omit-zero.ts";
import { GENERATION_ANNOTATION, HASH_LABEL, targetNode, verdictOn } from "./daemon-pods.ts";

/** What a sync of a daemon set looks at. */
export interface DaemonState {
  readonly daemonSet: Cached<DaemonSet>;
  readonly nodes: readonly Cached<Node>[];
  /** Its own pods. */
  readonly pods: readonly Cached<Pod>[];
  /** The hash of the template as it is now. */
  readonly hash: string;
  readonly nowMs: number;
  /** Whether a pod that failed on a node must not be replaced there yet. */
  backsOff(nodeName: string): boolean;
}

/** A pod that ended on its own and is taken away so that another takes its place. */
export interface EndedPod {
  readonly pod: Cached<Pod>;
  readonly node: string;
}

/** The nodes that get a pod, and the pods that go. */
export interface DaemonPlan {
  readonly create: readonly string[];
  readonly delete: readonly Cached<Pod>[];
  readonly ended: readonly EndedPod[];
  /** Nodes on which a failed pod waits for its back-off. */
  readonly waiting: readonly string[];
}

interface MutablePlan {
  create: string[];
  delete: Cached<Pod>[];
  ended: EndedPod[];
  waiting: string[];
}

const byAge = (a: Cached<Pod>, b: Cached<Pod>): number => {
  const [x, y] = [a.metadata, b.metadata];
  if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp < y.creationTimestamp ? -1 : 1;
  return x.name < y.name ? -1 : 1;
};

export function podsByNode(pods: readonly Cached<Pod>[]): Map<string, Cached<Pod>[]> {
  const byNode = new Map<string, Cached<Pod>[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    if (node === undefined) continue;
    const there = byNode.get(node);
    if (there) there.push(pod);
    else byNode.set(node, [pod]);
  }
  return byNode;
}

const minReadySeconds = ({ spec }: Cached<DaemonSet>): number => spec.minReadySeconds ?? 0;

/** Whether a pod is of the template as it is now. */
function isUpdated({ daemonSet, hash }: DaemonState, pod: Cached<Pod>): boolean {
  const labels = pod.metadata.labels ?? {};
  if (labels[HASH_LABEL] === hash) return true;
  const generation = daemonSet.metadata.annotations?.[GENERATION_ANNOTATION];
  return generation !== undefined && labels["pod-template-generation"] === generation;
}

const isAvailable = ({ daemonSet, nowMs }: DaemonState, pod: Cached<Pod>): boolean =>
  isPodAvailable(pod, minReadySeconds(daemonSet), nowMs);

/** The fenceposts of a rolling update, out of the nodes that should have a pod. */
function fenceposts({ daemonSet, nodes }: DaemonState): { surge: number; unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 1 } = daemonSet.spec.updateStrategy?.rollingUpdate ?? {};
  const desired = nodes.filter((node) => verdictOn(daemonSet, node).shouldRun).length;
  const surge = scaledValue(maxSurge, desired, true) ?? 0;
  const unavailable = scaledValue(maxUnavailable, desired, true) ?? 1;
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

const rolls = ({ daemonSet }: DaemonState): boolean =>
  (daemonSet.spec.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";

/** Decides which nodes get a pod and which pods go, without regard to the template that they are of. */
export function decidePods(state: DaemonState): DaemonPlan {
  const plan: MutablePlan = { create: [], delete: [], ended: [], waiting: [] };
  const byNode = podsByNode(state.pods);
  const surges = rolls(state) && fenceposts(state).surge > 0;
  for (const node of state.nodes) {
    const { name } = node.metadata;
    const there = byNode.get(name) ?? [];
    const { shouldRun, mayStay } = verdictOn(state.daemonSet, node);
    if (shouldRun && there.length === 0) plan.create.push(name);
    else if (mayStay) keepOne(state, plan, { name, there, surges });
    else plan.delete.push(...there.filter((pod) => !isPodTerminating(pod)));
  }
  const names = new Set(state.nodes.map(({ metadata }) => metadata.name));
  for (const pod of state.pods) {
    const node = targetNode(pod);
    // The scheduler would wait for ever for a node that is gone.
    if (!pod.spec.nodeName && node !== undefined && !names.has(node) && !isPodTerminating(pod)) plan.delete.push(pod);
  }
  return plan;
}

interface OnNode {
  readonly name: string;
  readonly there: readonly Cached<Pod>[];
  readonly surges: boolean;
}

function keepOne(state: DaemonState, plan: MutablePlan, { name, there, surges }: OnNode): void {
  const running: Cached<Pod>[] = [];
  for (const pod of there) {
    if (isPodTerminating(pod)) continue;
    const { phase } = pod.status;
    if (phase === "Failed" && state.backsOff(name)) plan.waiting.push(name);
    else if (phase === "Failed" || phase === "Succeeded") plan.ended.push({ pod, node: name });
    else running.push(pod);
  }
  if (running.length <= 1) return;
  running.sort(byAge);
  if (!surges) {
    plan.delete.push(...running.slice(1));
    return;
  }
  const [oldestNew] = running.filter((pod) => isUpdated(state, pod));
  const [oldestOld] = running.filter((pod) => !isUpdated(state, pod));
  // While one takes over from the other both may be there.
  const kept = oldestNew && isAvailable(state, oldestNew) ? [oldestNew] : [oldestNew, oldestOld];
  plan.delete.push(...running.filter((pod) => !kept.includes(pod)));
}

/** Decides the next step of a rolling update: pods of old templates that go, and nodes that get a second pod. */
export function decideUpdate(state: DaemonState): Pick<DaemonPlan, "create" | "delete"> {
  if (!rolls(state)) return { create: [], delete: [] };
  const { surge, unavailable } = fenceposts(state);
  const byNode = podsByNode(state.pods);
  return surge === 0 ? replaceInPlace(state, byNode, unavailable) : surgeOver(state, byNode, surge);
}

/** The one pod of the current template and the one of an old one on a node; undefined when there are more. */
function pairOn(
  state: DaemonState,
  pods: readonly Cached<Pod>[],
): { readonly fresh: Cached<Pod> | undefined; readonly old: Cached<Pod> | undefined } | undefined {
  const live = pods.filter((pod) => !isPodTerminating(pod));
  const fresh = live.filter((pod) => isUpdated(state, pod));
  const old = live.filter((pod) => !isUpdated(state, pod));
  return fresh.length > 1 || old.length > 1 ? undefined : { fresh: fresh[0], old: old[0] };
}

function replaceInPlace(
  state: DaemonState,
  byNode: ReadonlyMap<string, readonly Cached<Pod>[]>,
  maxUnavailable: number,
): Pick<DaemonPlan, "create" | "delete"> {
  let unavailable = 0;
  const broken: Cached<Pod>[] = [];
  const candidates: Cached<Pod>[] = [];
  for (const pods of byNode.values()) {
    const pair = pairOn(state, pods);
    if (!pair || (pair.fresh === undefined) === (pair.old === undefined)) unavailable += 1;
    else if (pair.fresh) unavailable += isAvailable(state, pair.fresh) ? 0 : 1;
    else if (!isAvailable(state, pair.old!)) broken.push(pair.old!);
    else candidates.push(pair.old!);
  }
  return { create: [], delete: [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] };
}

function surgeOver(
  state: DaemonState,
  byNode: ReadonlyMap<string, readonly Cached<Pod>[]>,
  maxSurge: number,
): Pick<DaemonPlan, "create" | "delete"> {
  let surging = 0;
  const remove: Cached<Pod>[] = [];
  const broken: string[] = [];
  const candidates: string[] = [];
  for (const [node, pods] of byNode) {
    const pair = pairOn(state, pods);
    if (!pair) surging += 1;
    else if (pair.old && pair.fresh) {
      if (isAvailable(state, pair.fresh)) remove.push(pair.old);
      else surging += 1;
    } else if (pair.old) (isAvailable(state, pair.old) ? candidates : broken).push(node);
    else if (!pair.fresh) surging += 1;
  }
  const room = Math.max(0, maxSurge - surging);
  return { create: [...broken, ...candidates.slice(0, room)], delete: remove };
}

/** The status that nodes and pods amount to. */
export function decideStatus(state: DaemonState, observedGeneration: number | undefined): DaemonSetStatus {
  const { daemonSet, nodes, pods } = state;
  const byNode = podsByNode(pods);
  const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  for (const node of nodes) {
    const there = byNode.get(node.metadata.name) ?? [];
    if (!verdictOn(daemonSet, node).shouldRun) {
      if (there.length > 0) counts.misscheduled += 1;
      continue;
    }
    counts.desired += 1;
    const [oldest] = [...there].sort(byAge);
    if (!oldest) continue;
    counts.current += 1;
    if (isPodReady(oldest)) counts.ready += 1;
    if (isPodReady(oldest) && isAvailable(state, oldest)) counts.available += 1;
    if (isUpdated(state, oldest)) counts.updated += 1;
  }
  const { collisionCount, conditions } = daemonSet.status as DaemonSetStatus;
  return {
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    observedGeneration,
    updatedNumberScheduled: omitZero(counts.updated),
    numberAvailable: omitZero(counts.available),
    numberUnavailable: omitZero(counts.desired - counts.available),
    collisionCount,
    conditions,
  };
}
