// SPDX-License-Identifier: Apache-2.0

import { equalJson, fieldError as field, inclusiveRangeMessage, withChanges } from "../../apimachinery/index.ts";
import type {
  Container,
  NodeAffinity,
  NodeSelectorTerm,
  Pod,
  PodSchedulingGate,
  PodSpec,
} from "../generated/v1.35/core-v1.ts";
import { checkImageTrimmed } from "../shared/container.ts";
import {
  MIRROR_POD,
  validateAnnotationsAgree,
  validatePodAnnotations,
  validatePodAnnotationsUpdate,
} from "../shared/pod-annotations.ts";
import { validatePodSpec } from "../shared/pod-spec.ts";
import { validateAddedTolerations } from "../shared/tolerations.ts";
import type { Errors } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { unifiedDiff } from "../validation/unified-diff.ts";

const MAX_INT32 = 2 ** 31 - 1;

function checkTokensHaveAccount(spec: PodSpec, errors: Errors): void {
  if (spec.serviceAccountName) return;
  for (const [i, volume] of (spec.volumes ?? []).entries())
    for (const [j, source] of (volume.projected?.sources ?? []).entries())
      if (source.serviceAccountToken)
        errors.push(
          field.fieldForbidden(
            `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`,
            "must not be specified when serviceAccountName is not set",
          ),
        );
}

/** Annotations and spec of a pod, new or changed. */
export function validatePodBody(pod: Pod, errors: Errors): void {
  const { metadata, spec } = pod;
  validatePodAnnotations(metadata.annotations, spec, "metadata.annotations", errors);
  const isMirror = metadata.annotations?.[MIRROR_POD] !== undefined;
  validatePodSpec(spec, { name: metadata.name, isMirror }, "spec", errors);
  checkTokensHaveAccount(spec, errors);
  for (const [i, container] of (spec.containers ?? []).entries())
    checkImageTrimmed(container, `spec.containers[${i}]`, errors);
  for (const [i, container] of (spec.initContainers ?? []).entries())
    checkImageTrimmed(container, `spec.initContainers[${i}]`, errors);
}

/** What is wrong with a new pod. */
export function validatePod(pod: Pod): Errors {
  const errors: Errors = [];
  validatePodBody(pod, errors);
  const { spec } = pod;
  if (spec.ephemeralContainers?.length)
    errors.push(field.fieldForbidden("spec.ephemeralContainers", "cannot be set on create"));
  if (spec.nodeName && spec.schedulingGates?.length)
    errors.push(field.fieldForbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"));
  validateAnnotationsAgree(pod.metadata, spec, "spec", errors);
  return errors;
}

/** Answers false when the containers cannot be compared at all. */
function checkContainers(containers: Container[], old: Container[], path: string, errors: Errors): boolean {
  if (containers.length !== old.length) {
    errors.push(field.fieldForbidden(path, "pod updates may not add or remove containers"));
    return false;
  }
  for (const [i, container] of containers.entries()) {
    if (!container.image) errors.push(field.required(`${path}[${i}].image`));
    checkImageTrimmed(container, `${path}[${i}]`, errors);
  }
  return true;
}

function checkDeadline(spec: PodSpec, old: PodSpec, errors: Errors): boolean {
  const path = "spec.activeDeadlineSeconds";
  const [now, before] = [spec.activeDeadlineSeconds, old.activeDeadlineSeconds];
  if (now === undefined) {
    if (before !== undefined)
      errors.push(field.invalid(path, null, "must not update from a positive integer to nil value"));
    return true;
  }
  if (now < 0 || now > MAX_INT32) {
    errors.push(field.invalid(path, now, inclusiveRangeMessage(0, MAX_INT32)));
    return false;
  }
  if (before !== undefined && before < now) {
    errors.push(field.invalid(path, now, "must be less than or equal to previous value"));
    return false;
  }
  return true;
}

function checkGates(gates: PodSchedulingGate[] = [], old: PodSchedulingGate[] = [], errors: Errors): void {
  for (const [i, gate] of gates.entries())
    if (!old.some((before) => before.name === gate.name))
      errors.push(
        field.fieldForbidden(
          `spec.schedulingGates[${i}].name`,
          `only deletion is allowed, but found new scheduling gate '${gate.name}'`,
        ),
      );
}

function hasOnlyAdditions(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = ["matchExpressions", "matchFields"] as const;
  if (lists.every((list) => !old[list]?.length)) return lists.every((list) => !term[list]?.length);
  return lists.every((list) => {
    const before = old[list] ?? [];
    return equalJson((term[list] ?? []).slice(0, before.length), before);
  });
}

function checkNodeAffinity(affinity: NodeAffinity | undefined, old: NodeAffinity | undefined, errors: Errors): void {
  const before = old?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (!before?.length) return;
  const now = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const path = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
  const shown = now.map((term) => internalForm("NodeSelectorTerm", term));
  if (now.length !== before.length) {
    errors.push(
      field.invalid(
        path,
        affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ? shown : null,
        "no additions/deletions to non-empty NodeSelectorTerms list are allowed",
      ),
    );
    return;
  }
  for (const [i, term] of now.entries())
    if (!hasOnlyAdditions(term, before[i]!))
      errors.push(field.invalid(`${path}[${i}]`, shown[i], "only additions are allowed (no mutations or deletions)"));
}

/** A gated pod may be narrowed to fewer nodes; `munged` gets the old values where that was the change. */
function allowGatedChanges(munged: PodSpec, old: PodSpec, errors: Errors): void {
  if (!old.schedulingGates?.length) return;
  if (!equalJson(munged.nodeSelector, old.nodeSelector)) {
    const now = munged.nodeSelector ?? {};
    if (Object.entries(old.nodeSelector ?? {}).some(([key, value]) => now[key] !== value))
      errors.push(
        field.invalid(
          "spec.nodeSelector",
          munged.nodeSelector,
          "only additions to spec.nodeSelector are allowed (no mutations or deletions)",
        ),
      );
    munged.nodeSelector = old.nodeSelector;
  }
  const [now, before] = [munged.affinity?.nodeAffinity, old.affinity?.nodeAffinity];
  if (equalJson(now, before)) return;
  checkNodeAffinity(now, before, errors);
  const affinity = { ...munged.affinity, nodeAffinity: before };
  munged.affinity = equalJson(affinity, {}) && !old.affinity ? undefined : affinity;
}

const UPDATABLE = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

const withImagesOf = (containers: Container[] | undefined, old: Container[] | undefined): Container[] | undefined =>
  containers?.map((container, i) => withChanges(container, { image: old?.[i]?.image }));

function checkNothingElse(spec: PodSpec, old: PodSpec, errors: Errors): void {
  if (equalJson(spec, old)) return;
  const munged: PodSpec = withChanges(spec, {
    containers: withImagesOf(spec.containers, old.containers)!,
    initContainers: withImagesOf(spec.initContainers, old.initContainers),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    schedulingGates: old.schedulingGates,
    tolerations: old.tolerations,
  });
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1)
    munged.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds;
  allowGatedChanges(munged, old, errors);
  if (equalJson(munged, old)) return;
  const difference = unifiedDiff(internalForm("PodSpec", old), internalForm("PodSpec", munged));
  errors.push(field.fieldForbidden("spec", `pod updates may not change fields other than ${UPDATABLE}\n${difference}`));
}

/** What is wrong with a change of a pod by its main resource. */
export function validatePodUpdate(pod: Pod, old: Pod): Errors {
  const errors: Errors = [];
  validatePodBody(pod, errors);
  const { spec } = pod;
  validatePodAnnotationsUpdate(pod.metadata.annotations, old.metadata.annotations, "metadata.annotations", errors);
  validatePodAnnotations(pod.metadata.annotations, spec, "metadata.annotations", errors);
  if (!checkContainers(spec.containers ?? [], old.spec.containers ?? [], "spec.containers", errors)) return errors;
  if (!checkContainers(spec.initContainers ?? [], old.spec.initContainers ?? [], "spec.initContainers", errors))
    return errors;
  if (!checkDeadline(spec, old.spec, errors)) return errors;
  validateAddedTolerations(spec.tolerations, old.spec.tolerations, "spec.tolerations", errors);
  checkGates(spec.schedulingGates, old.spec.schedulingGates, errors);
  checkNothingElse(spec, old.spec, errors);
  return errors;
}
