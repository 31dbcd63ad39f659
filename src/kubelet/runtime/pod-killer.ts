// SPDX-License-Identifier: Apache-2.0

import { isSidecar } from "../../rules/index.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import { PodEvents } from "../pods/pod-events.ts";
import type { PodRecord } from "../pods/pod-record.ts";
import { findContainerSpec } from "../pods/container-kind.ts";
import type { Container, Pod } from "../types.ts";
import { runHook } from "./lifecycle-hooks.ts";
import type { KillReason } from "./pod-actions.ts";
import { isActive, podIps, type RuntimeContainer } from "./pod-runtime.ts";

/** Every container gets at least that long between its stop signal and SIGKILL. */
const GRACE_SECONDS_MIN = 2;
const MS_PER_SECOND = 1_000;

export interface KillOptions {
  readonly signal: AbortSignal;
  /** The event's text. */
  readonly message?: string;
  readonly reason?: KillReason | "FailedPostStartHook";
  /** Overrides what the pod says. */
  readonly graceSeconds?: number;
  /** Resolves when it is this container's turn to stop; gets the seconds that are left. */
  readonly turn?: (graceSeconds: number) => Promise<void>;
}

/** The grace period of a pod that is being ended: at least a second. */
export function podGraceSeconds(pod: Pod, override?: number): number {
  const seconds = override ?? pod.metadata?.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
  return Math.max(seconds, 1);
}

function probeGrace(container: Container | undefined, reason: KillOptions["reason"]): number | undefined {
  if (reason === "LivenessProbe") return container?.livenessProbe?.terminationGracePeriodSeconds;
  return reason === "StartupProbe" ? container?.startupProbe?.terminationGracePeriodSeconds : undefined;
}

function graceOf(pod: Pod, container: Container | undefined, options: KillOptions): number {
  if (options.graceSeconds !== undefined) return options.graceSeconds;
  const deletion = pod.metadata?.deletionGracePeriodSeconds;
  if (deletion !== undefined) return deletion;
  return probeGrace(container, options.reason) ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
}

/** Stops containers: hook, stop signal, kill; sidecars after the containers that they serve. */
export class PodKiller {
  readonly #context: KubeletContext;

  constructor(context: KubeletContext) {
    this.#context = context;
  }

  /** Stops one container. */
  async killContainer(record: PodRecord, running: RuntimeContainer, options: KillOptions): Promise<void> {
    const { clock, recorder, runtime } = this.#context;
    const { pod } = record;
    const container = findContainerSpec(pod, running.name);
    const events = new PodEvents(recorder, pod);
    let grace = graceOf(pod, container, options);
    events.container(
      { name: running.name },
      "Normal",
      "Killing",
      options.message ?? `Stopping container ${running.name}`,
    );
    if (container?.lifecycle?.preStop && grace > 0)
      grace -= await this.#preStop(record, running, container, grace, options.signal);
    if (options.turn && grace > 0) {
      const startMs = clock.monotonicMs();
      await options.turn(grace);
      grace -= Math.floor((clock.monotonicMs() - startMs) / MS_PER_SECOND);
    }
    await runtime.stopContainer(running.id, {
      signal: options.signal,
      timeoutSeconds: Math.max(grace, GRACE_SECONDS_MIN),
    });
    record.stale = true;
  }

  /** Stops all that runs of a pod, and its sandboxes. */
  async killPod(record: PodRecord, options: KillOptions): Promise<void> {
    const running = record.runtime.containers.filter((c) => isActive(c) || c.state === "CONTAINER_CREATED");
    const order = new TerminationOrder(record.pod, running, this.#context);
    await Promise.all(
      running.map(async (c) => {
        const turn = order.turnOf(c.name, options.signal);
        await this.killContainer(record, c, { ...options, ...(turn ? { turn } : {}) });
        order.ended(c.name);
      }),
    );
    for (const sandbox of record.runtime.sandboxes)
      if (sandbox.ready) await this.#context.runtime.stopPodSandbox(sandbox.id, options);
    record.stale = true;
  }

  /** Runs a preStop hook inside the grace period; gives the whole seconds that it took. */
  async #preStop(
    record: PodRecord,
    running: RuntimeContainer,
    container: Container,
    graceSeconds: number,
    signal: AbortSignal,
  ): Promise<number> {
    const { clock } = this.#context;
    const startMs = clock.monotonicMs();
    const limit = new AbortController();
    const onAbort = () => limit.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = clock.setTimer(graceSeconds * MS_PER_SECOND, () => limit.abort(new Error("Grace period is over")));
    const target = { container, containerId: running.id, podIp: podIps(record.runtime)[0] ?? "" };
    try {
      await Promise.race([
        runHook(this.#context, container.lifecycle!.preStop!, { ...target, signal: limit.signal }),
        aborted(limit.signal),
      ]);
    } catch {
      signal.throwIfAborted();
      if (!limit.signal.aborted)
        new PodEvents(this.#context.recorder, record.pod).container(
          container,
          "Warning",
          "FailedPreStopHook",
          "PreStopHook failed",
        );
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    }
    return Math.floor((clock.monotonicMs() - startMs) / MS_PER_SECOND);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Lets sidecars end after the pod's containers, in the reverse of the order in which they started. */
class TerminationOrder {
  readonly #clock: KubeletContext["clock"];
  /** For each sidecar, who must have ended before it. */
  readonly #before = new Map<string, readonly string[]>();
  readonly #ends = new Map<string, PromiseWithResolvers<void>>();

  constructor(pod: Pod, running: readonly RuntimeContainer[], context: Pick<KubeletContext, "clock">) {
    this.#clock = context.clock;
    const sidecars = (pod.spec?.initContainers ?? []).filter(isSidecar).map((c) => c.name);
    if (sidecars.length === 0) return;
    const names = running.map((c) => c.name);
    for (const name of names) this.#ends.set(name, Promise.withResolvers());
    const regular = names.filter((name) => !sidecars.includes(name));
    for (const [i, name] of sidecars.entries())
      this.#before.set(name, [...regular, ...sidecars.slice(i + 1).filter((s) => names.includes(s))]);
  }

  turnOf(name: string, signal: AbortSignal): ((graceSeconds: number) => Promise<void>) | undefined {
    const before = this.#before.get(name);
    if (!before?.length) return undefined;
    return async (graceSeconds) => {
      const limit = Promise.withResolvers<void>();
      const timer = this.#clock.setTimer(graceSeconds * MS_PER_SECOND, () => limit.resolve());
      const all = Promise.all(before.map((n) => this.#ends.get(n)?.promise ?? Promise.resolve()));
      try {
        await Promise.race([all, limit.promise, aborted(signal)]);
      } finally {
        timer.cancel();
      }
    };
  }

  ended(name: string): void {
    this.#ends.get(name)?.resolve();
  }
}
