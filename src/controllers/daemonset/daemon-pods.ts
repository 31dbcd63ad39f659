// SPDX-License-Identifier: Apache-2.0

import type { DaemonSet, Node, Pod, PodTemplateSpec, Toleration } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { podMatchesNode, untoleratedTaint } from "../../rules/index.ts";

export const HASH_LABEL = "controller-revision-hash";
const GENERATION_LABEL = "pod-template-generation";
export const GENERATION_ANNOTATION = "deprecated.daemonset.template.generation";

/** What daemons bear on any node: they are there to run where others must not. */
const TOLERATIONS: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const HOST_NETWORK_TOLERATION: Toleration = {
  key: "node.kubernetes.io/network-unavailable",
  operator: "Exists",
  effect: "NoSchedule",
};

type PodSpec = DeepReadonly<NonNullable<PodTemplateSpec["spec"]>>;

const sameKind = (a: DeepReadonly<Toleration>, b: DeepReadonly<Toleration>): boolean =>
  a.key === b.key && (a.operator ?? "Equal") === b.operator && a.effect === b.effect && (a.value ?? "") === "";

function daemonTolerations(spec: PodSpec): DeepReadonly<Toleration>[] {
  const needed = spec.hostNetwork ? [...TOLERATIONS, HOST_NETWORK_TOLERATION] : TOLERATIONS;
  const own = (spec.tolerations ?? []).filter((toleration) => !needed.some((other) => sameKind(toleration, other)));
  return [...own, ...needed];
}

const MUST = "requiredDuringSchedulingIgnoredDuringExecution";

/** The pod's own affinity, on that node alone: the scheduler places it like any other pod. */
function pinned(spec: PodSpec, nodeName: string): PodSpec["affinity"] {
  const term = { matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName] }] };
  const nodeAffinity = { ...spec.affinity?.nodeAffinity, [MUST]: { nodeSelectorTerms: [term] } };
  return { ...spec.affinity, nodeAffinity };
}

/** The template of the pod of one node. */
export function templateForNode(
  daemonSet: Cached<DaemonSet>,
  nodeName: string,
  hash: string,
): DeepReadonly<PodTemplateSpec> {
  const { template } = daemonSet.spec;
  const spec = template.spec as PodSpec;
  const generation = daemonSet.metadata.annotations?.[GENERATION_ANNOTATION];
  const labels = {
    ...template.metadata?.labels,
    [HASH_LABEL]: hash,
    ...(generation === undefined ? {} : { [GENERATION_LABEL]: generation }),
  };
  return {
    metadata: { ...template.metadata, labels },
    spec: { ...spec, tolerations: daemonTolerations(spec), affinity: pinned(spec, nodeName) },
  };
}

/** The node that a pod is on, or is meant for. */
export function targetNode(pod: DeepReadonly<Pod>): string | undefined {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  const terms = pod.spec.affinity?.nodeAffinity?.[MUST]?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms) {
    for (const { key, operator, values = [] } of matchFields) {
      if (key === "metadata.name" && operator === "In" && values.length === 1) return values[0];
    }
  }
  return undefined;
}

/** Whether a daemon belongs on a node, and whether one that is there may stay. */
export interface Verdict {
  readonly shouldRun: boolean;
  readonly mayStay: boolean;
}

const NO: Verdict = { shouldRun: false, mayStay: false };

export function verdictOn(daemonSet: Cached<DaemonSet>, node: Cached<Node>): Verdict {
  const spec = daemonSet.spec.template.spec as PodSpec;
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return NO;
  if (!podMatchesNode({ metadata: {}, spec } as DeepReadonly<Pod>, node)) return NO;
  const taints = node.spec.taints ?? [];
  const tolerations = daemonTolerations(spec);
  if (!untoleratedTaint(taints, tolerations, ["NoSchedule", "NoExecute"])) return { shouldRun: true, mayStay: true };
  return { shouldRun: false, mayStay: !untoleratedTaint(taints, tolerations, ["NoExecute"]) };
}
