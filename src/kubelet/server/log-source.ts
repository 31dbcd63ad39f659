// SPDX-License-Identifier: Apache-2.0

import type { Pod, ReadonlyContainerStatus, ReadonlyPodStatus } from "../types.ts";
import { NodeError } from "./node-error.ts";

const bare = (id: string): string => id.slice(id.indexOf("://") + 3);

const refuse = (container: string, pod: string, why: string): NodeError =>
  new NodeError(400, `container "${container}" in pod "${pod}" ${why}`);

function waitingText(reason: string): string {
  if (reason === "ErrImagePull") return "is waiting to start: image can't be pulled";
  if (reason === "ImagePullBackOff") return "is waiting to start: trying and failing to pull image";
  return `is waiting to start: ${reason}`;
}

function currentId(status: ReadonlyContainerStatus, container: string, pod: string): string {
  const { state, lastState } = status;
  const last = lastState?.terminated?.containerID;
  if (state?.running) return status.containerID ?? "";
  const ended = state?.terminated;
  if (ended?.containerID) return ended.containerID;
  if (ended ?? lastState?.terminated) {
    if (last) return last;
    throw refuse(container, pod, "is terminated");
  }
  if (state?.waiting) throw refuse(container, pod, waitingText(state.waiting.reason ?? ""));
  throw refuse(container, pod, "is waiting to start - no logs yet");
}

/** The runtime's ID of the container whose log is asked for; refuses in upstream's words when there is none. */
export function loggedContainerId(
  pod: Pod,
  status: ReadonlyPodStatus | undefined,
  container: string,
  previous: boolean,
): string {
  const name = pod.metadata?.name ?? "";
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const found = all.find((s) => s.name === container);
  if (!found) throw new NodeError(400, `container "${container}" in pod "${name}" is not available`);
  if (!previous) return bare(currentId(found, container, name));
  const last = found.lastState?.terminated?.containerID;
  if (!last) throw new NodeError(400, `previous terminated container "${container}" in pod "${name}" not found`);
  return bare(last);
}
