// SPDX-License-Identifier: Apache-2.0

import type { ContainerStatus, Pod } from "../../api/index.ts";
import { parseTime } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { isPodReady, isSidecar, podCondition } from "../../rules/index.ts";

/** An annotation by which users say which pods to give up first. */
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

interface RankedPod {
  readonly pod: Cached<Pod>;
  /** How many related pods share its node: the fuller a node, the sooner one of its pods goes. */
  readonly rank: number;
  readonly ready: boolean;
  readonly readySinceMs: number | undefined;
  readonly createdMs: number;
  readonly cost: number;
  readonly restarts: readonly [regular: number, sidecar: number];
}

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

function deletionCost(pod: Cached<Pod>): number {
  const text = pod.metadata.annotations?.[DELETION_COST];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : 0;
}

const highest = (statuses: readonly Pick<ContainerStatus, "restartCount">[]): number =>
  statuses.reduce((max, status) => Math.max(max, status.restartCount), 0);

function restartsOf(pod: Cached<Pod>): readonly [number, number] {
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(isSidecar).map((container) => container.name));
  const init = (pod.status.initContainerStatuses ?? []).filter((status) => sidecars.has(status.name));
  return [highest(pod.status.containerStatuses ?? []), highest(init)];
}

function ranked(pod: Cached<Pod>, rank: number): RankedPod {
  return {
    pod,
    rank,
    ready: isPodReady(pod),
    readySinceMs: parseTime(podCondition(pod, "Ready")?.lastTransitionTime ?? ""),
    createdMs: parseTime(pod.metadata.creationTimestamp) ?? 0,
    cost: deletionCost(pod),
    restarts: restartsOf(pod),
  };
}

/** Ages count by their order of magnitude, so that among pods of about the same age chance (the uid) decides. */
const magnitude = (sinceMs: number, nowMs: number): number =>
  nowMs > sinceMs ? Math.floor(Math.log2((nowMs - sinceMs) * 1e6)) : -1;

function compareAges(aMs: number | undefined, bMs: number | undefined, nowMs: number): number | undefined {
  if (aMs === bMs) return undefined;
  if (aMs === undefined) return -1;
  if (bMs === undefined) return 1;
  const difference = magnitude(aMs, nowMs) - magnitude(bMs, nowMs);
  return difference === 0 ? undefined : difference;
}

/** Negative when `a` goes first. */
function compare(a: RankedPod, b: RankedPod, nowMs: number): number {
  const assigned = (p: RankedPod): number => (p.pod.spec.nodeName ? 1 : 0);
  const phase = (p: RankedPod): number => PHASE_ORDER[p.pod.status.phase ?? ""] ?? 0;
  if (assigned(a) !== assigned(b)) return assigned(a) - assigned(b);
  if (phase(a) !== phase(b)) return phase(a) - phase(b);
  if (a.ready !== b.ready) return a.ready ? 1 : -1;
  if (a.cost !== b.cost) return a.cost - b.cost;
  if (a.rank !== b.rank) return b.rank - a.rank;
  return compareHistories(a, b, nowMs);
}

function compareHistories(a: RankedPod, b: RankedPod, nowMs: number): number {
  const byUid = a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1;
  if (a.ready && b.ready && a.readySinceMs !== b.readySinceMs) {
    return compareAges(a.readySinceMs, b.readySinceMs, nowMs) ?? byUid;
  }
  if (a.restarts[0] !== b.restarts[0]) return b.restarts[0] - a.restarts[0];
  if (a.restarts[1] !== b.restarts[1]) return b.restarts[1] - a.restarts[1];
  if (a.createdMs !== b.createdMs) return compareAges(a.createdMs, b.createdMs, nowMs) ?? byUid;
  return 0;
}

/** The pods to delete first: those that do least for anybody. `related` are the pods that share nodes with them. */
export function podsToDelete(
  pods: readonly Cached<Pod>[],
  count: number,
  options: { readonly related: Iterable<Cached<Pod>>; readonly nowMs: number },
): Cached<Pod>[] {
  if (count >= pods.length) return [...pods];
  const onNode = new Map<string, number>();
  for (const { spec } of options.related) onNode.set(spec.nodeName ?? "", (onNode.get(spec.nodeName ?? "") ?? 0) + 1);
  return pods
    .map((pod) => ranked(pod, onNode.get(pod.spec.nodeName ?? "") ?? 0))
    .sort((a, b) => compare(a, b, options.nowMs))
    .slice(0, count)
    .map(({ pod }) => pod);
}
