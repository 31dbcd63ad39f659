// SPDX-License-Identifier: Apache-2.0

import type { KubeletContext } from "../kubelet-context.ts";
import type { RuntimeEvent, RuntimeEvents } from "../ports.ts";
import { podIdentity, type PodIdentity } from "../runtime/labels.ts";
import type { Pod } from "../types.ts";
import type { PodLifeCycle } from "./pod-life-cycle.ts";
import type { PodRecord } from "./pod-record.ts";
import type { PodWorkers } from "./pod-workers.ts";

export interface RuntimeWatchOptions {
  readonly context: KubeletContext;
  readonly events: RuntimeEvents;
  readonly workers: PodWorkers;
  readonly lifeCycle: PodLifeCycle;
}

const POD_CGROUP_PARENTS = ["/kubepods", "/kubepods/burstable", "/kubepods/besteffort"];
const POD_CGROUP = /^pod([0-9a-f-]{36})$/;

/** Wakes pods when something happened to them in the runtime, and ends what nobody owns. */
export class RuntimeWatch {
  readonly #options: RuntimeWatchOptions;

  constructor(options: RuntimeWatchOptions) {
    this.#options = options;
  }

  subscribe(): () => void {
    return this.#options.events.subscribe((event) => this.#onEvent(event));
  }

  /** Looks for what nobody owns now, and everything anew each `relistMs`. */
  async run(signal: AbortSignal, relistMs: number): Promise<void> {
    const { clock, log } = this.#options.context;
    for (let first = true; ; first = false) {
      try {
        await this.relist(signal, { first });
      } catch (error) {
        signal.throwIfAborted();
        log.warn("Runtime could not be listed", { error: String(error) });
      }
      if (relistMs === 0) return;
      await clock.sleep(relistMs, { signal });
    }
  }

  /** Compares what the runtime has with what is known of it. */
  async relist(signal: AbortSignal, options: { readonly first: boolean }): Promise<void> {
    const { context, workers } = this.#options;
    const [sandboxes, containers] = await Promise.all([
      context.runtime.listPodSandbox({}, { signal }),
      context.runtime.listContainers({}, { signal }),
    ]);
    const found = new Map<string, PodIdentity>();
    const states = new Map<string, Set<string>>();
    for (const thing of [...sandboxes, ...containers]) {
      const identity = podIdentity(thing.labels);
      if (!identity) continue;
      found.set(identity.uid, identity);
      const known = states.get(identity.uid) ?? new Set();
      states.set(identity.uid, known.add(`${thing.id}/${thing.state}`));
    }
    for (const record of workers.records()) {
      if (isCurrent(record, states.get(record.uid))) continue;
      workers.wake(record.uid, { stale: true });
    }
    for (const [uid, identity] of found) if (!workers.record(uid)) this.#endOrphan(identity);
    if (options.first) await this.#removeLeftovers();
  }

  /** What starts and goes does so by this kubelet's own doing; only what ends by itself is news. */
  #onEvent(event: RuntimeEvent): void {
    const { workers } = this.#options;
    if (event.type === "created" || event.type === "started" || event.type === "deleted") return;
    if (event.type !== "lost" && event.podUid !== undefined) {
      workers.wake(event.podUid, { stale: true });
      return;
    }
    for (const record of [...workers.records()]) {
      const isOwn =
        event.type === "lost" ||
        record.runtime.containers.some((c) => c.id === event.containerId) ||
        record.runtime.sandboxes.some((s) => s.id === event.containerId);
      if (isOwn) workers.wake(record.uid, { stale: true });
    }
  }

  /** A pod that the API server does not have any more is ended like one that was deleted. */
  #endOrphan(identity: PodIdentity): void {
    const { lifeCycle, workers } = this.#options;
    const pod: Pod = {
      metadata: { ...identity },
      spec: { containers: [] },
    } as Pod;
    lifeCycle.update(pod);
    const record = workers.record(identity.uid);
    if (record) record.removed = true;
    workers.interrupt(identity.uid);
  }

  /** Directories and cgroups of pods that ended while no kubelet ran. */
  async #removeLeftovers(): Promise<void> {
    const { context, workers } = this.#options;
    const { root } = context.directories;
    for (const parent of [`${root}/pods`, `${root}/memory`])
      for (const uid of await context.files.list(parent))
        if (!workers.record(uid)) await context.files.removeTree(`${parent}/${uid}`);
    for (const parent of POD_CGROUP_PARENTS) {
      for (const name of await context.cgroups.list(parent)) {
        const uid = POD_CGROUP.exec(name)?.[1];
        if (uid && !workers.record(uid)) await context.cgroups.remove(`${parent}/${name}`);
      }
    }
  }
}

/** Whether the runtime has of a pod what was seen last. */
function isCurrent(record: PodRecord, states: ReadonlySet<string> | undefined): boolean {
  const { sandboxes, containers } = record.runtime;
  if ((states?.size ?? 0) !== sandboxes.length + containers.length) return false;
  for (const s of sandboxes)
    if (!states?.has(`${s.id}/${s.ready ? "SANDBOX_READY" : "SANDBOX_NOTREADY"}`)) return false;
  for (const c of containers) if (!states?.has(`${c.id}/${c.state}`)) return false;
  return true;
}
