// SPDX-License-Identifier: Apache-2.0

import type { StaleFlow } from "../ports.ts";
import type { Frontend, HostPort, ServiceRules, Target } from "./service-rules.ts";

/**
 * UDP flows that must be forgotten after a change: those to a backend that a frontend no longer has, and those that
 * reached the node itself before a port of it led anywhere.
 */
export function staleFlows(old: ServiceRules, current: ServiceRules): StaleFlow[] {
  const flows: StaleFlow[] = [];
  const before = destinations(old);
  const now = destinations(current);
  for (const [key, destination] of before) {
    const kept = now.get(key)?.backends;
    for (const backend of destination.backends) {
      if (!kept?.has(backend)) flows.push({ ...destination.flow, backend });
    }
  }
  for (const [key, { flow, backends, isOnNode }] of now) {
    if (isOnNode && backends.size > 0 && !before.get(key)?.backends.size) flows.push(flow);
  }
  return flows;
}

interface Destination {
  readonly flow: StaleFlow;
  /** Addresses of backends. */
  readonly backends: ReadonlySet<string>;
  /** Without a rule, packets to it end at the node, and the kernel remembers that they do. */
  readonly isOnNode: boolean;
}

function destinations({ frontends, groups, hostPorts }: ServiceRules): Map<string, Destination> {
  const found = new Map<string, Destination>();
  const backendsOf = (target: Target | undefined): string[] => {
    if (target?.type !== "group") return [];
    return groups.find((group) => group.name === target.group)?.backends.map((backend) => backend.address) ?? [];
  };
  for (const frontend of frontends.filter(({ protocol }) => protocol === "udp")) {
    const backends = new Set([...backendsOf(frontend.target), ...backendsOf(frontend.outsideTarget)]);
    found.set(keyOf(frontend), { flow: flowOf(frontend), backends, isOnNode: frontend.kind !== "cluster" });
  }
  for (const hostPort of hostPorts.filter(({ protocol }) => protocol === "udp")) {
    const backends = new Set([hostPort.backend.address]);
    found.set(keyOf(hostPort), { flow: flowOf(hostPort), backends, isOnNode: true });
  }
  return found;
}

const keyOf = ({ address, port }: Frontend | HostPort): string => `${address ?? ""} ${port}`;

const flowOf = ({ address, port }: Frontend | HostPort): StaleFlow => ({ protocol: "udp", address, port });

/** Whether an owner's rules have to be remembered for the comparison. */
export function usesUdp({ frontends, hostPorts }: ServiceRules): boolean {
  return [...frontends, ...hostPorts].some(({ protocol }) => protocol === "udp");
}
