// SPDX-License-Identifier: Apache-2.0

import type { Node, Pod } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import type { Disruption } from "../shared/disrupt-pod.ts";

/** More ended pods than this are not kept. */
export const TERMINATED_PODS_MAX = 12_500;

const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

/** A pod that nobody else will remove. */
export interface PodGarbage {
  readonly pod: Cached<Pod>;
  readonly disruption: Disruption | undefined;
}

const hasEnded = ({ status }: Cached<Pod>): boolean => status.phase === "Failed" || status.phase === "Succeeded";

const wasEvicted = ({ status }: Cached<Pod>): boolean => status.phase === "Failed" && status.reason === "Evicted";

function byEvictionThenAge(a: Cached<Pod>, b: Cached<Pod>): number {
  if (wasEvicted(a) !== wasEvicted(b)) return wasEvicted(a) ? -1 : 1;
  const [x, y] = [a.metadata, b.metadata];
  if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp < y.creationTimestamp ? -1 : 1;
  return x.name < y.name ? -1 : 1;
}

/** The oldest ended pods over the limit; evicted ones first. */
export function terminatedGarbage(pods: Iterable<Cached<Pod>>, limit = TERMINATED_PODS_MAX): PodGarbage[] {
  const ended = [...pods].filter(hasEnded);
  if (ended.length <= limit) return [];
  ended.sort(byEvictionThenAge);
  return ended.slice(0, ended.length - limit).map((pod) => ({ pod, disruption: undefined }));
}

/** Pods on nodes that do not exist. */
export const orphanedGarbage = (pods: Iterable<Cached<Pod>>, gone: ReadonlySet<string>): PodGarbage[] =>
  [...pods]
    .filter(({ spec }) => spec.nodeName && gone.has(spec.nodeName))
    .map((pod) => ({
      pod,
      disruption: { reason: "DeletionByPodGC", message: "PodGC: node no longer exists" },
    }));

/** Pods that are being deleted and were never given to a node: no kubelet will confirm it. */
export const unscheduledGarbage = (pods: Iterable<Cached<Pod>>): PodGarbage[] =>
  [...pods]
    .filter(({ metadata, spec }) => metadata.deletionTimestamp !== undefined && !spec.nodeName)
    .map((pod) => ({ pod, disruption: undefined }));

const isOutOfService = (node: Cached<Node> | undefined): boolean =>
  node !== undefined &&
  node.status.conditions?.find(({ type }) => type === "Ready")?.status !== "True" &&
  (node.spec.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE);

/** Pods that are being deleted on nodes that an administrator gave up. */
export const outOfServiceGarbage = (
  pods: Iterable<Cached<Pod>>,
  nodeOf: (name: string) => Cached<Node> | undefined,
): PodGarbage[] =>
  [...pods]
    .filter(
      ({ metadata, spec }) => metadata.deletionTimestamp !== undefined && isOutOfService(nodeOf(spec.nodeName ?? "")),
    )
    .map((pod) => ({ pod, disruption: undefined }));
