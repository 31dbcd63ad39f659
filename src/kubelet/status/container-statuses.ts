// SPDX-License-Identifier: Apache-2.0

import { isSidecar } from "../../rules/index.ts";
import { formatTime } from "../../apimachinery/index.ts";
import { shouldRestart } from "../runtime/pod-actions.ts";
import { findContainer, type PodRuntime, type RuntimeContainer } from "../runtime/pod-runtime.ts";
import type { Container, ContainerState, ContainerStatus, Pod, ReadonlyContainerStatus } from "../types.ts";

/** Why a container could not be started last time: the reason and message of its waiting state. */
export interface StartFailure {
  readonly reason: string;
  readonly message: string;
  /** Before that it is not tried again. */
  readonly retryAtMs: number;
}

export interface ContainerStatusContext {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  /** "containerd": the scheme of container IDs. */
  readonly runtimeName: string;
  readonly failures: ReadonlyMap<string, StartFailure> | undefined;
}

/** What a container is taken to have died of when nobody saw its end (128 + SIGKILL). */
const UNSEEN_EXIT_CODE = 137;

const timeOf = (ms: number): string | undefined => (ms > 0 ? formatTime(ms) : undefined);

/** The end of a container that nobody saw. */
export const unseenEnd = (when: "deleted" | "terminated"): ContainerState => ({
  terminated: {
    exitCode: UNSEEN_EXIT_CODE,
    reason: "ContainerStatusUnknown",
    message:
      when === "deleted"
        ? "The container could not be located when the pod was deleted.  The container used to be Running"
        : "The container could not be located when the pod was terminated",
  },
});

function stateOf(c: RuntimeContainer, containerID: string): ContainerState {
  if (c.state === "CONTAINER_RUNNING") return { running: { startedAt: timeOf(c.startedAtMs) } };
  if (c.state !== "CONTAINER_EXITED") return { waiting: {} };
  const terminated = {
    exitCode: c.exitCode,
    reason: c.reason || undefined,
    message: c.message || undefined,
    startedAt: timeOf(c.startedAtMs),
    finishedAt: timeOf(c.finishedAtMs),
    containerID,
  };
  return { terminated };
}

function volumeMountStatuses(container: Container): ContainerStatus["volumeMounts"] {
  const mounts = container.volumeMounts;
  if (!mounts?.length) return undefined;
  return mounts.map((m) => ({
    name: m.name,
    mountPath: m.mountPath,
    ...(m.readOnly
      ? { readOnly: true, recursiveReadOnly: m.recursiveReadOnly === "Enabled" ? "Enabled" : "Disabled" }
      : {}),
  }));
}

function waitingStatus(container: Container, reason: string): ContainerStatus {
  return {
    name: container.name,
    state: { waiting: { reason } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: container.image ?? "",
    imageID: "",
    volumeMounts: volumeMountStatuses(container),
  };
}

function runtimeStatus(container: Container, c: RuntimeContainer, runtimeName: string): ContainerStatus {
  const containerID = `${runtimeName}://${c.id}`;
  const requests = container.resources?.requests;
  return {
    name: container.name,
    state: stateOf(c, containerID),
    lastState: {},
    ready: false,
    restartCount: c.restartCount,
    image: c.image || container.image || "",
    imageID: c.imageRef,
    containerID,
    allocatedResources: requests && { ...requests },
    resources: { ...(container.resources as ContainerStatus["resources"]) },
    volumeMounts: volumeMountStatuses(container),
    user: c.user as ContainerStatus["user"],
  };
}

/** A container that ran and is gone from the runtime without a trace of its end. */
function addLostEnd(status: ContainerStatus, old: ReadonlyContainerStatus | undefined, pod: Pod): void {
  if (!old?.state?.running || status.lastState?.terminated) return;
  status.lastState = unseenEnd(pod.metadata?.deletionTimestamp ? "deleted" : "terminated");
  if (!pod.metadata?.deletionTimestamp) status.restartCount++;
}

function baseStatus(
  container: Container,
  old: ReadonlyContainerStatus | undefined,
  context: ContainerStatusContext,
  init: boolean,
): ContainerStatus {
  const waits = context.pod.spec?.initContainers?.length ? "PodInitializing" : "ContainerCreating";
  const found = findContainer(context.runtime, container.name);
  // What has ended stays so in the status, though the runtime may have forgotten it.
  if (!found && old?.state?.terminated && (init || context.runtime.containers.length === 0))
    return { ...old } as ContainerStatus;
  const status = waitingStatus(container, waits);
  if (old) status.restartCount = old.restartCount;
  if (old?.lastState && !found) status.lastState = old.lastState as ContainerState;
  if (!found) addLostEnd(status, old, context.pod);
  return status;
}

function oneStatus(
  container: Container,
  old: ReadonlyContainerStatus | undefined,
  context: ContainerStatusContext,
  init: boolean,
): ContainerStatus {
  let status = baseStatus(container, old, context, init);
  let seen = 0;
  for (const c of context.runtime.containers) {
    if (c.name !== container.name) continue;
    if (seen++ === 0) status = runtimeStatus(container, c, context.runtimeName);
    else {
      status.lastState = stateOf(c, `${context.runtimeName}://${c.id}`);
      break;
    }
  }
  if (seen === 1 && old?.lastState && old.containerID === status.containerID)
    status.lastState = old.lastState as ContainerState;
  return withFailure(status, container, context, init);
}

/** A container that is to be started and could not be is waiting, for the reason that was noted. */
function withFailure(
  status: ContainerStatus,
  container: Container,
  context: ContainerStatusContext,
  init: boolean,
): ContainerStatus {
  const failure = context.failures?.get(container.name);
  if (!failure) return status;
  const found = findContainer(context.runtime, container.name);
  if (init && !isSidecar(container) && found?.state === "CONTAINER_EXITED" && found.exitCode === 0) return status;
  if (!shouldRestart(context.pod, container, context.runtime)) return status;
  if (status.state?.terminated) status.lastState = status.state;
  status.state = { waiting: { reason: failure.reason, message: failure.message || undefined } };
  return status;
}

/** The statuses of containers, in the order that upstream gives them: init ones as in the spec, others by name. */
export function containerStatuses(
  containers: readonly Container[] | undefined,
  old: readonly ReadonlyContainerStatus[] | undefined,
  context: ContainerStatusContext,
  options: { readonly init: boolean },
): ContainerStatus[] | undefined {
  if (!containers?.length) return undefined;
  const statuses = containers.map((c) =>
    oneStatus(
      c,
      old?.find((o) => o.name === c.name),
      context,
      options.init,
    ),
  );
  return options.init ? statuses : statuses.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Ephemeral containers have a status once the runtime has them, or failed to start them. */
export function ephemeralStatuses(context: ContainerStatusContext): ContainerStatus[] | undefined {
  const containers = context.pod.spec?.ephemeralContainers;
  return containerStatuses(containers, context.pod.status?.ephemeralContainerStatuses, context, { init: false });
}
