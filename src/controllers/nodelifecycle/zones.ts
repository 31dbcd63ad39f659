// SPDX-License-Identifier: Apache-2.0

import type { Node } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";

/** How a zone fares: many silent nodes at once are more likely our own trouble than theirs. */
export type ZoneState = "Initial" | "Normal" | "PartialDisruption" | "FullDisruption";

export interface ZoneLimits {
  /** Nodes a second whose pods are evicted, normally. */
  readonly evictionsPerSecond: number;
  /** The same in a large zone that is partly disrupted; a small one stops. */
  readonly secondaryEvictionsPerSecond: number;
  readonly largeZoneNodes: number;
  readonly unhealthyThreshold: number;
}

export const DEFAULT_ZONE_LIMITS: ZoneLimits = {
  evictionsPerSecond: 0.1,
  secondaryEvictionsPerSecond: 0.01,
  largeZoneNodes: 50,
  unhealthyThreshold: 0.55,
};

const REGION_LABEL = "topology.kubernetes.io/region";
const ZONE_LABEL = "topology.kubernetes.io/zone";
const EXCLUDED_LABEL = "node.kubernetes.io/exclude-disruption";

/** The zone that a node fails together with; empty for nodes that say nothing. */
export function zoneOf(node: Cached<Node>): string {
  const region = node.metadata.labels?.[REGION_LABEL] ?? "";
  const zone = node.metadata.labels?.[ZONE_LABEL] ?? "";
  return region === "" && zone === "" ? "" : `${region}:\u0000:${zone}`;
}

/** Whether a node counts when the state of its zone is judged. */
export const countsInZone = (node: Cached<Node>): boolean => node.metadata.labels?.[EXCLUDED_LABEL] === undefined;

/** The state of a zone by the Ready conditions of its nodes; undefined ones are not counted. */
export function zoneState(ready: readonly (string | undefined)[], limits: ZoneLimits): ZoneState {
  const known = ready.filter((status) => status !== undefined);
  const bad = known.filter((status) => status !== "True").length;
  if (bad === known.length && bad > 0) return "FullDisruption";
  return bad > 2 && bad / known.length >= limits.unhealthyThreshold ? "PartialDisruption" : "Normal";
}

/** How fast nodes of a zone in that state may be tainted. */
export function evictionRate(state: ZoneState, nodes: number, limits: ZoneLimits): number {
  if (state !== "PartialDisruption") return limits.evictionsPerSecond;
  return nodes > limits.largeZoneNodes ? limits.secondaryEvictionsPerSecond : 0;
}

/** What a look at all zones amounts to. */
export type DisruptionChange =
  | { readonly type: "none" }
  /** Everything is silent: nobody is evicted, and who is marked is let off. */
  | { readonly type: "allDown" }
  /** It is over: the silence so far does not count. */
  | { readonly type: "recovered" }
  | { readonly type: "changed"; readonly zones: readonly string[] };

/** Compares the states of all zones with those before. */
export function disruptionChange(
  before: ReadonlyMap<string, ZoneState>,
  now: ReadonlyMap<string, ZoneState>,
): DisruptionChange {
  const all = (states: ReadonlyMap<string, ZoneState>): boolean =>
    [...states.values()].every((state) => state === "FullDisruption");
  const wasDown = all(before);
  const isDown = all(now);
  if (isDown && wasDown) return { type: "none" };
  if (isDown) return { type: "allDown" };
  if (wasDown && before.size > 0) return { type: "recovered" };
  const zones = [...now].filter(([zone, state]) => before.get(zone) !== state).map(([zone]) => zone);
  return zones.length > 0 ? { type: "changed", zones } : { type: "none" };
}
