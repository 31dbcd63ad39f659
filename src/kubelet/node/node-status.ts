// SPDX-License-Identifier: Apache-2.0

import { canonicalQuantity, formatQuantity, quantityOf } from "../../apimachinery/index.ts";
import type { CriImage, RuntimeStatus, RuntimeVersion } from "../cri.ts";
import type { HostInfo } from "../ports.ts";
import type { NodeAddress, NodeCondition, NodeStatus } from "../types.ts";
import type { NodeOptions } from "./node-options.ts";

const IMAGES_MAX = 50;
const IMAGE_NAMES_MAX = 5;

export interface NodeStatusInput {
  readonly nodeName: string;
  readonly host: HostInfo;
  readonly options: NodeOptions;
  readonly version: RuntimeVersion | undefined;
  readonly runtime: RuntimeStatus | undefined;
  readonly images: readonly CriImage[];
  /** The conditions as they were, for the times of their transitions. */
  readonly old: readonly Readonly<NodeCondition>[];
  readonly now: string;
}

const binary = (bytes: number): string => formatQuantity(quantityOf(bytes, "BinarySI"));

function capacity({ host, options }: NodeStatusInput): Record<string, string> {
  return {
    cpu: String(host.cpuCount),
    "ephemeral-storage": binary(host.ephemeralStorageBytes),
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    memory: binary(host.memoryBytes),
    pods: String(options.podsMax),
    ...Object.fromEntries(Object.entries(options.capacity ?? {}).map(([name, q]) => [name, canonicalQuantity(q)])),
  };
}

function addresses({ host, nodeName }: NodeStatusInput): NodeAddress[] {
  const internal = host.addresses.map((address) => ({ type: "InternalIP", address }));
  return [...internal, { type: "Hostname", address: host.hostname || nodeName }];
}

/** Why the node is not ready; nothing when it is. */
function readinessProblems(input: NodeStatusInput): string[] {
  const { runtime } = input;
  if (!runtime) return ["container runtime is down"];
  const problems: string[] = [];
  const network = runtime.conditions.find((c) => c.type === "NetworkReady");
  const ready = runtime.conditions.find((c) => c.type === "RuntimeReady");
  if (ready && !ready.status) problems.push(`container runtime not ready: ${conditionText(ready)}`);
  if (network && !network.status) problems.push(`container runtime network not ready: ${conditionText(network)}`);
  return problems;
}

const conditionText = (c: RuntimeStatus["conditions"][number]): string =>
  `${c.type}=${c.status} reason:${c.reason ?? ""} message:${c.message ?? ""}`;

type Verdict = readonly [type: string, status: "True" | "False", reason: string, message: string];

function verdicts(input: NodeStatusInput): Verdict[] {
  const problems = readinessProblems(input);
  const ready: Verdict =
    problems.length === 0
      ? ["Ready", "True", "KubeletReady", "kubelet is posting ready status"]
      : ["Ready", "False", "KubeletNotReady", problems.length === 1 ? problems[0]! : `[${problems.join(", ")}]`];
  return [
    ["MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
    ["DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
    ["PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
    ready,
  ];
}

function conditions(input: NodeStatusInput): NodeCondition[] {
  return verdicts(input).map(([type, status, reason, message]) => {
    const before = input.old.find((c) => c.type === type);
    return {
      type,
      status,
      lastHeartbeatTime: input.now,
      lastTransitionTime: (before?.status === status && before.lastTransitionTime) || input.now,
      reason,
      message,
    };
  });
}

function imageList(images: readonly CriImage[]): NodeStatus["images"] {
  return [...images]
    .sort((a, b) => b.size - a.size || (a.id < b.id ? -1 : 1))
    .slice(0, IMAGES_MAX)
    .map((image) => ({
      names: [...(image.repoDigests ?? []), ...(image.repoTags ?? [])].slice(0, IMAGE_NAMES_MAX),
      sizeBytes: image.size,
    }));
}

/** The status of a node as upstream's kubelet reports it. */
export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const { host, options, version, runtime } = input;
  const amounts = capacity(input);
  const handlers = runtime?.runtimeHandlers ?? [];
  return {
    capacity: amounts,
    allocatable: { ...amounts },
    conditions: conditions(input),
    addresses: addresses(input),
    daemonEndpoints: { kubeletEndpoint: { Port: options.port } },
    nodeInfo: {
      machineID: host.machineId,
      systemUUID: host.systemUuid,
      bootID: host.bootId,
      kernelVersion: host.kernelVersion,
      osImage: host.osImage,
      containerRuntimeVersion: version ? `${version.runtimeName}://${version.runtimeVersion}` : "",
      kubeletVersion: options.kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: host.operatingSystem,
      architecture: host.architecture,
      ...(host.swapBytes > 0 ? { swap: { capacity: host.swapBytes } } : {}),
    },
    images: imageList(input.images),
    ...(handlers.length > 0
      ? { runtimeHandlers: handlers.map((h) => ({ name: h.name, features: { ...h.features } })) }
      : {}),
    ...(runtime?.features ? { features: { ...runtime.features } } : {}),
  };
}
