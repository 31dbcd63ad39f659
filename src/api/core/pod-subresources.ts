// SPDX-License-Identifier: Apache-2.0

import { isSidecar } from "../shared/resources.ts";
import { equalJson, fieldError as field } from "../../apimachinery/index.ts";
import type { Container, Pod, PodSpec } from "../generated/v1.35/core-v1.ts";
import { dropDisabledPodFields } from "../shared/disabled-fields.ts";
import { keepMetadata } from "../shared/kept-metadata.ts";
import { MIRROR_POD, validatePodAnnotationsUpdate } from "../shared/pod-annotations.ts";
import { computeQosClass } from "../shared/qos.ts";
import type { Errors } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { unifiedDiff } from "../validation/unified-diff.ts";
import { validatePodBody } from "./pod-validation.ts";

const isMirror = (pod: Pod): boolean => pod.metadata.annotations?.[MIRROR_POD] !== undefined;

/** All of the old pod, but for the containers that a subresource writes. */
function keepPod(pod: Pod, old: Pod, written: Partial<PodSpec>): void {
  pod.spec = { ...old.spec, ...written };
  if (old.status) pod.status = old.status;
  else delete pod.status;
  keepMetadata(pod, old);
}

function prepareEphemeralContainers(pod: Pod, old: Pod): void {
  const { ephemeralContainers } = pod.spec;
  keepPod(pod, old, { ephemeralContainers: ephemeralContainers ?? [] });
  if (!ephemeralContainers) delete pod.spec.ephemeralContainers;
  dropDisabledPodFields(pod.spec);
}

function validateEphemeralContainers(pod: Pod, old: Pod): Errors {
  if (isMirror(old)) return [field.fieldForbidden("[]", "static pods do not support ephemeral containers")];
  const errors: Errors = [];
  validatePodBody(pod, errors);
  validatePodAnnotationsUpdate(pod.metadata.annotations, old.metadata.annotations, "metadata.annotations", errors);
  const path = "spec.ephemeralContainers";
  const now = new Map(pod.spec.ephemeralContainers?.map((container) => [container.name, container]));
  for (const before of old.spec.ephemeralContainers ?? []) {
    const container = now.get(before.name);
    const which = `existing ephemeral containers ${JSON.stringify(before.name)}`;
    if (!container) errors.push(field.fieldForbidden(path, `${which} may not be removed\n`));
    else if (!equalJson(before, container)) {
      const form = (value: unknown): unknown => internalForm("EphemeralContainer", value);
      const difference = unifiedDiff(form(before), form(container));
      errors.push(field.fieldForbidden(path, `${which} may not be changed\n${difference}`));
    }
  }
  return errors;
}

/** The old containers with the new resources; the new ones where they are not the same containers. */
function resized(containers: readonly Container[], old: readonly Container[]): readonly Container[] {
  if (containers.some(({ name }, i) => old[i]?.name !== name)) return containers;
  return containers.map(({ resources, resizePolicy }, i) => {
    const container: Container = { ...old[i]! };
    delete container.resources;
    delete container.resizePolicy;
    if (resources) container.resources = resources;
    if (resizePolicy) container.resizePolicy = resizePolicy;
    return container;
  });
}

function prepareResize(pod: Pod, old: Pod): void {
  const containers = pod.spec.containers ?? [];
  const initContainers = pod.spec.initContainers ?? [];
  const before = old.spec.initContainers ?? [];
  // Containers that came or went are for validation to refuse.
  if (containers.length === old.spec.containers.length && initContainers.length === before.length)
    keepPod(pod, old, {
      containers: [...resized(containers, old.spec.containers)],
      ...(before.length > 0 && { initContainers: [...resized(initContainers, before)] }),
    });
  dropDisabledPodFields(pod.spec);
}

const hasOwnResources = ({ spec: { resources } }: Pod): boolean =>
  Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0;

const OWN_RESOURCES =
  "resize of pods with pod-level resources is forbidden when InPlacePodLevelResourcesVerticalScalingEnabled feature gate is disabled";

/** Whether the pod can be resized at all; the mistake that it cannot stands alone. */
function resizeRefusal(old: Pod): string | undefined {
  if (isMirror(old)) return "static pods cannot be resized";
  if (old.spec.os?.name === "windows") return "windows pods cannot be resized";
  return undefined;
}

/** Nodes that know resizing report the resources of their running containers. */
function nodeResizes({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running);
  return !running || running.resources !== undefined;
}

/** Containers keep their number, order and names; answers whether they did. */
function checkOrder(spec: PodSpec, old: PodSpec, errors: Errors): boolean {
  const before = errors.length;
  for (const list of ["containers", "initContainers"] as const) {
    const now = spec[list] ?? [];
    const was = old[list] ?? [];
    if (now.length !== was.length)
      errors.push(field.fieldForbidden(`spec.${list}`, `${list} may not be added or removed on resize`));
    else
      for (const [i, { name }] of was.entries())
        if (now[i]!.name !== name)
          errors.push(
            field.fieldForbidden(`spec.${list}[${i}].name`, `${list} may not be renamed or reordered on resize`),
          );
  }
  return errors.length === before;
}

function checkNothingRemoved(container: Container, old: Container, path: string, errors: Errors): void {
  for (const list of ["requests", "limits"] as const) {
    const now = container.resources?.[list] ?? {};
    if (Object.keys(old.resources?.[list] ?? {}).some((name) => now[name] === undefined))
      errors.push(field.fieldForbidden(`${path}.resources.${list}`, `resource ${list} cannot be removed`));
  }
}

/** Amounts with cpu and memory as they were. */
function withoutCompute(
  now: Readonly<Record<string, string>> | undefined,
  old: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const amounts: Record<string, string> = { ...now };
  for (const name of ["cpu", "memory"]) {
    delete amounts[name];
    if (old?.[name] !== undefined) amounts[name] = old[name];
  }
  return amounts;
}

/** Whether a container changed by its cpu and memory alone. */
function onlyComputeChanged(container: Container, old: Container): boolean {
  const { resources, ...rest } = container;
  const { resources: before, ...oldRest } = old;
  return (
    equalJson(rest, oldRest) &&
    !before?.claims?.length &&
    equalJson(withoutCompute(resources?.limits, before?.limits), before?.limits ?? {}) &&
    equalJson(withoutCompute(resources?.requests, before?.requests), before?.requests ?? {})
  );
}

function checkMutable(spec: PodSpec, old: PodSpec, errors: Errors): void {
  for (const [i, container] of spec.containers.entries())
    if (!onlyComputeChanged(container, old.containers[i]!))
      errors.push(field.fieldForbidden("spec", "only cpu and memory resources are mutable"));
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const before = old.initContainers![i]!;
    if (isSidecar(container)) {
      if (!onlyComputeChanged(container, before))
        errors.push(field.fieldForbidden("spec", "only cpu and memory resources for sidecar containers are mutable"));
    } else if (!equalJson(container, before))
      errors.push(field.fieldForbidden("spec", "resources for non-sidecar init containers are immutable"));
  }
}

function validateResize(pod: Pod, old: Pod): Errors {
  const refusal = resizeRefusal(old);
  if (refusal) return [field.fieldForbidden("[]", refusal)];
  const errors: Errors = [];
  validatePodBody(pod, errors);
  const before = old.status?.qosClass || computeQosClass(old.spec);
  if (before !== computeQosClass(pod.spec))
    errors.push(
      field.invalid("spec", old.status?.qosClass ?? "", "Pod QOS Class may not change as a result of resizing"),
    );
  if (!nodeResizes(old)) errors.push(field.fieldForbidden("spec", "Pod running on node without support for resize"));
  if (hasOwnResources(pod) || hasOwnResources(old)) {
    errors.push(field.fieldForbidden("[]", OWN_RESOURCES));
    return errors;
  }
  if (!checkOrder(pod.spec, old.spec, errors)) return errors;
  for (const [i, container] of (old.spec.initContainers ?? []).entries())
    if (isSidecar(container))
      checkNothingRemoved(pod.spec.initContainers![i]!, container, `spec.initContainers[${i}]`, errors);
  for (const [i, container] of old.spec.containers.entries())
    checkNothingRemoved(pod.spec.containers[i]!, container, `spec.containers[${i}]`, errors);
  checkMutable(pod.spec, old.spec, errors);
  return errors;
}

/** Writes of parts of a pod through their own subresources. */
export const podSubresources = {
  ephemeralcontainers: { prepareForUpdate: prepareEphemeralContainers, validateUpdate: validateEphemeralContainers },
  resize: { prepareForUpdate: prepareResize, validateUpdate: validateResize },
};
