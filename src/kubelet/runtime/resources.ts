// SPDX-License-Identifier: Apache-2.0

import { quantityMilliValue, quantityValue } from "../../apimachinery/index.ts";
import { podLimits, podRequests, qosClassOf, isSidecar } from "../../rules/index.ts";
import type { LinuxContainerResources } from "../cri.ts";
import type { CgroupLimits } from "../ports.ts";
import type { Container, Pod } from "../types.ts";

const SHARES_PER_CPU = 1024;
const SHARES_MIN = 2;
const SHARES_MAX = 262_144;
const QUOTA_PERIOD_US = 100_000;
const QUOTA_MIN_US = 1_000;
const GUARANTEED_OOM_SCORE = -997;
const BEST_EFFORT_OOM_SCORE = 1_000;
/** 1000 + the score of guaranteed pods: burstable ones stay above. */
const BURSTABLE_OOM_SCORE_MIN = 3;
const SYSTEM_CRITICAL_PRIORITY = 2_000_000_000;

export const cpuShares = (milliCpu: number): number =>
  Math.min(Math.max(Math.floor((milliCpu * SHARES_PER_CPU) / 1000), SHARES_MIN), SHARES_MAX);

/** Microseconds of each period; 0 means no limit. */
export const cpuQuota = (milliCpu: number): number =>
  milliCpu === 0 ? 0 : Math.max(Math.floor((milliCpu * QUOTA_PERIOD_US) / 1000), QUOTA_MIN_US);

const milli = (list: Readonly<Record<string, string>> | undefined): number =>
  list?.cpu === undefined ? 0 : quantityMilliValue(list.cpu);
const bytes = (list: Readonly<Record<string, string>> | undefined): number =>
  list?.memory === undefined ? 0 : quantityValue(list.memory);

/** Who is killed first when the node runs out of memory. */
export function oomScoreAdjust(pod: Pod, container: Container, memoryCapacity: number): number {
  if ((pod.spec?.priority ?? 0) >= SYSTEM_CRITICAL_PRIORITY) return GUARANTEED_OOM_SCORE;
  const qos = qosClassOf(pod);
  if (qos === "Guaranteed") return GUARANTEED_OOM_SCORE;
  if (qos === "BestEffort") return BEST_EFFORT_OOM_SCORE;
  const scoreOf = (c: Container): number => {
    const score = BEST_EFFORT_OOM_SCORE - Math.floor((1000 * bytes(c.resources?.requests)) / memoryCapacity);
    return Math.min(Math.max(score, BURSTABLE_OOM_SCORE_MIN), BEST_EFFORT_OOM_SCORE - 1);
  };
  if (!isSidecar(container)) return scoreOf(container);
  // A sidecar is not killed before the containers that it serves.
  return Math.min(scoreOf(container), ...(pod.spec?.containers ?? []).map(scoreOf));
}

/** What CRI holds a container to. */
export function containerResources(
  pod: Pod,
  container: Container,
  node: { readonly memoryBytes: number; readonly cgroupVersion: 1 | 2 },
): LinuxContainerResources {
  const { requests, limits } = container.resources ?? {};
  const cpuLimit = milli(limits);
  const cpuRequest = requests?.cpu === undefined ? cpuLimit : milli(requests);
  const memoryLimit = bytes(limits);
  return {
    cpuShares: cpuShares(cpuRequest),
    cpuPeriod: QUOTA_PERIOD_US,
    cpuQuota: cpuQuota(cpuLimit),
    memoryLimitInBytes: memoryLimit,
    oomScoreAdj: oomScoreAdjust(pod, container, node.memoryBytes),
    ...(node.cgroupVersion === 2 ? { unified: { "memory.oom.group": "1" }, memorySwapLimitInBytes: memoryLimit } : {}),
  };
}

/** The cgroup of a pod's class, below the node's: Guaranteed pods lie at the top. */
export function podCgroupName(pod: Pod): string {
  const qos = qosClassOf(pod);
  const parent = qos === "Guaranteed" ? "/kubepods" : `/kubepods/${qos.toLowerCase()}`;
  return `${parent}/pod${pod.metadata?.uid}`;
}

/** What the cgroup of the whole pod is held to: limits count only where every container has one. */
export function podCgroupLimits(pod: Pod, options: { readonly pids?: number } = {}): CgroupLimits {
  const qos = qosClassOf(pod);
  const pids = options.pids ? { pids: options.pids } : {};
  if (qos === "BestEffort") return { cpuShares: SHARES_MIN, ...pids };
  const limits = podLimits(pod);
  const everyHas = (name: string) =>
    [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? []).filter(isSidecar)].every(
      (c) => c.resources?.limits?.[name] !== undefined,
    );
  const result: { cpuShares: number; cpuQuotaUs?: number; cpuPeriodUs?: number; memoryBytes?: number; pids?: number } =
    {
      cpuShares: cpuShares(milli(podRequests(pod))),
      ...pids,
    };
  if (everyHas("cpu")) {
    result.cpuQuotaUs = cpuQuota(milli(limits));
    result.cpuPeriodUs = QUOTA_PERIOD_US;
  }
  if (everyHas("memory")) result.memoryBytes = bytes(limits);
  return result;
}
