// SPDX-License-Identifier: Apache-2.0

import { quantityMilliValue, quantityValue } from "../../apimachinery/index.ts";
import { podMatchesNode, podRequests, untoleratedTaint } from "../../rules/index.ts";
import type { Node, Pod } from "../types.ts";
import type { AdmittedRequests, PodRecord } from "./pod-record.ts";

/** What a node can give to its pods. */
export interface NodeCapacity {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly ephemeralStorageBytes: number;
  readonly pods: number;
}

/** Why a node does not take a pod: the reason and message of its status. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

const NO_EXECUTE = ["NoExecute"];

export function requestsOf(pod: Pod): AdmittedRequests {
  const requests = podRequests(pod);
  return {
    cpuMillis: requests.cpu === undefined ? 0 : quantityMilliValue(requests.cpu),
    memoryBytes: requests.memory === undefined ? 0 : quantityValue(requests.memory),
    ephemeralStorageBytes:
      requests["ephemeral-storage"] === undefined ? 0 : quantityValue(requests["ephemeral-storage"]),
  };
}

const counts = (record: PodRecord): boolean => record.requests !== undefined && record.life !== "finished";

const insufficient = (resource: string, requested: number, used: number, capacity: number): Rejection => ({
  reason: `OutOf${resource}`,
  message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
});

function resourceRejection(
  wanted: AdmittedRequests,
  others: Iterable<PodRecord>,
  capacity: NodeCapacity,
): Rejection | undefined {
  let pods = 0;
  let cpu = 0;
  let memory = 0;
  let storage = 0;
  for (const record of others) {
    if (!counts(record)) continue;
    pods++;
    cpu += record.requests!.cpuMillis;
    memory += record.requests!.memoryBytes;
    storage += record.requests!.ephemeralStorageBytes;
  }
  if (pods + 1 > capacity.pods) return insufficient("pods", 1, pods, capacity.pods);
  if (wanted.cpuMillis > 0 && cpu + wanted.cpuMillis > capacity.cpuMillis)
    return insufficient("cpu", wanted.cpuMillis, cpu, capacity.cpuMillis);
  if (wanted.memoryBytes > 0 && memory + wanted.memoryBytes > capacity.memoryBytes)
    return insufficient("memory", wanted.memoryBytes, memory, capacity.memoryBytes);
  if (wanted.ephemeralStorageBytes > 0 && storage + wanted.ephemeralStorageBytes > capacity.ephemeralStorageBytes)
    return insufficient("ephemeral-storage", wanted.ephemeralStorageBytes, storage, capacity.ephemeralStorageBytes);
  return undefined;
}

const portKeys = (pod: Pod): string[] =>
  (pod.spec?.containers ?? []).flatMap((c) =>
    (c.ports ?? [])
      .filter((p) => p.hostPort)
      .map((p) => `${p.protocol ?? "TCP"}/${p.hostPort}/${p.hostIP || "0.0.0.0"}`),
  );

function portsClash(pod: Pod, others: Iterable<PodRecord>): boolean {
  const wanted = portKeys(pod);
  if (wanted.length === 0) return false;
  for (const record of others) {
    if (!counts(record)) continue;
    const taken = portKeys(record.pod);
    for (const want of wanted) if (taken.some((t) => samePort(want, t))) return true;
  }
  return false;
}

function samePort(a: string, b: string): boolean {
  const [protocolA, portA, ipA] = a.split("/");
  const [protocolB, portB, ipB] = b.split("/");
  if (protocolA !== protocolB || portA !== portB) return false;
  return ipA === ipB || ipA === "0.0.0.0" || ipB === "0.0.0.0";
}

/** Kernel settings that are a pod's own and harm nobody else; others must be allowed by name. */
const SAFE_SYSCTLS = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

/** The first setting that may not be changed; in the node's own namespaces none may. */
function unsafeSysctl(pod: Pod): string | undefined {
  const { securityContext, hostNetwork, hostIPC } = pod.spec ?? {};
  for (const { name } of securityContext?.sysctls ?? []) {
    const key = name.replaceAll("/", ".");
    const shared = key.startsWith("net.") ? hostNetwork === true : hostIPC === true;
    if (shared || !SAFE_SYSCTLS.has(key)) return name;
  }
  return undefined;
}

const predicate = (name: string, why: string): Rejection => ({
  reason: name,
  message: `Predicate ${name} failed: ${why}`,
});

/** Decides whether the node takes a pod that it was given; undefined when it does. */
export function admit(
  pod: Pod,
  wanted: AdmittedRequests,
  context: { readonly node: Node | undefined; readonly others: readonly PodRecord[]; readonly capacity: NodeCapacity },
): Rejection | undefined {
  const outOf = resourceRejection(wanted, context.others, context.capacity);
  if (outOf) return outOf;
  const sysctl = unsafeSysctl(pod);
  if (sysctl !== undefined)
    return { reason: "SysctlForbidden", message: `forbidden sysctl: "${sysctl}" not allowlisted` };
  const { node } = context;
  if (node) {
    if (!podMatchesNode(pod, node))
      return predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
    const taint = untoleratedTaint(node.spec?.taints ?? [], pod.spec?.tolerations ?? [], NO_EXECUTE);
    if (taint)
      return predicate("TaintToleration", `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`);
  }
  if (portsClash(pod, context.others))
    return predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports");
  return undefined;
}
