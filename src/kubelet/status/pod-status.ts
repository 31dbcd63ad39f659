// SPDX-License-Identifier: Apache-2.0

import { isSidecar } from "../../rules/index.ts";
import type { PodRuntime } from "../runtime/pod-runtime.ts";
import { podIps } from "../runtime/pod-runtime.ts";
import type { Container, ContainerStatus, Pod, PodCondition, PodStatus, ReadonlyPodStatus } from "../types.ts";
import {
  containersReadyVerdict,
  initializedVerdict,
  readyVerdict,
  toCondition,
  type ConditionVerdict,
} from "./conditions.ts";
import { containerStatuses, ephemeralStatuses, unseenEnd, type StartFailure } from "./container-statuses.ts";
import { podPhase } from "./phase.ts";

/** What the probes have found, as statuses show it; undefined where a container has no such probe. */
export interface ProbeReadiness {
  started(containerId: string): boolean | undefined;
  ready(containerId: string): boolean | undefined;
}

export interface PodStatusContext {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  /** The status that the kubelet wrote last, or the API server's when it wrote none. */
  readonly old: ReadonlyPodStatus | undefined;
  readonly probes: ProbeReadiness;
  readonly failures: ReadonlyMap<string, StartFailure> | undefined;
  readonly runtimeName: string;
  readonly hostIps: readonly string[];
  readonly qosClass: string;
  readonly sandboxReady: boolean;
  /** The pod will not run again: deleted, evicted, past its deadline. */
  readonly terminal: boolean;
  /** Why the pod was ended by the kubelet itself. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
  readonly now: string;
}

const idOf = (status: ContainerStatus): string =>
  status.containerID?.slice(status.containerID.indexOf("://") + 3) ?? "";

function setStarted(status: ContainerStatus, context: PodStatusContext): void {
  status.started = status.state?.running !== undefined && (context.probes.started(idOf(status)) ?? true);
}

function setReady(
  containers: readonly Container[],
  statuses: ContainerStatus[] | undefined,
  context: PodStatusContext,
): void {
  for (const status of statuses ?? []) {
    const container = containers.find((c) => c.name === status.name);
    setStarted(status, context);
    const running = status.started === true;
    status.ready = running && ((container?.readinessProbe ? context.probes.ready(idOf(status)) : true) ?? false);
  }
}

function setInitReady(
  containers: readonly Container[],
  statuses: ContainerStatus[] | undefined,
  context: PodStatusContext,
): void {
  for (const status of statuses ?? []) {
    const container = containers.find((c) => c.name === status.name);
    if (container && isSidecar(container)) setReady([container], [status], context);
    else {
      status.started = status.state?.running !== undefined;
      status.ready = status.state?.terminated?.exitCode === 0;
    }
  }
}

/** Ended pods stay ended. */
function keepTerminal(phase: string, ...before: (string | undefined)[]): string {
  for (const b of before) if (b === "Failed" || b === "Succeeded") return b;
  return phase;
}

function addresses(status: PodStatus, context: PodStatusContext): void {
  const { hostIps, pod, old } = context;
  if (hostIps.length > 0) {
    status.hostIP = hostIps[0];
    status.hostIPs = hostIps.map((ip) => ({ ip }));
  }
  const own = podIps(context.runtime);
  const ips = own.length > 0 ? own : pod.spec?.hostNetwork ? hostIps : (old?.podIPs ?? []).map((p) => p.ip ?? "");
  if (
    ips.length === 0 ||
    (own.length === 0 && pod.spec?.hostNetwork && context.runtime.sandboxes.length === 0 && !old?.podIP)
  )
    return;
  status.podIP = ips[0];
  status.podIPs = ips.map((ip) => ({ ip }));
}

function conditions(status: PodStatus, context: PodStatusContext): PodCondition[] {
  const { pod } = context;
  const phase = status.phase ?? "Pending";
  const containersReady = containersReadyVerdict(pod, status.initContainerStatuses, status.containerStatuses, phase);
  const verdicts: Record<string, ConditionVerdict> = {
    PodReadyToStartContainers: { status: context.sandboxReady ? "True" : "False" },
    Initialized: initializedVerdict(pod, status.initContainerStatuses, status.containerStatuses, phase),
    Ready: readyVerdict(pod, containersReady),
    ContainersReady: containersReady,
    PodScheduled: { status: "True" },
  };
  const times = {
    old: (context.old?.conditions ?? []) as readonly PodCondition[],
    now: context.now,
    generation: pod.metadata?.generation,
  };
  return Object.keys(verdicts).map((type) => toCondition(type, verdicts[type]!, times));
}

/** The status of a pod as upstream's kubelet computes it; conditions of others are not among its conditions. */
export function podStatus(context: PodStatusContext): PodStatus {
  const { pod, old, failure } = context;
  const status: PodStatus = { observedGeneration: pod.metadata?.generation };
  const containers = pod.spec?.containers ?? [];
  const init = pod.spec?.initContainers ?? [];
  status.initContainerStatuses = containerStatuses(init, old?.initContainerStatuses, context, { init: true });
  status.containerStatuses = containerStatuses(containers, old?.containerStatuses, context, { init: false });
  status.ephemeralContainerStatuses = ephemeralStatuses(context);
  setReady(containers, status.containerStatuses, context);
  setInitReady(init, status.initContainerStatuses, context);
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  status.phase = keepTerminal(podPhase(pod, all, context.terminal), old?.phase, pod.status?.phase);
  if (failure) status.phase = "Failed";
  status.reason = failure?.reason ?? (old?.phase === status.phase ? old?.reason : undefined);
  status.message = failure?.message ?? (old?.phase === status.phase ? old?.message : undefined);
  status.qosClass = context.qosClass;
  status.startTime = old?.startTime ?? context.now;
  addresses(status, context);
  status.conditions = conditions(status, context);
  return status;
}

/** The last status of a pod whose containers are all gone: what nobody saw end has ended, and the pod failed if it did not succeed. */
export function finalStatus(status: PodStatus, pod: Pod, now: string): PodStatus {
  const end = (statuses: ContainerStatus[] | undefined) =>
    statuses?.map((s) =>
      s.state?.terminated ? s : { ...s, state: unseenEnd("terminated"), ready: false, started: false },
    );
  const initDone = (status.initContainerStatuses ?? []).some((s) => s.state?.terminated || s.state?.running);
  const result: PodStatus = {
    ...status,
    containerStatuses: end(status.containerStatuses),
    initContainerStatuses: initDone ? end(status.initContainerStatuses) : status.initContainerStatuses,
  };
  if (status.phase !== "Succeeded" && status.phase !== "Failed") result.phase = "Failed";
  const phase = result.phase ?? "Failed";
  const containersReady = containersReadyVerdict(pod, result.initContainerStatuses, result.containerStatuses, phase);
  const times = { old: status.conditions ?? [], now, generation: pod.metadata?.generation };
  result.conditions = status.conditions?.map((c) => {
    if (c.type === "Ready" || c.type === "ContainersReady") return toCondition(c.type, containersReady, times);
    return c.type === "PodReadyToStartContainers" ? toCondition(c.type, { status: "False" }, times) : c;
  });
  return result;
}
