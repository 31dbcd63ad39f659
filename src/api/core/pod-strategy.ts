// SPDX-License-Identifier: Apache-2.0

import { dns1123LabelErrors } from "../../apimachinery/index.ts";
import type { AppArmorProfile, Container, Pod, PodCondition, PodStatus } from "../generated/v1.35/core-v1.ts";
import type { StrategyContext } from "../kind.ts";
import { appArmorProfileOf, isSameAppArmor } from "../shared/app-armor-annotation.ts";
import { applyAffinityLabelKeys, applySpreadLabelKeys } from "../shared/affinity.ts";
import { dropDisabledPodFields, dropDisabledPodStatusFields } from "../shared/disabled-fields.ts";
import { APP_ARMOR_CONTAINER } from "../shared/pod-annotations.ts";
import { dropInitContainerAnnotations, unifyPodIps } from "../shared/pod-aliases.ts";
import { defaultPodSpec } from "../shared/pod-spec.ts";
import { podWarnings } from "../shared/pod-warnings.ts";
import { computeQosClass } from "../shared/qos.ts";
import { defaultPodLevelResources, defaultRequestsToLimits, roundToMilli } from "../shared/resources.ts";
import { visitContainers } from "../shared/visit-containers.ts";
import { ipWarnings } from "../validation/ip.ts";

function defaultHostPorts(containers: readonly Container[] | undefined): void {
  for (const container of containers ?? [])
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
}

function roundStatusAmounts(status: PodStatus | undefined): void {
  if (!status) return;
  const { initContainerStatuses, containerStatuses, ephemeralContainerStatuses } = status;
  for (const statuses of [initContainerStatuses, containerStatuses, ephemeralContainerStatuses])
    for (const { allocatedResources, resources } of statuses ?? []) {
      roundToMilli(allocatedResources);
      roundToMilli(resources?.limits);
      roundToMilli(resources?.requests);
    }
}

/** Fills what a pod leaves out: what any pod spec has, and what only pods have. */
export function defaultPod(pod: Pod): void {
  const { spec } = pod;
  defaultPodSpec(spec);
  defaultRequestsToLimits(spec.containers);
  defaultRequestsToLimits(spec.initContainers);
  defaultPodLevelResources(spec);
  spec.enableServiceLinks ??= true;
  dropInitContainerAnnotations(pod.metadata);
  unifyPodIps(pod.status);
  roundStatusAmounts(pod.status);
  if (spec.terminationGracePeriodSeconds! < 0) spec.terminationGracePeriodSeconds = 1;
  if (!spec.hostNetwork) return;
  defaultHostPorts(spec.containers);
  defaultHostPorts(spec.initContainers);
}

const MAX_PROFILE_LENGTH = 4095;

/** The profile that an annotation names, where a field could hold it. */
function validProfileOf(annotation: string): AppArmorProfile | undefined {
  const profile = appArmorProfileOf(annotation);
  const path = profile?.localhostProfile ?? "";
  return path.trim() === path && path.length <= MAX_PROFILE_LENGTH ? profile : undefined;
}

/** AppArmor annotations of old clients become fields. */
function fieldsFromAnnotations(pod: Pod, context: StrategyContext): void {
  const { annotations } = pod.metadata;
  if (!annotations || pod.spec.os?.name === "windows") return;
  visitContainers(pod.spec, "", (container) => {
    const key = APP_ARMOR_CONTAINER + container.name;
    const annotation = annotations[key];
    if (annotation === undefined || container.securityContext?.appArmorProfile) return;
    const profile = validProfileOf(annotation);
    if (profile && isSameAppArmor(pod.spec.securityContext?.appArmorProfile, profile)) return;
    if (profile) container.securityContext = { ...container.securityContext, appArmorProfile: profile };
    context.warn?.(`metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
  });
}

/** Times that nobody set are null in JSON. */
const gatedCondition = (now: string): PodCondition =>
  ({
    type: "PodScheduled",
    status: "False",
    lastProbeTime: null,
    lastTransitionTime: now,
    reason: "SchedulingGated",
    message: "Scheduling is blocked due to non-empty scheduling gates",
  }) as unknown as PodCondition;

/** A new pod is pending; its status is what the server says. */
export function preparePodForCreate(pod: Pod, context: StrategyContext): void {
  const { spec } = pod;
  pod.status = { phase: "Pending", qosClass: computeQosClass(spec) };
  dropDisabledPodFields(spec);
  if (spec.schedulingGates?.length) pod.status.conditions = [gatedCondition(context.now)];
  const labels = pod.metadata.labels ?? {};
  applyAffinityLabelKeys(spec.affinity, labels);
  applySpreadLabelKeys(spec.topologySpreadConstraints, labels);
  fieldsFromAnnotations(pod, context);
}

/** The main resource leaves the status alone. */
export function preparePodForUpdate(pod: Pod, old: Pod): void {
  pod.status = old.status;
  dropDisabledPodFields(pod.spec);
}

/** A status without observed generations keeps those that it had. */
function keepObservedGenerations(pod: Pod, old: Pod): void {
  const status = pod.status!;
  if (!status.observedGeneration && old.status?.observedGeneration)
    status.observedGeneration = old.status.observedGeneration;
  if (!status.conditions) return;
  const known = new Map<string, number[]>();
  for (const { type, observedGeneration = 0 } of old.status?.conditions ?? []) {
    const list = known.get(type);
    if (list) list.push(observedGeneration);
    else known.set(type, [observedGeneration]);
  }
  for (const condition of status.conditions) {
    const generation = known.get(condition.type)?.shift();
    if (!condition.observedGeneration && generation) condition.observedGeneration = generation;
  }
}

/** The status subresource leaves the spec alone. */
export function preparePodStatusForUpdate(pod: Pod, old: Pod): void {
  pod.spec = old.spec;
  pod.status ??= {};
  if (!pod.status.qosClass && old.status?.qosClass) pod.status.qosClass = old.status.qosClass;
  keepObservedGenerations(pod, old);
  dropDisabledPodStatusFields(pod.status);
}

/** Warnings about a new pod; changes of pods have none. */
export function warningsForPod(pod: Pod, old: Pod | undefined): string[] {
  if (old) return [];
  const messages = dns1123LabelErrors(pod.metadata.name ?? "");
  const hostname =
    messages.length > 0
      ? [
          `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${messages.join(" ")}]`,
        ]
      : [];
  return [...hostname, ...podWarnings(pod.spec, pod.metadata)];
}

/** Warnings about a changed status. */
export const warningsForPodStatus = (pod: Pod): string[] => [
  ...(pod.status?.podIPs ?? []).flatMap(({ ip }, i) => ipWarnings(ip, `status.podIPs[${i}].ip`)),
  ...(pod.status?.hostIPs ?? []).flatMap(({ ip }, i) => ipWarnings(ip, `status.hostIPs[${i}].ip`)),
];
