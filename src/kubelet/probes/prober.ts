// SPDX-License-Identifier: Apache-2.0

import type { Timer } from "../../base/index.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import { allContainers } from "../pods/container-kind.ts";
import { PodEvents } from "../pods/pod-events.ts";
import type { PodRecord } from "../pods/pod-record.ts";
import type { ProbeOutcomes } from "../runtime/pod-actions.ts";
import { podIps, type RuntimeContainer } from "../runtime/pod-runtime.ts";
import type { ProbeReadiness } from "../status/pod-status.ts";
import type { Container, Probe, ReadonlyContainerStatus } from "../types.ts";
import type { ProbeResult } from "../ports.ts";
import { runProbe } from "./probe-runner.ts";

type ProbeKind = "startup" | "liveness" | "readiness";
type Outcome = "success" | "failure" | "unknown";

const KINDS: readonly ProbeKind[] = ["startup", "liveness", "readiness"];
const TITLES: Readonly<Record<ProbeKind, string>> = {
  startup: "Startup",
  liveness: "Liveness",
  readiness: "Readiness",
};
const INITIAL: Readonly<Record<ProbeKind, Outcome>> = { startup: "unknown", liveness: "success", readiness: "failure" };
const MS_PER_SECOND = 1_000;

const probeOf = (container: Container, kind: ProbeKind): Probe | undefined =>
  kind === "startup"
    ? container.startupProbe
    : kind === "liveness"
      ? container.livenessProbe
      : container.readinessProbe;

/** One probe of one run of a container. */
interface Task {
  readonly kind: ProbeKind;
  readonly probe: Probe;
  outcome: Outcome;
  /** The last result and how often it came in a row. */
  last: Outcome | undefined;
  streak: number;
  /** Nothing more is asked: the container is to be replaced, or has started. */
  held: boolean;
  timer: Timer | undefined;
}

/** The probes of one run of a container. */
interface ContainerProbes {
  readonly record: PodRecord;
  readonly container: Container;
  readonly running: RuntimeContainer;
  readonly tasks: Task[];
}

export interface ProberOptions {
  readonly context: KubeletContext;
  /** Called when an outcome changed what a pod needs or shows. */
  readonly changed: (uid: string) => void;
}

/** Probes running containers, all on one timer wheel. */
export class Prober implements ProbeOutcomes, ProbeReadiness {
  readonly #context: KubeletContext;
  readonly #changed: (uid: string) => void;
  readonly #byContainer = new Map<string, ContainerProbes>();
  readonly #byPod = new Map<string, Set<string>>();
  readonly #stop = new AbortController();
  readonly #startedAtMs: number;

  constructor(options: ProberOptions) {
    this.#context = options.context;
    this.#changed = options.changed;
    this.#startedAtMs = options.context.clock.nowMs();
  }

  liveness(containerId: string): Outcome | undefined {
    return this.#task(containerId, "liveness")?.outcome;
  }

  startup(containerId: string): Outcome | undefined {
    return this.#task(containerId, "startup")?.outcome;
  }

  started(containerId: string): boolean | undefined {
    const outcome = this.startup(containerId);
    return outcome === undefined ? undefined : outcome === "success";
  }

  ready(containerId: string): boolean | undefined {
    const outcome = this.#task(containerId, "readiness")?.outcome;
    return outcome === undefined ? undefined : outcome === "success";
  }

  /** Begins and ends probing as a pod's containers come and go. */
  sync(record: PodRecord): void {
    const known = this.#byPod.get(record.uid);
    const running = new Set<string>();
    for (const container of allContainers(record.pod)) {
      if (!hasProbe(container)) continue;
      const found = record.runtime.containers.find((c) => c.name === container.name);
      if (found?.state !== "CONTAINER_RUNNING") continue;
      running.add(found.id);
      if (!this.#byContainer.has(found.id)) this.#begin(record, container, found);
    }
    for (const id of known ?? []) if (!running.has(id)) this.#end(record.uid, id);
  }

  /** Ends the probes that would restart containers: the pod is being ended. */
  stopRestarts(uid: string): void {
    for (const id of this.#byPod.get(uid) ?? []) {
      for (const task of this.#byContainer.get(id)?.tasks ?? []) {
        if (task.kind === "readiness") continue;
        task.timer?.cancel();
        task.held = true;
        if (task.kind === "liveness") task.outcome = "success";
      }
    }
  }

  remove(uid: string): void {
    for (const id of this.#byPod.get(uid) ?? []) this.#end(uid, id);
  }

  stop(): void {
    this.#stop.abort(new Error("Prober stopped"));
    for (const probes of this.#byContainer.values()) for (const task of probes.tasks) task.timer?.cancel();
    this.#byContainer.clear();
    this.#byPod.clear();
  }

  #task(containerId: string, kind: ProbeKind): Task | undefined {
    return this.#byContainer.get(containerId)?.tasks.find((t) => t.kind === kind);
  }

  #begin(record: PodRecord, container: Container, running: RuntimeContainer): void {
    const old = this.#adopted(record, running);
    const tasks: Task[] = [];
    for (const kind of KINDS) {
      const probe = probeOf(container, kind);
      if (!probe) continue;
      const outcome = adoptedOutcome(kind, old);
      tasks.push({ kind, probe, outcome, last: undefined, streak: 0, held: false, timer: undefined });
    }
    const probes: ContainerProbes = { record, container, running, tasks };
    this.#byContainer.set(running.id, probes);
    const ids = this.#byPod.get(record.uid);
    if (ids) ids.add(running.id);
    else this.#byPod.set(record.uid, new Set([running.id]));
    const startup = tasks.find((t) => t.kind === "startup");
    if (startup && startup.outcome !== "success") this.#first(probes, startup);
    else for (const task of tasks) if (task.kind !== "startup") this.#first(probes, task);
  }

  /** The status of a container that ran before this kubelet did. */
  #adopted(record: PodRecord, running: RuntimeContainer): ReadonlyContainerStatus | undefined {
    if (running.startedAtMs >= this.#startedAtMs) return undefined;
    const status = record.pod.status;
    const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
    return all.find((s) => s.containerID?.endsWith(running.id));
  }

  #end(uid: string, id: string): void {
    for (const task of this.#byContainer.get(id)?.tasks ?? []) task.timer?.cancel();
    this.#byContainer.delete(id);
    const ids = this.#byPod.get(uid);
    ids?.delete(id);
    if (ids?.size === 0) this.#byPod.delete(uid);
  }

  #first(probes: ContainerProbes, task: Task): void {
    const delayMs = (task.probe.initialDelaySeconds ?? 0) * MS_PER_SECOND;
    const elapsedMs = this.#context.clock.nowMs() - probes.running.startedAtMs;
    const waitMs = Math.max(0, delayMs - elapsedMs);
    // What was adopted is not probed all at once.
    const spread =
      probes.running.startedAtMs < this.#startedAtMs ? this.#context.random.next() * periodMs(task.probe) : 0;
    this.#schedule(probes, task, Math.max(waitMs, spread));
  }

  #schedule(probes: ContainerProbes, task: Task, inMs: number): void {
    task.timer = this.#context.wheel.set(inMs, () => {
      task.timer = undefined;
      void this.#run(probes, task);
    });
  }

  async #run(probes: ContainerProbes, task: Task): Promise<void> {
    const { record, container, running } = probes;
    const startMs = this.#context.clock.monotonicMs();
    const podIp =
      podIps(record.runtime)[0] ?? (record.pod.spec?.hostNetwork ? this.#context.hostIps[0] : undefined) ?? "";
    try {
      const { signal } = this.#stop;
      const result = await runProbe(this.#context, {
        probe: task.probe,
        kind: task.kind,
        podUid: record.uid,
        container,
        containerId: running.id,
        podIp,
        signal,
      });
      if (task.held || this.#byContainer.get(running.id) !== probes) return;
      this.#take(probes, task, result);
      if (task.held) return;
      const nextMs = result.stableForMs ?? periodMs(task.probe);
      if (nextMs === Number.POSITIVE_INFINITY && task.streak >= threshold(task)) return;
      const tookMs = this.#context.clock.monotonicMs() - startMs;
      this.#schedule(
        probes,
        task,
        Math.max(0, (task.streak >= threshold(task) ? nextMs : periodMs(task.probe)) - tookMs),
      );
    } catch (error) {
      if (!this.#stop.signal.aborted)
        this.#context.log.error("Probe broke", { error: String(error), container: container.name });
    }
  }

  #take(probes: ContainerProbes, task: Task, result: ProbeResult): void {
    const { record, container } = probes;
    const outcome: Outcome = result.type === "success" ? "success" : "failure";
    if (result.type !== "success") this.#report(probes, task, result);
    // What could not be asked says nothing about the container.
    if (result.type === "unknown") return;
    if (task.last === outcome) task.streak++;
    else {
      task.last = outcome;
      task.streak = 1;
    }
    if (task.streak < threshold(task)) return;
    const changed = task.outcome !== outcome;
    task.outcome = outcome;
    if (task.kind !== "readiness" && outcome === "failure") {
      task.held = true;
      task.streak = 0;
    }
    if (!changed) return;
    if (task.kind === "startup" && outcome === "success") this.#afterStartup(probes, task);
    this.#context.log.debug("Probe outcome changed", { container: container.name, probe: task.kind, outcome });
    this.#changed(record.uid);
  }

  #afterStartup(probes: ContainerProbes, startup: Task): void {
    startup.held = true;
    for (const task of probes.tasks) if (task !== startup) this.#first(probes, task);
  }

  #report(probes: ContainerProbes, task: Task, result: ProbeResult): void {
    const what = result.type === "unknown" ? "probe errored and resulted in unknown state" : "probe failed";
    const message = `${TITLES[task.kind]} ${what}: ${result.output ?? ""}`;
    new PodEvents(this.#context.recorder, probes.record.pod).container(
      probes.container,
      "Warning",
      "Unhealthy",
      message,
    );
  }
}

const hasProbe = (c: Container): boolean => (c.startupProbe ?? c.livenessProbe ?? c.readinessProbe) !== undefined;

const periodMs = (probe: Probe): number => (probe.periodSeconds ?? 10) * MS_PER_SECOND;

const threshold = (task: Task): number =>
  task.last === "success" ? (task.probe.successThreshold ?? 1) : (task.probe.failureThreshold ?? 3);

function adoptedOutcome(kind: ProbeKind, old: ReadonlyContainerStatus | undefined): Outcome {
  if (kind === "startup" && old?.started) return "success";
  if (kind === "readiness" && old?.ready) return "success";
  return INITIAL[kind];
}
