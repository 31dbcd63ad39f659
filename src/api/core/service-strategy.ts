// SPDX-License-Identifier: Apache-2.0

import { sameJson } from "../../apimachinery/index.ts";
import type { Service, ServicePort, ServiceSpec } from "../generated/v1.35/core-v1.ts";
import { cidrWarnings, ipWarnings } from "../validation/ip.ts";

const AFFINITY_SECONDS = 10_800;
export const TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints";
export const TOPOLOGY_MODE = "service.kubernetes.io/topology-mode";

/** Whether clients outside of the cluster reach the service by the nodes. */
export const isExternallyAccessible = (spec: ServiceSpec): boolean =>
  spec.type === "LoadBalancer" ||
  spec.type === "NodePort" ||
  (spec.type === "ClusterIP" && (spec.externalIPs?.length ?? 0) > 0);

/** Whether load balancers probe the nodes for endpoints of their own. */
export const needsHealthCheck = (spec: ServiceSpec): boolean =>
  spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";

function defaultPorts(ports: ServicePort[] | undefined): void {
  for (const port of ports ?? []) {
    port.protocol ||= "TCP";
    // A port that is 0 or an empty name counts as absent.
    port.targetPort ||= port.port;
  }
}

function defaultAffinity(spec: ServiceSpec): void {
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP" && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } };
}

/** Fills what a service leaves out. */
export function defaultService(service: Service): void {
  const { spec } = service;
  defaultAffinity(spec);
  spec.type ||= "ClusterIP";
  defaultPorts(spec.ports);
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= "Cluster";
  if (spec.type === "NodePort" || spec.type === "LoadBalancer" || spec.type === "ClusterIP")
    spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type !== "LoadBalancer") return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of service.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP";
}

/** Takes a field away that was right for the old type of the service, unless the change touched it too. */
function dropUntouched(spec: ServiceSpec, old: ServiceSpec, fields: readonly (keyof ServiceSpec)[]): void {
  if (fields.every((name) => sameJson(spec[name], old[name]))) for (const name of fields) delete spec[name];
}

const hasClusterIp = (spec: ServiceSpec): boolean => spec.type !== "ExternalName";
const hasNodePort = (spec: ServiceSpec): boolean => spec.type === "NodePort" || spec.type === "LoadBalancer";
const isLoadBalancer = (spec: ServiceSpec): boolean => spec.type === "LoadBalancer";

function dropNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const known = new Set((old.ports ?? []).map((port) => port.nodePort));
  if (spec.ports?.every((port) => !port.nodePort || known.has(port.nodePort)))
    for (const port of spec.ports) delete port.nodePort;
}

/** Fields that a service keeps from its old type make way for the new one. */
export function dropFieldsOfOtherTypes(service: Service, { spec: old }: Service): void {
  const { spec } = service;
  if (hasClusterIp(old) && !hasClusterIp(spec)) {
    dropUntouched(spec, old, ["clusterIP", "clusterIPs"]);
    dropUntouched(spec, old, ["ipFamilies"]);
    dropUntouched(spec, old, ["ipFamilyPolicy"]);
    dropUntouched(spec, old, ["internalTrafficPolicy"]);
  }
  if (hasNodePort(old) && !hasNodePort(spec)) dropNodePorts(spec, old);
  if (needsHealthCheck(old) && !needsHealthCheck(spec)) dropUntouched(spec, old, ["healthCheckNodePort"]);
  if (isLoadBalancer(old) && !isLoadBalancer(spec)) {
    dropUntouched(spec, old, ["allocateLoadBalancerNodePorts"]);
    dropUntouched(spec, old, ["loadBalancerClass"]);
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec)) dropUntouched(spec, old, ["externalTrafficPolicy"]);
  if (!isLoadBalancer(spec) && service.status?.loadBalancer) service.status = { ...service.status, loadBalancer: {} };
}

function headlessWarnings(spec: ServiceSpec): string[] {
  if (spec.type !== "ClusterIP" || spec.clusterIP !== "None") return [];
  const ignored = [
    ...(spec.loadBalancerIP ? ["spec.loadBalancerIP"] : []),
    ...(spec.externalIPs?.length ? ["spec.externalIPs"] : []),
    ...(spec.sessionAffinity === "None" ? [] : ["spec.SessionAffinity"]),
  ];
  return ignored.map((name) => `${name} is ignored for headless services`);
}

function addressWarnings(spec: ServiceSpec): string[] {
  const warnings = (spec.externalIPs ?? []).flatMap((ip, i) => ipWarnings(ip, `spec.externalIPs[${i}]`));
  if (spec.loadBalancerIP) warnings.push(...ipWarnings(spec.loadBalancerIP, "spec.loadBalancerIP"));
  for (const [i, cidr] of (spec.loadBalancerSourceRanges ?? []).entries())
    warnings.push(...cidrWarnings(cidr, `spec.loadBalancerSourceRanges[${i}]`));
  return warnings;
}

/** Warnings about a service. */
export function warningsForService({ metadata, spec }: Service): string[] {
  const warnings: string[] = [];
  if (metadata.annotations?.[TOPOLOGY_HINTS] !== undefined)
    warnings.push(`annotation ${TOPOLOGY_HINTS} is deprecated, please use ${TOPOLOGY_MODE} instead`);
  if (spec.type !== "ExternalName" && spec.clusterIP && spec.clusterIP !== "None")
    for (const [i, ip] of (spec.clusterIPs ?? []).entries()) warnings.push(...ipWarnings(ip, `spec.clusterIPs[${i}]`));
  warnings.push(...headlessWarnings(spec), ...addressWarnings(spec));
  if (spec.type === "ExternalName" && spec.externalIPs?.length)
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (spec.type !== "ExternalName" && spec.externalName)
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === "PreferClose")
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return warnings;
}

/** Warnings about the addresses that a load balancer reports. */
export const statusWarnings = ({ status }: Service): string[] =>
  (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }, i) =>
    ip ? ipWarnings(ip, `status.loadBalancer.ingress[${i}]`) : [],
  );
