// SPDX-License-Identifier: Apache-2.0

import type { Node, Taint } from "../../api/index.ts";
import { formatTime, isConflict, type DeepReadonly } from "../../apimachinery/index.ts";
import { NODES, type Cached, type Client } from "../../client/index.ts";
import { sameTaint } from "../../rules/index.ts";

export const NOT_READY = "node.kubernetes.io/not-ready";
export const UNREACHABLE = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

const ATTEMPTS_MAX = 5;

/** By which taint each state of a condition keeps pods from being scheduled. */
const TAINT_OF: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: "node.kubernetes.io/memory-pressure" },
  DiskPressure: { True: "node.kubernetes.io/disk-pressure" },
  NetworkUnavailable: { True: "node.kubernetes.io/network-unavailable" },
  PIDPressure: { True: "node.kubernetes.io/pid-pressure" },
};
const OWN_KEYS: ReadonlySet<string> = new Set([
  UNSCHEDULABLE,
  ...Object.values(TAINT_OF).flatMap((byStatus) => Object.values(byStatus)),
]);

/** Which taints come and go. */
export interface TaintChange {
  readonly add: readonly Taint[];
  readonly remove: readonly Taint[];
}

/** The NoSchedule taints that a node's conditions and cordon call for, against those that it has. */
export function noScheduleChange(node: Cached<Node>): TaintChange {
  const wanted: Taint[] = [];
  for (const { type, status } of node.status.conditions ?? []) {
    const key = TAINT_OF[type]?.[status];
    if (key) wanted.push({ key, effect: "NoSchedule" });
  }
  if (node.spec.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: "NoSchedule" });
  const present = (node.spec.taints ?? []).filter(({ key, effect }) => effect === "NoSchedule" && OWN_KEYS.has(key));
  return {
    add: wanted.filter((taint) => !present.some((other) => sameTaint(taint, other))),
    remove: present.filter((taint) => !wanted.some((other) => sameTaint(taint, other))),
  };
}

export const hasTaint = (node: Cached<Node>, key: string): boolean =>
  (node.spec.taints ?? []).some((taint) => taint.key === key && taint.effect === "NoExecute");

/** The NoExecute taints that a Ready condition calls for. */
export function noExecuteChange(ready: string): TaintChange {
  const taint = (key: string): Taint => ({ key, effect: "NoExecute" });
  switch (ready) {
    case "False":
      return { add: [taint(NOT_READY)], remove: [taint(UNREACHABLE)] };
    case "Unknown":
      return { add: [taint(UNREACHABLE)], remove: [taint(NOT_READY)] };
    default:
      return { add: [], remove: [taint(NOT_READY), taint(UNREACHABLE)] };
  }
}

/** The taints after the change; undefined when they are so already. */
export function changedTaints(
  taints: readonly DeepReadonly<Taint>[],
  change: TaintChange,
  nowMs: number,
): Taint[] | undefined {
  const kept = taints.filter((taint) => !change.remove.some((other) => sameTaint(taint, other)));
  const added = change.add.filter((taint) => !kept.some((other) => sameTaint(taint, other)));
  if (added.length === 0 && kept.length === taints.length) return undefined;
  const timeAdded = formatTime(nowMs);
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded }))];
}

/** Changes a node's taints, however often others change the node meanwhile. */
export async function changeTaints(
  client: Client,
  node: Cached<Node>,
  change: TaintChange,
  options: { readonly signal: AbortSignal; readonly nowMs: number },
): Promise<void> {
  const { signal, nowMs } = options;
  const nodes = client.resource(NODES);
  let current: { readonly metadata: { resourceVersion: string }; readonly spec: DeepReadonly<Node["spec"]> } = node;
  for (let attempt = 1; ; attempt++) {
    const taints = changedTaints(current.spec?.taints ?? [], change, nowMs);
    if (!taints) return;
    const { resourceVersion } = current.metadata;
    try {
      await nodes.patch(
        node.metadata.name,
        "strategic",
        { metadata: { resourceVersion }, spec: { taints } },
        { signal },
      );
      return;
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS_MAX) throw error;
      current = await nodes.get(node.metadata.name, { signal });
    }
  }
}
