// SPDX-License-Identifier: Apache-2.0

import { EMPTY_RUNTIME, type PodRuntime } from "../runtime/pod-runtime.ts";
import type { StartFailure } from "../status/container-statuses.ts";
import type { Pod, ReadonlyPodStatus } from "../types.ts";
import type { MountedVolumes } from "../volumes/pod-volumes.ts";

/**
 * What a kubelet does for a pod: bring it up and keep it so, end it, clean up after it. The life only moves forward;
 * "finished" stays until the pod is gone from the API.
 */
export type PodLife = "syncing" | "terminating" | "terminated" | "finished";

/** Why a kubelet ended a pod by itself. */
export interface PodFailure {
  readonly reason: string;
  readonly message: string;
}

/** A pod's requests as numbers. */
export interface AdmittedRequests {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly ephemeralStorageBytes: number;
}

/** All that a kubelet keeps of one pod. One worker at a time touches it. */
export class PodRecord {
  readonly uid: string;
  pod: Pod;
  life: PodLife = "syncing";
  /** What the runtime had when it was asked last; `stale` says that something happened since. */
  runtime: PodRuntime = EMPTY_RUNTIME;
  stale = true;
  /** Containers that could not be started, and why. */
  failures: Map<string, StartFailure> | undefined;
  volumes: MountedVolumes | undefined;
  /** When volumes are brought up to date next. */
  refreshAtMs: number | undefined;
  /** The status that was decided last, where the API server's copy is not known to equal it. */
  status: ReadonlyPodStatus | undefined;
  failure: PodFailure | undefined;
  /** Directories and cgroup exist. */
  prepared = false;
  /** Set when a delete shortens the grace period of what is ending already. */
  graceSeconds: number | undefined;
  /** Gone from the API server: nobody waits for its status. */
  removed = false;
  /** When the kubelet first saw the pod. */
  readonly seenAtMs: number;
  /** Failed attempts to make the volumes, in a row. */
  attempts = 0;
  /** What the pod takes of the node, once it is admitted. */
  requests: AdmittedRequests | undefined;

  constructor(pod: Pod, seenAtMs: number) {
    this.pod = pod;
    this.uid = pod.metadata?.uid ?? "";
    this.seenAtMs = seenAtMs;
  }

  /** The status that the next one is compared with. */
  get lastStatus(): ReadonlyPodStatus | undefined {
    return this.status ?? this.pod.status;
  }

  fail(container: string, failure: StartFailure): void {
    this.failures ??= new Map();
    this.failures.set(container, failure);
  }

  succeed(container: string): void {
    this.failures?.delete(container);
    if (this.failures?.size === 0) this.failures = undefined;
  }
}

/** `name_namespace(uid)`: how messages name a pod. */
export const podText = (pod: Pod): string => `${pod.metadata?.name}_${pod.metadata?.namespace}(${pod.metadata?.uid})`;
