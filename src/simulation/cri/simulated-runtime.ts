// SPDX-License-Identifier: Apache-2.0

import type { Clock, Random, Timer, TimerWheel } from "../../base/index.ts";
import {
  CriError,
  type CallOptions,
  type ContainerConfig,
  type ContainerFilter,
  type ContainerState,
  type ContainerStats,
  type CriContainer,
  type CriContainerStatus,
  type ExecSyncResult,
  type LinuxContainerResources,
  type PodSandbox,
  type PodSandboxConfig,
  type PodSandboxFilter,
  type PodSandboxStatus,
  type ProbeCallOptions,
  type RuntimeEvent,
  type RuntimeEvents,
  type RuntimeService,
  type RuntimeStatus,
  type RuntimeVersion,
} from "../../kubelet/index.ts";
import { behaviourOf, sandboxFails, type Behaviour } from "./behaviour.ts";
import type { IpPool } from "./ip-pool.ts";

const NANOS_PER_MS = 1e6;
const ID_BYTES = 32;
const POD_UID_LABEL = "io.kubernetes.pod.uid";
const CRASH_EXIT_CODE = 1;
const KILLED_EXIT_CODE = 137;

type Labels = Readonly<Record<string, string>>;

interface Sandbox {
  readonly id: string;
  readonly uid: string;
  readonly metadata: PodSandboxConfig["metadata"];
  readonly labels: Labels | undefined;
  readonly annotations: Labels | undefined;
  readonly logDirectory: string;
  readonly hostNetwork: boolean;
  readonly createdAtMs: number;
  readonly ip: string;
  ready: boolean;
}

interface Container {
  readonly id: string;
  readonly sandbox: Sandbox;
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly labels: Labels | undefined;
  readonly annotations: Labels | undefined;
  readonly logPath: string;
  readonly behaviour: Behaviour;
  readonly createdAtMs: number;
  startedAtMs: number;
  finishedAtMs: number;
  exitCode: number;
  state: ContainerState;
  reason: string;
  timer: Timer | undefined;
}

/** What a pod has in the runtime. */
interface PodThings {
  readonly sandboxes: Sandbox[];
  readonly containers: Container[];
}

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** One for all nodes of a process. */
  readonly wheel: TimerWheel;
  readonly ips: IpPool;
}

/** Whether a container ends by itself, as init containers do; the runtime itself cannot know. */
export type IsInit = (podUid: string, container: string) => boolean;

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/** Joined, not added up: a string that was added up keeps all its parts. */
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => HEX[byte]!).join("");

/** A runtime in memory: nothing runs, time alone passes. One object a container, one shared wheel for what ends. */
export class SimulatedRuntime implements RuntimeService, RuntimeEvents {
  readonly #options: SimulatedRuntimeOptions;
  readonly #pods = new Map<string, PodThings>();
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #containers = new Map<string, Container>();
  #listener: ((event: RuntimeEvent) => void) | undefined;
  #isInit: IsInit = () => false;

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options;
  }

  /** Who knows the pods. */
  attach(isInit: IsInit): void {
    this.#isInit = isInit;
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = undefined;
    };
  }

  version(): Promise<RuntimeVersion> {
    return Promise.resolve({
      version: "0.1.0",
      runtimeName: "simulated",
      runtimeVersion: "1.0.0",
      runtimeApiVersion: "v1",
    });
  }

  status(): Promise<RuntimeStatus> {
    return Promise.resolve({
      conditions: [
        { type: "RuntimeReady", status: true },
        { type: "NetworkReady", status: true },
      ],
    });
  }

  async runPodSandbox(config: PodSandboxConfig): Promise<string> {
    if (sandboxFails(config.annotations))
      throw new CriError("Unknown", "failed to setup network for sandbox: simulated failure");
    const hostNetwork = config.linux?.securityContext?.namespaceOptions?.network === "NODE";
    const ip = hostNetwork ? "" : this.#options.ips.take();
    if (ip === undefined)
      throw new CriError("Unknown", "failed to setup network for sandbox: no IP addresses available in range set");
    const { uid } = config.metadata;
    // Only what is asked for again is kept: there are many sandboxes.
    const sandbox: Sandbox = {
      id: this.#newId(),
      uid,
      metadata: config.metadata,
      labels: config.labels,
      annotations: config.annotations,
      logDirectory: config.logDirectory ?? "",
      hostNetwork,
      createdAtMs: this.#options.clock.nowMs(),
      ip,
      ready: true,
    };
    this.#sandboxes.set(sandbox.id, sandbox);
    this.#thingsOf(uid).sandboxes.push(sandbox);
    return sandbox.id;
  }

  async stopPodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox?.ready) return;
    sandbox.ready = false;
    if (sandbox.ip) this.#options.ips.give(sandbox.ip);
    for (const c of this.#thingsOf(sandbox.uid).containers)
      if (c.sandbox === sandbox) this.#end(c, KILLED_EXIT_CODE, "Error");
  }

  async removePodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) return;
    await this.stopPodSandbox(id);
    const things = this.#thingsOf(sandbox.uid);
    for (const c of [...things.containers]) if (c.sandbox === sandbox) await this.removeContainer(c.id);
    this.#sandboxes.delete(id);
    remove(things.sandboxes, sandbox);
    this.#dropEmpty(sandbox.uid, things);
  }

  async podSandboxStatus(id: string): Promise<PodSandboxStatus> {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) throw new CriError("NotFound", `an error occurred when try to find sandbox: ${id}`);
    return {
      ...toPodSandbox(sandbox),
      network: { ip: sandbox.ready ? sandbox.ip : "" },
      linux: { namespaces: { options: { network: sandbox.hostNetwork ? "NODE" : "POD" } } },
    };
  }

  async listPodSandbox(filter: PodSandboxFilter): Promise<readonly PodSandbox[]> {
    const uid = filter.labelSelector?.[POD_UID_LABEL];
    const all = uid === undefined ? this.#sandboxes.values() : (this.#pods.get(uid)?.sandboxes ?? []);
    const found: PodSandbox[] = [];
    for (const s of all) {
      const sandbox = toPodSandbox(s);
      if (filter.id && filter.id !== s.id) continue;
      if (filter.state && filter.state.state !== sandbox.state) continue;
      found.push(sandbox);
    }
    return found;
  }

  async createContainer(podSandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = this.#sandboxes.get(podSandboxId);
    if (!sandbox) throw new CriError("NotFound", `failed to find sandbox id "${podSandboxId}": not found`);
    const name = config.metadata.name;
    const ends = this.#isInit(sandbox.uid, name);
    const container: Container = {
      id: this.#newId(),
      sandbox,
      name,
      attempt: config.metadata.attempt ?? 0,
      image: config.image.userSpecifiedImage ?? config.image.image,
      labels: config.labels,
      annotations: config.annotations,
      logPath: `${sandbox.logDirectory}/${config.logPath ?? ""}`,
      behaviour: behaviourOf(sandbox.annotations, name, ends),
      createdAtMs: this.#options.clock.nowMs(),
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      state: "CONTAINER_CREATED",
      reason: "",
      timer: undefined,
    };
    this.#containers.set(container.id, container);
    this.#thingsOf(sandbox.uid).containers.push(container);
    return container.id;
  }

  async startContainer(id: string, options: CallOptions): Promise<void> {
    const c = this.#container(id);
    if (c.behaviour.startAfterMs > 0) await this.#options.clock.sleep(c.behaviour.startAfterMs, options);
    if (c.state !== "CONTAINER_CREATED") throw new CriError("Unknown", `container is in ${c.state} state`);
    c.state = "CONTAINER_RUNNING";
    c.startedAtMs = this.#options.clock.nowMs();
    this.#plan(c);
  }

  async stopContainer(id: string, options: CallOptions & { readonly timeoutSeconds: number }): Promise<void> {
    const c = this.#containers.get(id);
    if (!c || c.state !== "CONTAINER_RUNNING") {
      if (c) this.#end(c, KILLED_EXIT_CODE, "Error");
      return;
    }
    const limitMs = options.timeoutSeconds * 1_000;
    const killed = c.behaviour.stopAfterMs > limitMs;
    const waitMs = Math.min(c.behaviour.stopAfterMs, limitMs);
    if (waitMs > 0) await this.#options.clock.sleep(waitMs, options);
    if (killed) this.#end(c, KILLED_EXIT_CODE, "Error");
    else this.#end(c, 0, "Completed");
  }

  async removeContainer(id: string): Promise<void> {
    const c = this.#containers.get(id);
    if (!c) return;
    c.timer?.cancel();
    this.#containers.delete(id);
    const things = this.#thingsOf(c.sandbox.uid);
    remove(things.containers, c);
    this.#dropEmpty(c.sandbox.uid, things);
  }

  async listContainers(filter: ContainerFilter): Promise<readonly CriContainer[]> {
    const uid = filter.labelSelector?.[POD_UID_LABEL];
    const all = uid === undefined ? this.#containers.values() : (this.#pods.get(uid)?.containers ?? []);
    const found: CriContainer[] = [];
    for (const c of all) {
      if (filter.id && filter.id !== c.id) continue;
      if (filter.podSandboxId && filter.podSandboxId !== c.sandbox.id) continue;
      if (filter.state && filter.state.state !== c.state) continue;
      found.push(toContainer(c));
    }
    return found;
  }

  async containerStatus(id: string): Promise<CriContainerStatus> {
    const c = this.#container(id);
    return {
      id: c.id,
      metadata: { name: c.name, attempt: c.attempt },
      state: c.state,
      createdAt: c.createdAtMs * NANOS_PER_MS,
      startedAt: c.startedAtMs * NANOS_PER_MS,
      finishedAt: c.finishedAtMs * NANOS_PER_MS,
      exitCode: c.exitCode,
      image: { image: c.image },
      imageRef: c.image,
      imageId: c.image,
      reason: c.reason,
      labels: c.labels,
      annotations: c.annotations,
      logPath: c.logPath,
    };
  }

  updateContainerResources(_id: string, _linux: LinuxContainerResources): Promise<void> {
    return Promise.resolve();
  }

  reopenContainerLog(): Promise<void> {
    return Promise.resolve();
  }

  async execSync(id: string, _command: readonly string[], options: ProbeCallOptions): Promise<ExecSyncResult> {
    const c = this.#container(id);
    if (c.state !== "CONTAINER_RUNNING") throw new CriError("Unknown", "container is not running");
    const fails = options.probe !== undefined && this.answer(id, options.probe.kind).success === false;
    return { stdout: new Uint8Array(0), stderr: new Uint8Array(0), exitCode: fails ? 1 : 0 };
  }

  listContainerStats(): Promise<readonly ContainerStats[]> {
    return Promise.resolve([]);
  }

  /** How a probe of a container turns out now, and for how long. */
  answer(
    containerId: string,
    kind: "startup" | "liveness" | "readiness",
  ): { readonly success: boolean; readonly stableForMs: number } {
    const c = this.#containers.get(containerId);
    if (c?.state !== "CONTAINER_RUNNING") return { success: false, stableForMs: 0 };
    const ranMs = this.#options.clock.nowMs() - c.startedAtMs;
    if (kind === "liveness") {
      const leftMs = c.behaviour.liveForMs - ranMs;
      return leftMs > 0
        ? { success: true, stableForMs: leftMs }
        : { success: false, stableForMs: Number.POSITIVE_INFINITY };
    }
    const afterMs = kind === "readiness" ? c.behaviour.readyAfterMs : c.behaviour.startedAfterMs;
    if (ranMs >= afterMs) return { success: true, stableForMs: Number.POSITIVE_INFINITY };
    return { success: false, stableForMs: afterMs - ranMs };
  }

  /** Ends a container from outside, as a crash of its process would. */
  kill(containerId: string, exitCode: number): void {
    const c = this.#containers.get(containerId);
    if (c) this.#end(c, exitCode, exitCode === 0 ? "Completed" : "Error");
  }

  #plan(c: Container): void {
    const { behaviour } = c;
    if (c.attempt < behaviour.crashes) this.#endIn(c, 0, CRASH_EXIT_CODE, "Error");
    else if (behaviour.oomAfterMs !== undefined) this.#endIn(c, behaviour.oomAfterMs, KILLED_EXIT_CODE, "OOMKilled");
    else if (behaviour.runForMs !== undefined)
      this.#endIn(c, behaviour.runForMs, behaviour.exitCode, behaviour.exitCode === 0 ? "Completed" : "Error");
  }

  #endIn(c: Container, inMs: number, exitCode: number, reason: string): void {
    if (inMs === 0) {
      this.#end(c, exitCode, reason);
      return;
    }
    c.timer = this.#options.wheel.set(inMs, () => {
      c.timer = undefined;
      this.#end(c, exitCode, reason);
    });
  }

  #end(c: Container, exitCode: number, reason: string): void {
    if (c.state === "CONTAINER_EXITED") return;
    c.timer?.cancel();
    c.timer = undefined;
    c.state = "CONTAINER_EXITED";
    c.exitCode = exitCode;
    c.reason = reason;
    c.finishedAtMs = this.#options.clock.nowMs();
    this.#listener?.({ type: reason === "OOMKilled" ? "oom" : "stopped", containerId: c.id, podUid: c.sandbox.uid });
  }

  #container(id: string): Container {
    const c = this.#containers.get(id);
    if (!c) throw new CriError("NotFound", `an error occurred when try to find container "${id}": not found`);
    return c;
  }

  #thingsOf(uid: string): PodThings {
    let things = this.#pods.get(uid);
    if (!things) {
      things = { sandboxes: [], containers: [] };
      this.#pods.set(uid, things);
    }
    return things;
  }

  #dropEmpty(uid: string, things: PodThings): void {
    if (things.sandboxes.length + things.containers.length === 0) this.#pods.delete(uid);
  }

  #newId(): string {
    return hex(this.#options.random.bytes(ID_BYTES));
  }
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}

const toPodSandbox = (s: Sandbox): PodSandbox => ({
  id: s.id,
  metadata: s.metadata,
  state: s.ready ? "SANDBOX_READY" : "SANDBOX_NOTREADY",
  createdAt: s.createdAtMs * NANOS_PER_MS,
  labels: s.labels,
  annotations: s.annotations,
});

const toContainer = (c: Container): CriContainer => ({
  id: c.id,
  podSandboxId: c.sandbox.id,
  metadata: { name: c.name, attempt: c.attempt },
  image: { image: c.image },
  imageRef: c.image,
  state: c.state,
  createdAt: c.createdAtMs * NANOS_PER_MS,
  labels: c.labels,
  annotations: c.annotations,
});
