// SPDX-License-Identifier: Apache-2.0

import {
  copyJson,
  fieldError,
  invalidObject,
  sameJson,
  type DeepReadonly,
  type FieldError,
  type KubeObject,
} from "../../apimachinery/index.ts";
import type { Container, Pod } from "../../api/index.ts";
import { qosClassOf } from "../../rules/index.ts";
import type { ResourceHooks } from "../resource-hooks.ts";

const RESIZABLE = new Set(["cpu", "memory"]);

type OldPod = DeepReadonly<Pod>;

/** Everything of the old pod but what `change` takes over from the new one; a changed spec grows the generation. */
function keepAllBut(object: KubeObject, old: OldPod, change: (pod: Pod) => void): void {
  const pod = object as Pod;
  const wanted = pod.spec;
  const kept = copyJson(old) as Pod;
  pod.spec = kept.spec;
  change({ ...pod, spec: wanted });
  if (kept.status) pod.status = kept.status;
  else delete pod.status;
  const { labels, annotations, ownerReferences, finalizers } = kept.metadata;
  Object.assign(pod.metadata, { labels, annotations, ownerReferences, finalizers });
  for (const field of ["labels", "annotations", "ownerReferences", "finalizers"] as const) {
    if (pod.metadata[field] === undefined) delete pod.metadata[field];
  }
  if (!sameJson(pod.spec, old.spec)) pod.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

function check(pod: Pod, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: "", kind: "Pod" }, pod.metadata.name ?? "", errors);
}

function ephemeralErrors(pod: Pod, old: OldPod): FieldError[] {
  const path = "spec.ephemeralContainers";
  const errors: FieldError[] = [];
  if (old.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) {
    errors.push(fieldError.fieldForbidden("", "static pods do not support ephemeral containers"));
  }
  for (const before of old.spec.ephemeralContainers ?? []) {
    const now = pod.spec.ephemeralContainers?.find(({ name }) => name === before.name);
    const name = JSON.stringify(before.name);
    if (!now)
      errors.push(fieldError.fieldForbidden(path, `existing ephemeral containers ${name} may not be removed\n`));
    else if (!sameJson(now, before)) {
      errors.push(fieldError.fieldForbidden(path, `existing ephemeral containers ${name} may not be changed\n`));
    }
  }
  return [...errors, ...newEphemeralErrors(pod, old)];
}

function newEphemeralErrors(pod: Pod, old: OldPod): FieldError[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  const known = new Set((old.spec.ephemeralContainers ?? []).map(({ name }) => name));
  const taken = new Set([...initContainers, ...containers].map(({ name }) => name));
  const errors: FieldError[] = [];
  for (const [i, container] of ephemeralContainers.entries()) {
    const path = `spec.ephemeralContainers[${i}]`;
    if (!container.name) errors.push(fieldError.required(`${path}.name`));
    else if (taken.has(container.name)) errors.push(fieldError.duplicate(`${path}.name`, container.name));
    taken.add(container.name);
    if (known.has(container.name)) continue;
    if (!container.image) errors.push(fieldError.required(`${path}.image`));
    const target = container.targetContainerName;
    if (target && ![...initContainers, ...containers].some(({ name }) => name === target)) {
      errors.push(fieldError.fieldNotFound(`${path}.targetContainerName`, target));
    }
    for (const field of [
      "ports",
      "livenessProbe",
      "readinessProbe",
      "startupProbe",
      "lifecycle",
      "resources",
    ] as const) {
      const value = container[field];
      if (value === undefined || sameJson(value, {})) continue;
      errors.push(fieldError.fieldForbidden(`${path}.${field}`, "cannot be set for an Ephemeral Container"));
    }
  }
  return errors;
}

function changedResources(container: DeepReadonly<Container>, old: DeepReadonly<Container> | undefined): Set<string> {
  const changed = new Set<string>();
  for (const list of ["requests", "limits"] as const) {
    const [now, before] = [container.resources?.[list] ?? {}, old?.resources?.[list] ?? {}];
    for (const name of new Set([...Object.keys(now), ...Object.keys(before)])) {
      if (now[name] !== before[name]) changed.add(name);
    }
  }
  return changed;
}

function resizeErrors(pod: Pod, old: OldPod): FieldError[] {
  const errors: FieldError[] = [];
  if (old.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) {
    errors.push(fieldError.fieldForbidden("", "static pods cannot be resized"));
  }
  if (qosClassOf(pod) !== qosClassOf(old as Pod)) {
    errors.push(fieldError.invalid("spec", qosClassOf(pod), "Pod QOS Class may not change as a result of resizing"));
  }
  for (const [i, container] of pod.spec.containers.entries()) {
    const others = [...changedResources(container, old.spec.containers[i])].filter((name) => !RESIZABLE.has(name));
    if (others.length === 0) continue;
    errors.push(
      fieldError.fieldForbidden(`spec.containers[${i}].resources`, "only cpu and memory resources are mutable"),
    );
  }
  return errors;
}

/** Takes over the resources of containers that both pods have. */
function takeResources(pod: Pod, wanted: Pod): void {
  const take = (containers: Container[] | undefined, from: readonly Container[] | undefined): void => {
    for (const container of containers ?? []) {
      const found = from?.find(({ name }) => name === container.name);
      if (!found) continue;
      if (found.resources) container.resources = found.resources;
      else delete container.resources;
    }
  };
  take(pod.spec.containers, wanted.spec.containers);
  take(pod.spec.initContainers, wanted.spec.initContainers);
}

/** What pods/ephemeralcontainers and pods/resize may change: that, and nothing else. */
export const podHooks: ResourceHooks = {
  prepareSubresource(subresource, object, old) {
    const pod = object as Pod;
    const before = old as OldPod;
    if (subresource === "ephemeralcontainers") {
      keepAllBut(object, before, (wanted) => {
        if (wanted.spec.ephemeralContainers) pod.spec.ephemeralContainers = wanted.spec.ephemeralContainers;
        else delete pod.spec.ephemeralContainers;
      });
      check(pod, ephemeralErrors(pod, before));
    } else if (subresource === "resize") {
      keepAllBut(object, before, (wanted) => takeResources(pod, wanted));
      check(pod, resizeErrors(pod, before));
    }
  },
};
