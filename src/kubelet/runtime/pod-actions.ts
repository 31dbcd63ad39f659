// SPDX-License-Identifier: Apache-2.0

import { isSidecar } from "../../rules/index.ts";
import { restartsAfterExit } from "../pods/container-kind.ts";
import type { Container, EphemeralContainer, Pod } from "../types.ts";
import { containerHash } from "./container-hash.ts";
import { findContainer, type PodRuntime, type RuntimeContainer } from "./pod-runtime.ts";

/** What the probes of a running container have found. */
export interface ProbeOutcomes {
  liveness(containerId: string): "success" | "failure" | "unknown" | undefined;
  startup(containerId: string): "success" | "failure" | "unknown" | undefined;
}

export type KillReason = "Unknown" | "StartupProbe" | "LivenessProbe" | "DefinitionChanged";

export interface ContainerKill {
  readonly running: RuntimeContainer;
  readonly container: Container;
  readonly message: string;
  readonly reason: KillReason;
}

/** What is to be done to bring a pod closer to its spec. */
export interface PodActions {
  /** Everything of the pod is stopped first, its sandbox included. */
  killPod: boolean;
  createSandbox: boolean;
  /** The sandbox that is in use, or was. */
  sandboxId: string;
  attempt: number;
  ephemeralToStart: EphemeralContainer[];
  initToStart: Container[];
  toStart: Container[];
  toKill: ContainerKill[];
}

interface SandboxDecision {
  readonly changed: boolean;
  readonly attempt: number;
  readonly sandboxId: string;
}

function decideSandbox(pod: Pod, runtime: PodRuntime): SandboxDecision {
  const sandbox = runtime.sandboxes[0];
  if (!sandbox) return { changed: true, attempt: 0, sandboxId: "" };
  const next = { changed: true, attempt: sandbox.attempt + 1, sandboxId: sandbox.id };
  const readyCount = runtime.sandboxes.filter((s) => s.ready).length;
  if (readyCount > 1 || !sandbox.ready) return next;
  const hostNetwork = pod.spec?.hostNetwork === true;
  if (sandbox.hostNetwork !== hostNetwork) return { ...next, sandboxId: "" };
  if (!hostNetwork && sandbox.ips.length === 0) return next;
  return { changed: false, attempt: sandbox.attempt, sandboxId: sandbox.id };
}

/** Whether init containers are tried again, and whether a probe's failure replaces a container. */
const restartsOnFailure = (pod: Pod): boolean => pod.spec?.restartPolicy !== "Never";

const succeeded = (c: RuntimeContainer | undefined): boolean => c?.state === "CONTAINER_EXITED" && c.exitCode === 0;

const initFailed = (c: RuntimeContainer): boolean =>
  (c.state === "CONTAINER_EXITED" && c.exitCode !== 0) || c.state === "CONTAINER_UNKNOWN";

const definitionChanged = (container: Container, running: RuntimeContainer): boolean =>
  running.hash !== containerHash(container);

/** Whether a container that does not run is to run. */
export function shouldRestart(pod: Pod, container: Container, runtime: PodRuntime): boolean {
  if (pod.metadata?.deletionTimestamp) return false;
  const found = findContainer(runtime, container.name);
  if (!found) return true;
  if (found.state === "CONTAINER_RUNNING") return false;
  if (found.state !== "CONTAINER_EXITED") return true;
  return restartsAfterExit(pod, container, found.exitCode);
}

const anyRegularCreated = (pod: Pod, runtime: PodRuntime): boolean =>
  (pod.spec?.containers ?? []).some((c) => {
    const found = findContainer(runtime, c.name);
    return found !== undefined && found.state !== "CONTAINER_UNKNOWN";
  });

function decideNewSandbox(pod: Pod, runtime: PodRuntime, actions: PodActions): PodActions {
  const ran = runtime.containers.length > 0;
  const mayRestart =
    restartsOnFailure(pod) || pod.spec?.containers.some((c) => c.restartPolicyRules?.length || c.restartPolicy);
  if (!mayRestart && actions.attempt !== 0 && ran) {
    actions.createSandbox = false;
    return actions;
  }
  const toStart = (pod.spec?.containers ?? []).filter((c) => {
    const found = findContainer(runtime, c.name);
    if (found?.state === "CONTAINER_EXITED" && !restartsAfterExit(pod, c, found.exitCode)) return false;
    return pod.spec?.restartPolicy !== "OnFailure" || !succeeded(found);
  });
  if (toStart.length === 0 && anyRegularCreated(pod, runtime)) {
    actions.createSandbox = false;
    return actions;
  }
  const init = pod.spec?.initContainers ?? [];
  if (init.length > 0) actions.initToStart = [init[0]!];
  else actions.toStart = toStart;
  return actions;
}

/** Decides what a pod needs; pure, so that it can be asked as often as something changed. */
export function decidePodActions(pod: Pod, runtime: PodRuntime, probes: ProbeOutcomes): PodActions {
  const sandbox = decideSandbox(pod, runtime);
  const actions: PodActions = {
    killPod: sandbox.changed,
    createSandbox: sandbox.changed,
    sandboxId: sandbox.sandboxId,
    attempt: sandbox.attempt,
    ephemeralToStart: [],
    initToStart: [],
    toStart: [],
    toKill: [],
  };
  if (sandbox.changed) return decideNewSandbox(pod, runtime, actions);
  for (const c of pod.spec?.ephemeralContainers ?? [])
    if (!findContainer(runtime, c.name)) actions.ephemeralToStart.push(c);
  const initialized = decideInit(pod, runtime, probes, actions);
  if (actions.killPod || !initialized) return actions;
  decideRegular(pod, runtime, probes, actions);
  return actions;
}

function decideRegular(pod: Pod, runtime: PodRuntime, probes: ProbeOutcomes, actions: PodActions): void {
  let kept = 0;
  for (const container of pod.spec?.containers ?? []) {
    const found = findContainer(runtime, container.name);
    if (found?.state !== "CONTAINER_RUNNING") {
      if (!shouldRestart(pod, container, runtime)) continue;
      actions.toStart.push(container);
      if (found?.state === "CONTAINER_UNKNOWN")
        actions.toKill.push({
          running: found,
          container,
          message: `Container is in "unknown" state, try killing it before restart`,
          reason: "Unknown",
        });
      continue;
    }
    const kill = runningKill("Container", container, found, probes);
    if (!kill) {
      kept++;
      continue;
    }
    const restarts = kill.reason === "DefinitionChanged" || restartsAfterKill(pod, container);
    if (restarts) actions.toStart.push(container);
    actions.toKill.push(restarts ? { ...kill, message: `${kill.message}, will be restarted` } : kill);
  }
  if (kept === 0 && actions.toStart.length === 0) {
    actions.killPod = true;
    actions.initToStart = [];
  }
}

/** A killed container ends with a code that is not 0. */
const restartsAfterKill = (pod: Pod, container: Container): boolean =>
  (container.restartPolicy ?? pod.spec?.restartPolicy ?? "Always") !== "Never";

function runningKill(
  what: "Container" | "Init container",
  container: Container,
  running: RuntimeContainer,
  probes: ProbeOutcomes,
): ContainerKill | undefined {
  const kill = (why: string, reason: KillReason): ContainerKill => ({
    running,
    container,
    message: `${what} ${container.name} ${why}`,
    reason,
  });
  if (definitionChanged(container, running)) return kill("definition changed", "DefinitionChanged");
  if (probes.liveness(running.id) === "failure") return kill("failed liveness probe", "LivenessProbe");
  if (probes.startup(running.id) === "failure") return kill("failed startup probe", "StartupProbe");
  return undefined;
}

/** Walks the init containers backwards: the last one with a status says how far the pod has come. */
function decideInit(pod: Pod, runtime: PodRuntime, probes: ProbeOutcomes, actions: PodActions): boolean {
  const init = pod.spec?.initContainers ?? [];
  if (init.length === 0) return true;
  let initialized = (pod.spec?.containers ?? []).some((c) => {
    const state = findContainer(runtime, c.name)?.state;
    return state === "CONTAINER_CREATED" || state === "CONTAINER_RUNNING";
  });
  let reached = initialized;
  const toStart: Container[] = [];
  for (let i = init.length - 1; i >= 0; i--) {
    const container = init[i]!;
    const found = findContainer(runtime, container.name);
    const sidecar = isSidecar(container);
    if (!found) {
      if (reached && sidecar) toStart.push(container);
      continue;
    }
    if (reached && !sidecar) continue;
    const step = sidecar
      ? decideSidecar(container, found, probes, actions)
      : decideInitContainer(pod, container, found, actions);
    if (step === "fail") {
      actions.killPod = true;
      actions.initToStart = [];
      actions.toKill = [];
      return false;
    }
    if (step === "restart" || step === "done-restart") toStart.push(container);
    if (step === "done" || step === "done-restart") {
      if (i === init.length - 1) initialized = true;
      else if (!reached) toStart.push(init[i + 1]!);
    }
    reached = true;
  }
  if (!reached) toStart.push(init[0]!);
  actions.initToStart = toStart.reverse();
  return initialized;
}

type InitStep = "wait" | "restart" | "done" | "done-restart" | "fail";

function decideSidecar(
  container: Container,
  found: RuntimeContainer,
  probes: ProbeOutcomes,
  actions: PodActions,
): InitStep {
  if (found.state === "CONTAINER_UNKNOWN") {
    actions.toKill.push({
      running: found,
      container,
      message: `Init container is in "unknown" state, try killing it before restart`,
      reason: "Unknown",
    });
    return "restart";
  }
  if (found.state !== "CONTAINER_RUNNING") return "restart";
  if (container.startupProbe) {
    const startup = probes.startup(found.id);
    if (startup === "failure") {
      actions.toKill.push(runningKill("Init container", container, found, probes)!);
      return "restart";
    }
    if (startup !== "success") return "wait";
  }
  const kill = runningKill("Init container", container, found, probes);
  if (!kill) return "done";
  actions.toKill.push(kill);
  return "done-restart";
}

function decideInitContainer(pod: Pod, container: Container, found: RuntimeContainer, actions: PodActions): InitStep {
  if (found.state === "CONTAINER_RUNNING") return "wait";
  if (found.state === "CONTAINER_CREATED") return "restart";
  if (!initFailed(found)) return "done";
  if (found.state === "CONTAINER_EXITED") return restartsAfterExit(pod, container, found.exitCode) ? "restart" : "fail";
  if (!restartsOnFailure(pod)) return "fail";
  actions.toKill.push({
    running: found,
    container,
    message: `Init container is in "unknown" state, try killing it before restart`,
    reason: "Unknown",
  });
  return "restart";
}
