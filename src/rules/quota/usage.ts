// SPDX-License-Identifier: Apache-2.0

import type { PersistentVolumeClaim, Pod, Service } from "../../api/index.ts";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  parseTime,
  quantityOf,
  quantityValue,
  subtractQuantities,
  type DeepReadonly,
  type KubeObject,
} from "../../apimachinery/index.ts";
import { podLimits, podRequests, type ResourceList } from "../pod-requests.ts";
import { isPodTerminal } from "../pod-state.ts";

/** A resource whose objects a quota may count: group and plural. */
export interface CountedResource {
  readonly group: string;
  readonly resource: string;
}

/** Kinds that quotas count under a name of their own, besides `count/…`. */
const PLAIN_COUNTS: ReadonlySet<string> = new Set([
  "configmaps",
  "persistentvolumeclaims",
  "pods",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
]);

const STORAGE_CLASS = "storageclass.storage.k8s.io/";

/** `count/deployments.apps`, `count/pods`. */
const countName = ({ group, resource }: CountedResource): string => `count/${resource}${group ? `.${group}` : ""}`;

/** Whether a pod still counts: it has not ended, nor outlived its end by its own grace period. */
function podCounts(pod: DeepReadonly<Pod>, nowMs: number): boolean {
  if (isPodTerminal(pod)) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= (parseTime(deletionTimestamp) ?? nowMs) + deletionGracePeriodSeconds * 1000;
}

function computeUsage(requests: ResourceList, limits: ResourceList): Record<string, string> {
  const usage: Record<string, string> = {};
  for (const name in requests) {
    if (name === "cpu" || name === "memory" || name === "ephemeral-storage" || name.startsWith("hugepages-")) {
      usage[name] = requests[name]!;
      usage[`requests.${name}`] = requests[name]!;
    } else if (name.includes("/")) usage[`requests.${name}`] = requests[name]!;
  }
  for (const name of ["cpu", "memory", "ephemeral-storage"]) {
    if (limits[name] !== undefined) usage[`limits.${name}`] = limits[name];
  }
  return usage;
}

function podUsage(pod: DeepReadonly<Pod>, nowMs: number): ResourceList {
  const counted = { "count/pods": "1" };
  if (!podCounts(pod, nowMs)) return counted;
  return { ...counted, pods: "1", ...computeUsage(podRequests(pod, { useStatus: true }), podLimits(pod)) };
}

function serviceUsage({ spec }: DeepReadonly<Service>): ResourceList {
  const ports = String(spec?.ports?.length ?? 0);
  const counted = { "count/services": "1", services: "1" };
  switch (spec?.type) {
    case "NodePort":
      return { ...counted, "services.nodeports": ports };
    case "LoadBalancer": {
      const open = spec.allocateLoadBalancerNodePorts === false;
      const allocated = spec.ports?.filter(({ nodePort }) => nodePort).length ?? 0;
      return { ...counted, "services.loadbalancers": "1", "services.nodeports": open ? String(allocated) : ports };
    }
    default:
      return counted;
  }
}

/** Whole bytes of storage: what is asked for, or what an expansion has allocated beyond it. */
function claimStorage({ spec, status }: DeepReadonly<PersistentVolumeClaim>): string | undefined {
  const asked = spec?.resources?.requests?.["storage"];
  if (asked === undefined) return undefined;
  const whole = (amount: string): string => {
    const quantity = parseQuantity(amount);
    const bytes = quantityOf(quantityValue(quantity), quantity.format);
    return compareQuantities(bytes, quantity) === 0 ? amount : formatQuantity(bytes);
  };
  const allocated = status?.allocatedResources?.["storage"];
  return whole(allocated !== undefined && compareQuantities(allocated, asked) > 0 ? allocated : asked);
}

function claimUsage(claim: DeepReadonly<PersistentVolumeClaim>): ResourceList {
  const { spec, metadata } = claim;
  const name = metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName;
  const usage: Record<string, string> = { "count/persistentvolumeclaims": "1", persistentvolumeclaims: "1" };
  const storage = claimStorage(claim);
  if (storage !== undefined) usage["requests.storage"] = storage;
  if (!name) return usage;
  usage[`${name}.${STORAGE_CLASS}persistentvolumeclaims`] = "1";
  if (storage !== undefined) usage[`${name}.${STORAGE_CLASS}requests.storage`] = storage;
  return usage;
}

/** What one object uses of quotas. */
export function quotaUsage(counted: CountedResource, object: DeepReadonly<KubeObject>, nowMs: number): ResourceList {
  const { group, resource } = counted;
  if (group === "" && resource === "pods") return podUsage(object as unknown as DeepReadonly<Pod>, nowMs);
  if (group === "" && resource === "services") return serviceUsage(object as unknown as DeepReadonly<Service>);
  if (group === "" && resource === "persistentvolumeclaims") {
    return claimUsage(object as unknown as DeepReadonly<PersistentVolumeClaim>);
  }
  const usage: Record<string, string> = { [countName(counted)]: "1" };
  if (group === "" && PLAIN_COUNTS.has(resource)) usage[resource] = "1";
  return usage;
}

/** Whether objects of a resource may use any of the named quota resources. */
export function countsTowards(counted: CountedResource, name: string): boolean {
  const { group, resource } = counted;
  if (name === countName(counted)) return true;
  if (group !== "") return false;
  if (resource === "pods") return isPodResource(name);
  if (resource === "services") return SERVICE_RESOURCES.has(name);
  if (resource === "persistentvolumeclaims") {
    return CLAIM_RESOURCES.some((own) => name === own || name.endsWith(`.${STORAGE_CLASS}${own}`));
  }
  return PLAIN_COUNTS.has(resource) && name === resource;
}

const SERVICE_RESOURCES: ReadonlySet<string> = new Set(["services", "services.nodeports", "services.loadbalancers"]);
const CLAIM_RESOURCES = ["persistentvolumeclaims", "requests.storage"] as const;
const COMPUTE = ["cpu", "memory", "ephemeral-storage"] as const;
const POD_RESOURCES: ReadonlySet<string> = new Set([
  "pods",
  ...COMPUTE.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
const DEVICE_CLASS = "requests.deviceclass.resource.kubernetes.io/";

/** Besides the pods' own: huge pages, and requests of what Kubernetes itself does not name. */
function isPodResource(name: string): boolean {
  if (POD_RESOURCES.has(name) || /^(requests\.)?hugepages-/.test(name)) return true;
  if (!name.startsWith("requests.")) return false;
  return name.startsWith(DEVICE_CLASS) || (name.includes("/") && !name.includes("kubernetes.io/"));
}

/** The sum of two usages. */
export function addUsage(a: ResourceList, b: ResourceList): Record<string, string> {
  const sum: Record<string, string> = { ...a };
  for (const name in b) {
    const have = sum[name];
    sum[name] = have === undefined ? b[name]! : formatQuantity(addQuantities(have, b[name]!));
  }
  return sum;
}

/** What is more in `a` than in `b`; nothing where it is less. */
export function growthOf(a: ResourceList, b: ResourceList): Record<string, string> {
  const growth: Record<string, string> = {};
  for (const name in a) {
    const before = b[name] ?? "0";
    if (compareQuantities(a[name]!, before) > 0) growth[name] = formatQuantity(subtractQuantities(a[name]!, before));
  }
  return growth;
}

/** The amounts of the named resources alone. */
export function onlyNamed(usage: ResourceList, names: Iterable<string>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of names) if (usage[name] !== undefined) out[name] = usage[name];
  return out;
}
