// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../../../apimachinery/index.ts";
import type { Service, ServiceSpec } from "../../../api/index.ts";

export type OldSpec = DeepReadonly<ServiceSpec>;

export const specOf = (service: Service): ServiceSpec => (service.spec ??= {});

const sameList = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

export const sameClusterIps = (a: OldSpec, b: OldSpec): boolean => sameList(a.clusterIPs, b.clusterIPs);
export const sameFamilies = (a: OldSpec, b: OldSpec): boolean => sameList(a.ipFamilies, b.ipFamilies);

/** Node ports are given out for these types, unless a load balancer does without them. */
export const allocatesNodePorts = ({ type, allocateLoadBalancerNodePorts }: OldSpec): boolean =>
  type === "NodePort" || (type === "LoadBalancer" && allocateLoadBalancerNodePorts !== false);

export const needsHealthCheckPort = ({ type, externalTrafficPolicy }: OldSpec): boolean =>
  type === "LoadBalancer" && externalTrafficPolicy === "Local";

/** Clients that know only one of clusterIP and clusterIPs must find both right. */
export function normalizeClusterIps(spec: ServiceSpec, old: OldSpec | undefined): void {
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  if (old.clusterIPs?.length && !spec.clusterIPs?.length && old.clusterIP === spec.clusterIP) {
    spec.clusterIPs = [...old.clusterIPs];
  }
  if ((old.clusterIP ?? "") === (spec.clusterIP ?? "") || !sameClusterIps(old, spec)) return;
  if (old.clusterIP && !spec.clusterIP) delete spec.clusterIPs;
  else spec.clusterIPs = [spec.clusterIP!];
}

function patchNodePorts(spec: ServiceSpec, old: OldSpec): void {
  const used = (ports: OldSpec["ports"]): Set<number> => new Set((ports ?? []).map(({ nodePort }) => nodePort ?? 0));
  const inNew = used(spec.ports);
  const inBoth = new Set([...used(old.ports)].filter((port) => inNew.has(port)));
  const byName = new Map((old.ports ?? []).map(({ name = "", nodePort }) => [name, nodePort]));
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const known = byName.get(port.name ?? "");
    if (known && !inBoth.has(known)) port.nodePort = known;
  }
}

/** An update that leaves out what was given out before means the same again. */
export function patchAllocatedValues(spec: ServiceSpec, old: OldSpec): void {
  if (old.type !== "ExternalName" && spec.type !== "ExternalName") {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP;
    if (!spec.clusterIPs?.length && old.clusterIPs?.length) spec.clusterIPs = [...old.clusterIPs];
  }
  if (allocatesNodePorts(old) && allocatesNodePorts(spec)) patchNodePorts(spec, old);
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec) && !spec.healthCheckNodePort && old.healthCheckNodePort) {
    spec.healthCheckNodePort = old.healthCheckNodePort;
  }
}
