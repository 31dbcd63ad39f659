// SPDX-License-Identifier: Apache-2.0

import { isSidecar } from "../../rules/index.ts";
import type { Pod, PodCondition, ReadonlyContainerStatus } from "../types.ts";
import { anyRegularStarted } from "./phase.ts";

type Statuses = readonly ReadonlyContainerStatus[] | undefined;

/** A condition before its times and generation are known. */
export interface ConditionVerdict {
  readonly status: "True" | "False";
  readonly reason?: string;
  readonly message?: string;
}

const list = (names: readonly string[]): string => `[${names.join(" ")}]`;

function messageOf(unknown: readonly string[], bad: readonly string[], what: string): string {
  const parts: string[] = [];
  if (unknown.length > 0) parts.push(`containers with unknown status: ${list(unknown)}`);
  if (bad.length > 0) parts.push(`containers with ${what} status: ${list(bad)}`);
  return parts.join(", ");
}

export function initializedVerdict(pod: Pod, init: Statuses, regular: Statuses, phase: string): ConditionVerdict {
  const containers = pod.spec?.initContainers ?? [];
  if (!init && containers.length > 0) return { status: "False", reason: "UnknownContainerStatuses" };
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of containers) {
    const s = init?.find((x) => x.name === container.name);
    if (!s) unknown.push(container.name);
    else if (isSidecar(container) ? !s.started : !s.ready) incomplete.push(container.name);
  }
  if (phase === "Succeeded" && unknown.length === 0) return { status: "True", reason: "PodCompleted" };
  if (containers.length > 0 && anyRegularStarted(pod, regular ?? [])) return { status: "True" };
  const message = messageOf(unknown, incomplete, "incomplete");
  return message ? { status: "False", reason: "ContainersNotInitialized", message } : { status: "True" };
}

export function containersReadyVerdict(pod: Pod, init: Statuses, regular: Statuses, phase: string): ConditionVerdict {
  if (!regular) return { status: "False", reason: "UnknownContainerStatuses" };
  const unknown: string[] = [];
  const unready: string[] = [];
  const count = (name: string, statuses: Statuses) => {
    const s = statuses?.find((x) => x.name === name);
    if (!s) unknown.push(name);
    else if (!s.ready) unready.push(name);
  };
  for (const c of pod.spec?.initContainers ?? []) if (isSidecar(c)) count(c.name, init);
  for (const c of pod.spec?.containers ?? []) count(c.name, regular);
  if (phase === "Succeeded" && unknown.length === 0) return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const message = messageOf(unknown, unready, "unready");
  return message ? { status: "False", reason: "ContainersNotReady", message } : { status: "True" };
}

export function readyVerdict(pod: Pod, containersReady: ConditionVerdict): ConditionVerdict {
  if (containersReady.status !== "True") return containersReady;
  const messages: string[] = [];
  for (const gate of pod.spec?.readinessGates ?? []) {
    const condition = pod.status?.conditions?.find((c) => c.type === gate.conditionType);
    if (!condition)
      messages.push(`corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`);
    else if (condition.status !== "True")
      messages.push(`the status of pod readiness gate "${gate.conditionType}" is not "True", but ${condition.status}`);
  }
  if (messages.length === 0) return { status: "True" };
  return { status: "False", reason: "ReadinessGatesNotReady", message: messages.join(", ") };
}

/** Gives a condition its times: the transition's stays while the status does. */
export function toCondition(
  type: string,
  verdict: ConditionVerdict,
  context: { readonly old: readonly PodCondition[]; readonly now: string; readonly generation: number | undefined },
): PodCondition {
  const before = context.old.find((c) => c.type === type);
  return {
    type,
    status: verdict.status,
    reason: verdict.reason,
    message: verdict.message,
    observedGeneration: context.generation,
    lastTransitionTime: (before?.status === verdict.status && before.lastTransitionTime) || context.now,
  };
}
