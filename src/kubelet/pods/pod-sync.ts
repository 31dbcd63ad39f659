// SPDX-License-Identifier: Apache-2.0

import { formatTime } from "../../apimachinery/index.ts";
import { qosClassOf, isSidecar } from "../../rules/index.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import type { Prober } from "../probes/prober.ts";
import type { ContainerStarter, SandboxInUse } from "../runtime/container-starter.ts";
import { decidePodActions, type PodActions } from "../runtime/pod-actions.ts";
import type { PodKiller } from "../runtime/pod-killer.ts";
import { inspectPod } from "../runtime/pod-runtime.ts";
import { podCgroupLimits, podCgroupName } from "../runtime/resources.ts";
import { podLogDirectory, sandboxConfig } from "../runtime/sandbox-config.ts";
import { withTerminationMessages } from "../runtime/termination-message.ts";
import { mergedStatus } from "../status/status-patch.ts";
import { podStatus } from "../status/pod-status.ts";
import type { StatusWriter } from "../status/status-writer.ts";
import type { Container, PodStatus } from "../types.ts";
import { commonUser, hasRefreshedVolumes, refreshVolumes, setUpVolumes } from "../volumes/pod-volumes.ts";
import type { VolumeContext } from "../volumes/volume-context.ts";
import { runtimeErrorText } from "../images/image-puller.ts";
import { activeDeadline } from "./active-deadline.ts";
import { PodEvents } from "./pod-events.ts";
import type { PodRecord } from "./pod-record.ts";
import type { PassResult } from "./pod-workers.ts";

const VOLUME_RETRY_BASE_MS = 500;
const VOLUME_RETRY_MAX_MS = 122_000;
const POD_DIRECTORY_MODE = 0o750;
const MS_PER_SECOND = 1_000;

export interface PodSyncOptions {
  readonly context: KubeletContext;
  readonly starter: ContainerStarter;
  readonly killer: PodKiller;
  readonly prober: Prober;
  readonly statuses: StatusWriter;
}

const isTerminal = (status: PodStatus): boolean => status.phase === "Failed" || status.phase === "Succeeded";

/** Brings a pod that is to run closer to its spec. */
export class PodSync {
  readonly #context: KubeletContext;
  readonly #options: PodSyncOptions;

  constructor(options: PodSyncOptions) {
    this.#context = options.context;
    this.#options = options;
  }

  /** Asks the runtime for what it has of a pod, if something may have changed. */
  async inspect(record: PodRecord, signal: AbortSignal): Promise<void> {
    if (!record.stale) return;
    record.stale = false;
    const before = record.runtime;
    const runtime = await inspectPod(this.#context.runtime, record.uid, { signal, before });
    record.runtime = await withTerminationMessages(runtime, before, this.#context);
  }

  /** The status that follows from what is known. */
  decideStatus(record: PodRecord, options: { readonly terminal: boolean }): PodStatus {
    const { pod, runtime } = record;
    const sandbox = runtime.sandboxes[0];
    const wanted = podStatus({
      pod,
      runtime,
      old: record.lastStatus,
      probes: this.#options.prober,
      failures: record.failures,
      runtimeName: this.#context.runtimeName,
      hostIps: this.#context.hostIps,
      qosClass: qosClassOf(pod),
      sandboxReady: sandbox?.ready === true && (pod.spec?.hostNetwork === true || sandbox.ips.length > 0),
      terminal: options.terminal,
      failure: record.failure,
      now: formatTime(this.#context.clock.nowMs()),
    });
    return mergedStatus(pod.status, wanted);
  }

  /** One pass; moves the pod's life on when it has ended by itself. */
  async sync(record: PodRecord, signal: AbortSignal): Promise<PassResult> {
    await this.inspect(record, signal);
    this.#options.prober.sync(record);
    const deadline = activeDeadline(record, this.#context.clock.nowMs());
    if (deadline.failure) {
      record.failure = deadline.failure;
      new PodEvents(this.#context.recorder, record.pod).pod(
        "Normal",
        deadline.failure.reason,
        deadline.failure.message,
      );
    }
    const status = this.decideStatus(record, { terminal: false });
    this.#options.statuses.set(record, status);
    if (isTerminal(status)) {
      record.life = "terminating";
      return { againInMs: 0 };
    }
    const acted = await this.#act(record, signal);
    if (acted) this.#options.statuses.set(record, this.decideStatus(record, { terminal: false }));
    if (record.stale) return { againInMs: 0 };
    return { againInMs: this.#nextMs(record, deadline.remainingMs) };
  }

  /** Gives false when there was nothing to do. */
  async #act(record: PodRecord, signal: AbortSignal): Promise<boolean> {
    const actions = decidePodActions(record.pod, record.runtime, this.#options.prober);
    const idle =
      !actions.killPod &&
      !actions.createSandbox &&
      actions.toKill.length + actions.initToStart.length + actions.toStart.length + actions.ephemeralToStart.length ===
        0;
    if (!record.prepared && !(await this.#prepare(record, signal))) return false;
    if (idle) {
      await this.#refresh(record, signal);
      return false;
    }
    await this.#execute(record, actions, signal);
    return true;
  }

  async #prepare(record: PodRecord, signal: AbortSignal): Promise<boolean> {
    const { files, cgroups, directories, podPidsMax } = this.#context;
    const { pod } = record;
    this.#context.objects.podBegins();
    await cgroups.ensure(podCgroupName(pod), podCgroupLimits(pod, { pids: podPidsMax }));
    await files.makeDirectory(`${directories.root}/pods/${record.uid}`, { mode: POD_DIRECTORY_MODE });
    await files.makeDirectory(podLogDirectory(directories.podLogs, pod));
    try {
      record.volumes = await setUpVolumes(this.volumeContext(record, signal));
    } catch (error) {
      signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      new PodEvents(this.#context.recorder, pod).pod("Warning", "FailedMount", message);
      record.attempts++;
      return false;
    }
    record.attempts = 0;
    record.prepared = true;
    record.refreshAtMs = this.#nextRefreshMs(record);
    return true;
  }

  volumeContext(record: PodRecord, signal: AbortSignal): VolumeContext {
    const c = this.#context;
    const { pod } = record;
    return {
      pod,
      files: c.files,
      objects: c.objects,
      tokens: c.tokens,
      node: c.allocatable,
      hostIps: c.hostIps,
      podIps: (record.lastStatus?.podIPs ?? []).map((p) => p.ip),
      podDirectory: `${c.directories.root}/pods/${record.uid}`,
      memoryDirectory: `${c.directories.root}/memory/${record.uid}`,
      timestamp: formatTime(c.clock.nowMs()),
      fsUser: commonUser(pod),
      signal,
    };
  }

  #nextRefreshMs(record: PodRecord): number | undefined {
    const { volumeRefreshMs, random, clock } = this.#context;
    if (volumeRefreshMs === 0 || !hasRefreshedVolumes(record.pod)) return undefined;
    const jitter = 0.75 + random.next() / 2;
    let atMs = clock.nowMs() + volumeRefreshMs * jitter;
    for (const volume of record.volumes?.values() ?? [])
      if (volume.refreshAtMs !== undefined && volume.refreshAtMs < atMs) atMs = volume.refreshAtMs;
    return atMs;
  }

  async #refresh(record: PodRecord, signal: AbortSignal): Promise<void> {
    if (record.refreshAtMs === undefined || this.#context.clock.nowMs() < record.refreshAtMs) return;
    try {
      await refreshVolumes(this.volumeContext(record, signal));
    } catch (error) {
      signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      new PodEvents(this.#context.recorder, record.pod).pod("Warning", "FailedMount", message);
    }
    record.refreshAtMs = this.#nextRefreshMs(record);
  }

  async #execute(record: PodRecord, actions: PodActions, signal: AbortSignal): Promise<void> {
    const { killer } = this.#options;
    if (actions.killPod) {
      if (actions.createSandbox && actions.sandboxId)
        new PodEvents(this.#context.recorder, record.pod).pod(
          "Normal",
          "SandboxChanged",
          "Pod sandbox changed, it will be killed and re-created.",
        );
      await killer.killPod(record, { signal });
      if (!actions.createSandbox) return;
      await this.#purgeInit(record, signal);
    } else {
      const kills = actions.toKill.map((k) =>
        killer.killContainer(record, k.running, { signal, message: k.message, reason: k.reason }),
      );
      await Promise.all(kills);
    }
    await this.#start(record, actions, signal);
  }

  /** With a new sandbox initialisation begins anew. */
  async #purgeInit(record: PodRecord, signal: AbortSignal): Promise<void> {
    const names = new Set((record.pod.spec?.initContainers ?? []).map((c) => c.name));
    for (const c of record.runtime.containers)
      if (names.has(c.name) && c.state === "CONTAINER_EXITED")
        await this.#context.runtime.removeContainer(c.id, { signal });
    const containers = record.runtime.containers.filter((c) => !names.has(c.name));
    record.runtime = { ...record.runtime, containers };
  }

  async #start(record: PodRecord, actions: PodActions, signal: AbortSignal): Promise<void> {
    const { starter } = this.#options;
    const first = [...actions.initToStart.slice(0, 1), ...actions.toStart];
    const config = sandboxConfig({
      pod: record.pod,
      attempt: actions.attempt,
      dns: this.#context.dns,
      cgroups: this.#context.cgroups,
      podLogsDirectory: this.#context.directories.podLogs,
      rootDirectory: this.#context.directories.root,
      seen: formatTime(record.seenAtMs),
    });
    const images = new Map<string, Promise<string>>();
    if (actions.createSandbox)
      for (const c of first) images.set(c.name, startEarly(starter.ensureImage(record, c, config, signal)));
    const sandbox = await this.#sandbox(record, actions, config, signal);
    if (!sandbox) return;
    const start = (c: Container) => starter.start(record, c, { sandbox, image: images.get(c.name), signal });
    for (const c of actions.ephemeralToStart) await start(c);
    for (const c of actions.initToStart) if (!(await start(c)) && !isSidecar(c)) return;
    for (const c of actions.toStart) await start(c);
  }

  async #sandbox(
    record: PodRecord,
    actions: PodActions,
    config: SandboxInUse["config"],
    signal: AbortSignal,
  ): Promise<SandboxInUse | undefined> {
    const { runtime, recorder, runtimeHandler } = this.#context;
    let id = actions.sandboxId;
    if (actions.createSandbox) {
      try {
        const handler = await runtimeHandler(record.pod.spec?.runtimeClassName, { signal });
        id = await runtime.runPodSandbox(config, { signal, runtimeHandler: handler });
        record.stale = true;
      } catch (error) {
        signal.throwIfAborted();
        const message = `Failed to create pod sandbox: ${runtimeErrorText(error)}`;
        new PodEvents(recorder, record.pod).pod("Warning", "FailedCreatePodSandBox", message);
        throw new Error(message, { cause: error });
      }
    }
    return { id, config, podIps: await this.#podIps(record, id, signal) };
  }

  async #podIps(record: PodRecord, sandboxId: string, signal: AbortSignal): Promise<readonly string[]> {
    if (record.pod.spec?.hostNetwork) return this.#context.hostIps;
    const known = record.runtime.sandboxes.find((s) => s.id === sandboxId && s.ready);
    if (known) return known.ips;
    const { network } = await this.#context.runtime.podSandboxStatus(sandboxId, { signal });
    return network?.ip ? [network.ip, ...(network.additionalIps ?? []).map((a) => a.ip)] : [];
  }

  /** When something is due that nobody reports: back-offs, retries, deadlines, volumes. */
  #nextMs(record: PodRecord, deadlineMs: number | undefined): number | undefined {
    let nextMs = deadlineMs;
    const sooner = (ms: number) => {
      nextMs = nextMs === undefined ? ms : Math.min(nextMs, ms);
    };
    if (!record.prepared)
      sooner(Math.min(VOLUME_RETRY_BASE_MS * 2 ** Math.max(0, record.attempts - 1), VOLUME_RETRY_MAX_MS));
    const nowMs = this.#context.clock.nowMs();
    for (const failure of record.failures?.values() ?? []) sooner(Math.max(1, failure.retryAtMs - nowMs));
    if (record.refreshAtMs !== undefined) sooner(Math.max(MS_PER_SECOND, record.refreshAtMs - nowMs));
    return nextMs;
  }
}

/** A promise that is awaited later: its failure is no unhandled one meanwhile. */
function startEarly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
