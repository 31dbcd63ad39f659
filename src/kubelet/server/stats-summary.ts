// SPDX-License-Identifier: Apache-2.0

import { formatTime } from "../../apimachinery/index.ts";
import type { ContainerStats } from "../cri.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import type { PodRecord } from "../pods/pod-record.ts";
import { podIdentity } from "../runtime/labels.ts";

const NANOS_PER_MS = 1e6;

const timeOf = (nanos: number | undefined, nowMs: number): string => formatTime(nanos ? nanos / NANOS_PER_MS : nowMs);

function containerSummary(stats: ContainerStats, nowMs: number) {
  return {
    name: stats.attributes.metadata?.name ?? "",
    cpu: stats.cpu && {
      time: timeOf(stats.cpu.timestamp, nowMs),
      usageNanoCores: stats.cpu.usageNanoCores?.value,
      usageCoreNanoSeconds: stats.cpu.usageCoreNanoSeconds?.value,
    },
    memory: stats.memory && {
      time: timeOf(stats.memory.timestamp, nowMs),
      availableBytes: stats.memory.availableBytes?.value,
      usageBytes: stats.memory.usageBytes?.value,
      workingSetBytes: stats.memory.workingSetBytes?.value,
      rssBytes: stats.memory.rssBytes?.value,
      pageFaults: stats.memory.pageFaults?.value,
      majorPageFaults: stats.memory.majorPageFaults?.value,
    },
  };
}

/** What /stats/summary answers: CPU and memory of the node and of each pod. */
export async function statsSummary(
  context: KubeletContext,
  records: Iterable<PodRecord>,
  signal: AbortSignal,
): Promise<object> {
  const nowMs = context.clock.nowMs();
  const byPod = new Map<string, ContainerStats[]>();
  for (const stats of await context.runtime.listContainerStats({ signal })) {
    const uid = podIdentity(stats.attributes.labels)?.uid;
    if (uid) byPod.set(uid, [...(byPod.get(uid) ?? []), stats]);
  }
  const node = await context.cgroups.usage("/kubepods");
  const time = formatTime(nowMs);
  return {
    node: {
      nodeName: context.nodeName,
      ...(node
        ? {
            cpu: { time, usageCoreNanoSeconds: node.cpuNanoSeconds },
            memory: { time, workingSetBytes: node.workingSetBytes },
          }
        : {}),
    },
    pods: [...records].map((record) => ({
      podRef: { name: record.pod.metadata?.name, namespace: record.pod.metadata?.namespace, uid: record.uid },
      startTime: record.lastStatus?.startTime,
      containers: (byPod.get(record.uid) ?? []).map((stats) => containerSummary(stats, nowMs)),
    })),
  };
}
