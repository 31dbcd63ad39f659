// SPDX-License-Identifier: Apache-2.0

import { formatTime, isConflict, isNotFound } from "../../apimachinery/index.ts";
import { PODS, type Client } from "../../client/index.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import type { Prober } from "../probes/prober.ts";
import { collectPodGarbage } from "../runtime/garbage.ts";
import { podGraceSeconds, type PodKiller } from "../runtime/pod-killer.ts";
import { podCgroupName } from "../runtime/resources.ts";
import { podLogDirectory } from "../runtime/sandbox-config.ts";
import { finalStatus } from "../status/pod-status.ts";
import type { StatusWriter } from "../status/status-writer.ts";
import type { PodRecord } from "./pod-record.ts";
import type { PodSync } from "./pod-sync.ts";

export interface PodTerminatorOptions {
  readonly context: KubeletContext;
  readonly client: Client;
  readonly killer: PodKiller;
  readonly prober: Prober;
  readonly statuses: StatusWriter;
  readonly sync: PodSync;
  /** Forgets what others keep of a pod. */
  readonly forget: (record: PodRecord) => void;
}

/** Ends pods and takes away what they leave. */
export class PodTerminator {
  readonly #options: PodTerminatorOptions;

  constructor(options: PodTerminatorOptions) {
    this.#options = options;
  }

  /** Stops everything of a pod within its grace period. */
  async terminate(record: PodRecord, signal: AbortSignal): Promise<void> {
    const { sync, statuses, prober, killer } = this.#options;
    await sync.inspect(record, signal);
    prober.stopRestarts(record.uid);
    prober.sync(record);
    statuses.set(record, sync.decideStatus(record, { terminal: false }));
    const graceSeconds = podGraceSeconds(record.pod);
    record.graceSeconds = graceSeconds;
    await killer.killPod(record, { signal, graceSeconds });
    prober.remove(record.uid);
    record.life = "terminated";
  }

  /** Takes away volumes and cgroup, and writes the last status. */
  async cleanUp(record: PodRecord, signal: AbortSignal): Promise<void> {
    const { context, statuses, sync } = this.#options;
    await sync.inspect(record, signal);
    const status = sync.decideStatus(record, { terminal: true });
    try {
      await this.#removeLeftovers(record);
    } catch (error) {
      // That the containers have ended is told, though what they used is still there.
      statuses.set(record, status);
      throw error;
    }
    statuses.set(record, finalStatus(status, record.pod, formatTime(context.clock.nowMs())));
    record.volumes = undefined;
    record.failures = undefined;
    record.life = "finished";
  }

  async #removeLeftovers(record: PodRecord): Promise<void> {
    const { files, cgroups, directories } = this.#options.context;
    await files.removeTree(`${directories.root}/memory/${record.uid}`);
    await files.removeTree(`${directories.root}/pods/${record.uid}`);
    await cgroups.remove(podCgroupName(record.pod));
  }

  /** Deletes a pod that was asked to go and has ended. */
  async deleteFromApi(record: PodRecord, signal: AbortSignal): Promise<void> {
    const { client, statuses } = this.#options;
    await statuses.flushed(record, signal);
    const m = record.pod.metadata;
    try {
      const pods = client.resource(PODS).namespace(m?.namespace ?? "");
      await pods.delete(m?.name ?? "", { signal, gracePeriodSeconds: 0, preconditions: { uid: record.uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** Takes away the containers and logs of a pod that is gone. */
  async forget(record: PodRecord, signal: AbortSignal): Promise<void> {
    const { context, sync } = this.#options;
    record.stale = true;
    await sync.inspect(record, signal);
    await collectPodGarbage(context, record, { everything: true, signal });
    await context.files.removeTree(podLogDirectory(context.directories.podLogs, record.pod));
    this.#options.forget(record);
  }
}
