// SPDX-License-Identifier: Apache-2.0

import type { ColumnOf } from "../define-kind.ts";
import type { Container, ContainerState, ContainerStatus, Pod } from "../generated/v1.35/core-v1.ts";
import type { ColumnContext, RowCondition } from "../kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";

interface PodSummary {
  ready: string;
  status: string;
  restarts: number;
  lastRestart: string | undefined;
}

/** Sums restarts and remembers when the last one was. */
class Restarts {
  count = 0;
  last: string | undefined;
  add(status: ContainerStatus): void {
    this.count += status.restartCount;
    const at = status.lastState?.terminated?.finishedAt;
    if (at && (this.last === undefined || at > this.last)) this.last = at;
  }
}

const isRestartable = (container: Container | undefined): boolean => container?.restartPolicy === "Always";

const hasTrueCondition = (pod: Pod, type: string): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;

function terminatedText(state: ContainerState): string {
  const terminated = state.terminated!;
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

interface InitSummary {
  /** What holds up the start; undefined when every init container is through. */
  reason: string | undefined;
  ready: number;
  all: Restarts;
  sidecars: Restarts;
}

function summarizeInit(pod: Pod): InitSummary {
  const byName = new Map(pod.spec.initContainers?.map((container) => [container.name, container]));
  const summary: InitSummary = { reason: undefined, ready: 0, all: new Restarts(), sidecars: new Restarts() };
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const restartable = isRestartable(byName.get(status.name));
    const state = status.state ?? {};
    summary.all.add(status);
    if (restartable) summary.sidecars.add(status);
    if (state.terminated?.exitCode === 0) continue;
    if (restartable && status.started) {
      if (status.ready) summary.ready++;
      continue;
    }
    if (state.terminated) summary.reason = `Init:${terminatedText(state)}`;
    else if (state.waiting?.reason && state.waiting.reason !== "PodInitializing")
      summary.reason = `Init:${state.waiting.reason}`;
    else summary.reason = `Init:${i}/${byName.size}`;
    break;
  }
  return summary;
}

function summarizeContainers(pod: Pod, before: string, restarts: Restarts): { reason: string; ready: number } {
  let reason = before;
  let ready = 0;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    const state = status.state ?? {};
    restarts.add(status);
    if (state.waiting?.reason) reason = state.waiting.reason;
    else if (state.terminated) reason = terminatedText(state);
    else if (status.ready && state.running) ready++;
  }
  if (reason === "Completed" && ready > 0) reason = hasTrueCondition(pod, "Ready") ? "Running" : "NotReady";
  return { reason, ready };
}

function phaseReason(pod: Pod): string {
  const gated = pod.status?.conditions?.some((c) => c.type === "PodScheduled" && c.reason === "SchedulingGated");
  return gated ? "SchedulingGated" : pod.status?.reason || (pod.status?.phase ?? "");
}

const hasEnded = (pod: Pod): boolean => pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";

/** Ready count, status word and restarts of `kubectl get pods`. */
export function podSummary(pod: Pod): PodSummary {
  const total = (pod.spec.containers?.length ?? 0) + (pod.spec.initContainers?.filter(isRestartable).length ?? 0);
  const init = summarizeInit(pod);
  let reason = init.reason ?? phaseReason(pod);
  let { ready } = init;
  let restarts = init.all;
  if (init.reason === undefined || hasTrueCondition(pod, "Initialized")) {
    restarts = init.sidecars;
    const main = summarizeContainers(pod, reason, restarts);
    reason = main.reason;
    ready += main.ready;
  }
  if (pod.metadata.deletionTimestamp) {
    if (pod.status?.reason === "NodeLost") reason = "Unknown";
    else if (!hasEnded(pod)) reason = "Terminating";
  }
  return { ready: `${ready}/${total}`, status: reason, restarts: restarts.count, lastRestart: restarts.last };
}

function restartsText(pod: Pod, context: ColumnContext): string {
  const { restarts, lastRestart } = podSummary(pod);
  return restarts > 0 && lastRestart ? `${restarts} (${context.age(lastRestart)} ago)` : String(restarts);
}

function readinessGatesText(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const passed = gates.filter(
    (gate) => pod.status?.conditions?.find((c) => c.type === gate.conditionType)?.status === "True",
  );
  return `${passed.length}/${gates.length}`;
}

const SUCCEEDED: readonly RowCondition[] = [
  { type: "Completed", status: "True", reason: "Succeeded", message: "The pod has completed successfully." },
];
const FAILED: readonly RowCondition[] = [
  { type: "Completed", status: "True", reason: "Failed", message: "The pod failed." },
];

/** Tells kubectl which pods it may hide as completed. */
export function podRowConditions(pod: Pod): readonly RowCondition[] | undefined {
  switch (pod.status?.phase) {
    case "Succeeded":
      return SUCCEEDED;
    case "Failed":
      return FAILED;
    default:
      return undefined;
  }
}

/** The columns of `kubectl get pods`. */
export const podColumns: readonly ColumnOf<Pod>[] = [
  nameColumn,
  {
    name: "Ready",
    type: "string",
    description: "The aggregate readiness state of this pod for accepting traffic.",
    cell: (o) => podSummary(o).ready,
  },
  {
    name: "Status",
    type: "string",
    description: "The aggregate status of the containers in this pod.",
    cell: (o) => podSummary(o).status,
  },
  {
    name: "Restarts",
    type: "string",
    description:
      "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.",
    cell: (o, context) => restartsText(o, context),
  },
  ageColumn,
  {
    name: "IP",
    type: "string",
    description:
      "podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.",
    priority: 1,
    cell: (o) => o.status?.podIPs?.[0]?.ip || "<none>",
  },
  {
    name: "Node",
    type: "string",
    description:
      "NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this node becomes responsible for the lifecycle of this pod. This field should not be used to express a desire for the pod to be scheduled on a specific node. https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename",
    priority: 1,
    cell: (o) => o.spec?.nodeName || "<none>",
  },
  {
    name: "Nominated Node",
    type: "string",
    description:
      "nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods. This field does not guarantee that the pod will be scheduled on this node. Scheduler may decide to place the pod elsewhere if other nodes become available sooner. Scheduler may also decide to give the resources on this node to a higher priority pod that is created after preemption. As a result, this field may be different than PodSpec.nodeName when the pod is scheduled.",
    priority: 1,
    cell: (o) => o.status?.nominatedNodeName || "<none>",
  },
  {
    name: "Readiness Gates",
    type: "string",
    description:
      'If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers are ready AND all conditions specified in the readiness gates have status equal to "True" More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates',
    priority: 1,
    cell: (o) => readinessGatesText(o),
  },
];
