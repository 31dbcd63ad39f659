// SPDX-License-Identifier: Apache-2.0

import type { Lease, Node, NodeCondition } from "../../api/index.ts";
import { formatTime, parseTime } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";

/** How long a node may be silent. */
export interface GracePeriods {
  /** After its last sign of life. */
  readonly monitorMs: number;
  /** After its registration, before it has posted any status. */
  readonly startupMs: number;
}

/** What was last seen of a node, and when by our own clock: clocks of nodes are never trusted. */
export interface NodeHealth {
  readonly probedMs: number;
  readonly heartbeat: string | undefined;
  readonly renewed: string | undefined;
}

/** A look at a node. */
export interface Observation {
  readonly health: NodeHealth;
  /** The Ready condition that the node itself (or an earlier look) posted. */
  readonly observedReady: string;
  /** The Ready condition after this look; undefined when the node never had one and may still be starting. */
  readonly currentReady: string | undefined;
  /** All conditions, when some must be written because the node is silent. */
  readonly conditions: NodeCondition[] | undefined;
}

const JUDGED = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] as const;

const readyOf = (node: Cached<Node>) => node.status.conditions?.find((condition) => condition.type === "Ready");

function nextHealth(
  node: Cached<Node>,
  lease: Cached<Lease> | undefined,
  saved: NodeHealth | undefined,
  nowMs: number,
): NodeHealth {
  const ready = readyOf(node);
  const heartbeat = ready?.lastHeartbeatTime;
  const renewed = lease?.spec.renewTime;
  if (!saved) {
    // A node that never posted anything counts from its registration.
    const probedMs = ready ? nowMs : (parseTime(node.metadata.creationTimestamp) ?? nowMs);
    return { probedMs: renewed ? nowMs : probedMs, heartbeat, renewed };
  }
  const renewedNow = renewed !== undefined && (saved.renewed === undefined || isLater(renewed, saved.renewed));
  const alive = heartbeat !== saved.heartbeat || renewedNow;
  return { probedMs: alive ? nowMs : saved.probedMs, heartbeat, renewed: renewedNow ? renewed : saved.renewed };
}

const isLater = (a: string, b: string): boolean => (parseTime(a) ?? 0) > (parseTime(b) ?? 0);

/** The conditions of a node that is silent: nothing is known of it any more. */
function silentConditions(node: Cached<Node>, nowMs: number): NodeCondition[] {
  const now = formatTime(nowMs);
  const conditions = (node.status.conditions ?? []).map((condition): NodeCondition => {
    if (!(JUDGED as readonly string[]).includes(condition.type) || condition.status === "Unknown") return condition;
    return {
      ...condition,
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
      lastTransitionTime: now,
    };
  });
  for (const type of JUDGED) {
    if (conditions.some((condition) => condition.type === type)) continue;
    conditions.push({
      type,
      status: "Unknown",
      reason: "NodeStatusNeverUpdated",
      message: "Kubelet never posted node status.",
      lastHeartbeatTime: node.metadata.creationTimestamp,
      lastTransitionTime: now,
    });
  }
  return conditions;
}

/** Looks at a node: is there a sign of life that is new, and was the last one too long ago? */
export function observeNode(
  node: Cached<Node>,
  seen: { readonly lease: Cached<Lease> | undefined; readonly saved: NodeHealth | undefined },
  options: { readonly nowMs: number; readonly grace: GracePeriods },
): Observation {
  const { nowMs, grace } = options;
  const ready = readyOf(node);
  const health = nextHealth(node, seen.lease, seen.saved, nowMs);
  const graceMs = ready ? grace.monitorMs : grace.startupMs;
  const observedReady = ready?.status ?? "Unknown";
  if (nowMs <= health.probedMs + graceMs) {
    return { health, observedReady, currentReady: ready?.status, conditions: undefined };
  }
  const conditions = ready?.status === "Unknown" ? undefined : silentConditions(node, nowMs);
  return { health, observedReady, currentReady: "Unknown", conditions };
}

/** What to remember when a whole outage is over: nobody is to blame for the silence. */
export const forgiven = (health: NodeHealth, nowMs: number): NodeHealth => ({ ...health, probedMs: nowMs });
