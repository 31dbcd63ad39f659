// SPDX-License-Identifier: Apache-2.0

import type { Cached } from "../client/index.ts";
import type { DeepReadonly } from "../apimachinery/index.ts";
import { quantityMilliValue, quantityValue } from "../apimachinery/index.ts";
import type { Affinity, Pod, PodAffinityTerm, Toleration } from "../api/index.ts";
import { podRequests } from "../rules/index.ts";

/** What a container that requests nothing is counted as when nodes are scored (upstream's non-zero requests). */
const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024;

/** A port that a pod takes on its node. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** Amounts of the resources that every node has, and of the others by name. */
export interface ResourceAmounts {
  milliCpu: number;
  memoryBytes: number;
  ephemeralBytes: number;
  scalars: ReadonlyMap<string, number> | undefined;
}

/** What scheduling needs of a pod, computed once for each version of its object. */
export interface PodInfo {
  readonly pod: Cached<Pod>;
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly nodeName: string;
  readonly schedulerName: string;
  readonly priority: number;
  readonly creationTimestamp: string;
  readonly requests: ResourceAmounts;
  /** Requests with the defaults of scoring; at least these count as used on a node. */
  readonly scoringMilliCpu: number;
  readonly scoringMemoryBytes: number;
  readonly hostPorts: readonly HostPort[];
  readonly tolerations: readonly DeepReadonly<Toleration>[];
  readonly affinity: DeepReadonly<Affinity> | undefined;
  readonly requiredAntiAffinity: readonly DeepReadonly<PodAffinityTerm>[];
  readonly requiredAffinity: readonly DeepReadonly<PodAffinityTerm>[];
  /** Of all containers, each with a tag, as nodes report images. */
  readonly images: readonly string[];
  readonly terminating: boolean;
}

const NONE: readonly never[] = [];
const NO_LABELS: Readonly<Record<string, string>> = {};

/** Computes what scheduling needs of a pod. */
export function podInfoOf(pod: Cached<Pod>): PodInfo {
  const { metadata, spec } = pod;
  const requests = amountsOf(podRequests(pod));
  const scoring = scoringRequests(pod, requests);
  const affinity = spec?.affinity;
  return {
    pod,
    key: `${metadata.namespace}/${metadata.name}`,
    uid: metadata.uid ?? "",
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    labels: metadata.labels ?? NO_LABELS,
    nodeName: spec?.nodeName ?? "",
    schedulerName: spec?.schedulerName ?? "default-scheduler",
    priority: spec?.priority ?? 0,
    creationTimestamp: metadata.creationTimestamp ?? "",
    requests,
    scoringMilliCpu: scoring.milliCpu,
    scoringMemoryBytes: scoring.memoryBytes,
    hostPorts: hostPortsOf(pod),
    tolerations: spec?.tolerations ?? NONE,
    affinity,
    requiredAntiAffinity: affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? NONE,
    requiredAffinity: affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? NONE,
    images: imagesOf(pod),
    terminating: metadata.deletionTimestamp !== undefined,
  };
}

const withTag = (image: string): string =>
  image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;

function imagesOf(pod: Cached<Pod>): readonly string[] {
  const images: string[] = [];
  for (const { image } of pod.spec?.initContainers ?? NONE) images.push(withTag(image ?? ""));
  for (const { image } of pod.spec?.containers ?? NONE) images.push(withTag(image ?? ""));
  return images;
}

/** Turns quantities into numbers: milli-CPU, and plain values for the rest. */
export function amountsOf(quantities: Readonly<Record<string, string>>): ResourceAmounts {
  const out: ResourceAmounts = { milliCpu: 0, memoryBytes: 0, ephemeralBytes: 0, scalars: undefined };
  let scalars: Map<string, number> | undefined;
  for (const name in quantities) {
    const text = quantities[name]!;
    if (name === "cpu") out.milliCpu = quantityMilliValue(text);
    else if (name === "memory") out.memoryBytes = quantityValue(text);
    else if (name === "ephemeral-storage") out.ephemeralBytes = quantityValue(text);
    else if (name !== "pods") {
      scalars ??= new Map();
      scalars.set(name, quantityValue(text));
    }
  }
  out.scalars = scalars;
  return out;
}

/** Requests as scoring counts them: each container that asks for nothing counts as a small one. */
function scoringRequests(pod: Cached<Pod>, requests: ResourceAmounts): { milliCpu: number; memoryBytes: number } {
  let milliCpu = requests.milliCpu;
  let memoryBytes = requests.memoryBytes;
  for (const container of pod.spec?.containers ?? NONE) {
    const asked = container.resources?.requests as Readonly<Record<string, string>> | undefined;
    if (asked?.["cpu"] === undefined) milliCpu += DEFAULT_MILLI_CPU;
    if (asked?.["memory"] === undefined) memoryBytes += DEFAULT_MEMORY_BYTES;
  }
  return { milliCpu, memoryBytes };
}

function hostPortsOf(pod: Cached<Pod>): readonly HostPort[] {
  let ports: HostPort[] | undefined;
  const sidecars = (pod.spec?.initContainers ?? NONE).filter((c) => c.restartPolicy === "Always");
  for (const container of [...(pod.spec?.containers ?? NONE), ...sidecars])
    for (const port of container.ports ?? NONE) {
      if (!port.hostPort) continue;
      ports ??= [];
      ports.push({ ip: port.hostIP || "0.0.0.0", protocol: port.protocol ?? "TCP", port: port.hostPort });
    }
  return ports ?? NONE;
}
