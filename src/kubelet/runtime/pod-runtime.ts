// SPDX-License-Identifier: Apache-2.0

import type { ContainerState, CriContainerStatus, LinuxContainerResources, PodSandboxStatus } from "../cri.ts";
import { CriError, type CallOptions, type RuntimeService } from "../ports.ts";
import { CONTAINER_NAME_LABEL, containerRecord, POD_UID_LABEL } from "./labels.ts";

/** A container as the runtime has it. */
export interface RuntimeContainer {
  readonly id: string;
  readonly name: string;
  readonly sandboxId: string;
  readonly state: ContainerState;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly image: string;
  readonly imageRef: string;
  readonly hash: string;
  readonly restartCount: number;
  readonly terminationMessagePath: string;
  readonly terminationMessagePolicy: string;
  readonly logPath: string;
  /** Where the termination message lies on the node. */
  readonly terminationFile: string;
  readonly resources: LinuxContainerResources | undefined;
  readonly user: CriContainerStatus["user"];
  readonly stopSignal: string;
}

/** A sandbox as the runtime has it. */
export interface RuntimeSandbox {
  readonly id: string;
  readonly ready: boolean;
  readonly attempt: number;
  readonly createdAtMs: number;
  readonly ips: readonly string[];
  readonly hostNetwork: boolean;
}

/** Everything the runtime has of one pod, the newest first. */
export interface PodRuntime {
  readonly sandboxes: readonly RuntimeSandbox[];
  readonly containers: readonly RuntimeContainer[];
}

export const EMPTY_RUNTIME: PodRuntime = { sandboxes: [], containers: [] };

const NANOS_PER_MS = 1e6;
const toMs = (nanos: number | undefined): number => (nanos ? Math.floor(nanos / NANOS_PER_MS) : 0);

function toSandbox(status: PodSandboxStatus): RuntimeSandbox {
  const hostNetwork = status.linux?.namespaces?.options?.network === "NODE";
  const network = status.network;
  const ips = network?.ip ? [network.ip, ...(network.additionalIps ?? []).map((a) => a.ip)] : [];
  return {
    id: status.id,
    ready: status.state === "SANDBOX_READY",
    attempt: status.metadata.attempt ?? 0,
    createdAtMs: toMs(status.createdAt),
    ips: hostNetwork ? [] : ips,
    hostNetwork,
  };
}

function toContainer(status: CriContainerStatus, sandboxId: string): RuntimeContainer {
  const record = containerRecord(status.annotations);
  const path = record.terminationMessagePath;
  return {
    id: status.id,
    name: status.labels?.[CONTAINER_NAME_LABEL] ?? status.metadata.name,
    sandboxId,
    state: status.state,
    createdAtMs: toMs(status.createdAt),
    startedAtMs: toMs(status.startedAt),
    finishedAtMs: toMs(status.finishedAt),
    exitCode: status.exitCode ?? 0,
    reason: status.reason ?? "",
    message: status.message ?? "",
    image: status.image?.image ?? "",
    imageRef: status.imageRef ?? "",
    hash: record.hash,
    restartCount: record.restartCount,
    terminationMessagePath: path,
    terminationMessagePolicy: record.terminationMessagePolicy,
    logPath: status.logPath ?? "",
    terminationFile: (path && status.mounts?.find((m) => m.containerPath === path)?.hostPath) || "",
    resources: status.resources?.linux,
    user: status.user,
    stopSignal: status.stopSignal ?? "",
  };
}

async function ignoreGone<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof CriError && error.code === "NotFound") return undefined;
    throw error;
  }
}

/** Asks the runtime for what it has of a pod. What had exited already is not asked for again. */
export async function inspectPod(
  runtime: RuntimeService,
  uid: string,
  options: CallOptions & { readonly before?: PodRuntime },
): Promise<PodRuntime> {
  const labelSelector = { [POD_UID_LABEL]: uid };
  const [sandboxList, containerList] = await Promise.all([
    runtime.listPodSandbox({ labelSelector }, options),
    runtime.listContainers({ labelSelector }, options),
  ]);
  const known = new Map<string, RuntimeContainer>();
  for (const c of options.before?.containers ?? []) if (c.state === "CONTAINER_EXITED") known.set(c.id, c);
  const [sandboxes, containers] = await Promise.all([
    Promise.all(sandboxList.map((s) => ignoreGone(runtime.podSandboxStatus(s.id, options)))),
    Promise.all(
      containerList.map(
        async (c) =>
          known.get(c.id) ?? withSandbox(await ignoreGone(runtime.containerStatus(c.id, options)), c.podSandboxId),
      ),
    ),
  ]);
  return {
    sandboxes: sandboxes
      .filter((s) => s !== undefined)
      .map(toSandbox)
      .sort((a, b) => b.createdAtMs - a.createdAtMs || b.attempt - a.attempt),
    containers: containers
      .filter((c) => c !== undefined)
      .sort((a, b) => b.createdAtMs - a.createdAtMs || b.restartCount - a.restartCount),
  };
}

const withSandbox = (status: CriContainerStatus | undefined, sandboxId: string): RuntimeContainer | undefined =>
  status && toContainer(status, sandboxId);

/** The newest container of that name. */
export const findContainer = (runtime: PodRuntime, name: string): RuntimeContainer | undefined =>
  runtime.containers.find((c) => c.name === name);

/** The pod's addresses: those of its newest sandbox, if that is ready. */
export function podIps(runtime: PodRuntime): readonly string[] {
  const sandbox = runtime.sandboxes[0];
  return sandbox?.ready ? sandbox.ips : [];
}

export const isActive = (c: RuntimeContainer): boolean =>
  c.state === "CONTAINER_RUNNING" || c.state === "CONTAINER_UNKNOWN";
