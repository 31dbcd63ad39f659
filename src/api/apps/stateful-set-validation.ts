// SPDX-License-Identifier: Apache-2.0

import { equalJson, fieldError as field } from "../../apimachinery/index.ts";
import type { StatefulSet, StatefulSetSpec } from "../generated/v1.35/apps-v1.ts";
import type { PodTemplateSpec, Volume } from "../generated/v1.35/core-v1.ts";
import { validateClaimSpec } from "../shared/persistent-volume-claim-spec.ts";
import { validatePodTemplate, validateTemplateMetadata } from "../shared/pod-template.ts";
import {
  checkAtMost,
  checkCollisionCount,
  checkCounters,
  checkRunsForever,
  checkTemplateLabels,
  checkWorkloadSelector,
  readSelector,
} from "../shared/workload-validation.ts";
import { checkDnsLabel, checkNonNegative, checkSupported, type Errors } from "../validation/checks.ts";
import { checkAtMostAll, checkIntOrPercent, intOrPercentAmount } from "../validation/int-or-percent.ts";
import { internalForm } from "../validation/internal-form.ts";
import { printedSelector } from "../validation/printed.ts";

const RETENTION_POLICIES = ["Retain", "Delete"];
const UPDATABLE =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

function validateUpdateStrategy(spec: StatefulSetSpec, path: string, errors: Errors): void {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  if (!type) errors.push(field.required(path));
  else if (type === "OnDelete") {
    if (rollingUpdate)
      errors.push(
        field.invalid(
          `${path}.rollingUpdate`,
          internalForm("RollingUpdateStatefulSetStrategy", rollingUpdate),
          "only allowed for updateStrategy 'RollingUpdate'",
        ),
      );
  } else if (type !== "RollingUpdate")
    errors.push(
      field.invalid(
        path,
        internalForm("StatefulSetUpdateStrategy", spec.updateStrategy),
        "must be 'RollingUpdate' or 'OnDelete'",
      ),
    );
  else if (rollingUpdate) {
    checkNonNegative(rollingUpdate.partition, `${path}.rollingUpdate.partition`, errors);
    const max = rollingUpdate.maxUnavailable;
    if (max === undefined) return;
    const at = `${path}.rollingUpdate.maxUnavailable`;
    checkIntOrPercent(max, at, errors);
    if (intOrPercentAmount(max) === 0) errors.push(field.invalid(at, max, "cannot be 0"));
    checkAtMostAll(max, at, errors);
  }
}

/** The template as its pods see it: claims made from templates are volumes too, and each pod has its own host name. */
function templateOfPods({ template, volumeClaimTemplates: claims = [] }: StatefulSetSpec): PodTemplateSpec {
  if (!template.spec) return template;
  const { hostname: _hostname, subdomain: _subdomain, ...spec } = template.spec;
  if (claims.length === 0) return { ...template, spec };
  const names = new Set(claims.map((claim) => claim.metadata.name ?? ""));
  const volumes: Volume[] = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  volumes.push(...(spec.volumes ?? []).filter((volume) => !names.has(volume.name)));
  return { ...template, spec: { ...spec, volumes } };
}

/** The metadata is checked apart, too: its mistakes are told twice, as upstream does. */
function validateTemplate(spec: StatefulSetSpec, onlyMetadata: boolean, errors: Errors): void {
  const path = "spec.template";
  const template = templateOfPods(spec);
  if (!onlyMetadata) validatePodTemplate(template, path, errors);
  validateTemplateMetadata(template, path, errors);
}

function validateClaims(spec: StatefulSetSpec, errors: Errors): void {
  const path = "spec.persistentVolumeClaimRetentionPolicy";
  const policy = spec.persistentVolumeClaimRetentionPolicy;
  if (!policy) return;
  checkSupported(policy.whenDeleted ?? "", `${path}.whenDeleted`, RETENTION_POLICIES, errors);
  checkSupported(policy.whenScaled ?? "", `${path}.whenScaled`, RETENTION_POLICIES, errors);
}

function validateClaimTemplates(spec: StatefulSetSpec, errors: Errors): void {
  for (const [i, claim] of (spec.volumeClaimTemplates ?? []).entries())
    validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`, errors);
}

/** A set that was accepted when templates were not checked may stay as it is wrong. */
function isWrong(old: StatefulSetSpec): boolean {
  const errors: Errors = [];
  validateSpec(old, undefined, errors);
  return errors.length > 0;
}

function validateSpec(spec: StatefulSetSpec, old: StatefulSetSpec | undefined, errors: Errors): void {
  const management = spec.podManagementPolicy;
  if (!management) errors.push(field.required("spec.podManagementPolicy"));
  else if (management !== "OrderedReady" && management !== "Parallel")
    errors.push(field.invalidNamed("spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'"));
  validateUpdateStrategy(spec, "spec.updateStrategy", errors);
  validateClaims(spec, errors);
  if (!old) validateClaimTemplates(spec, errors);
  checkNonNegative(spec.replicas, "spec.replicas", errors);
  checkNonNegative(spec.minReadySeconds, "spec.minReadySeconds", errors);
  checkNonNegative(spec.ordinals?.start, "spec.ordinals.start", errors);
  if (!old && spec.serviceName) checkDnsLabel(spec.serviceName, "spec.serviceName", errors);
  checkWorkloadSelector(spec.selector, "statefulset", "spec.selector", errors);
  const selector = readSelector(spec.selector);
  if (selector) {
    if (!selector.matchesEverything) checkTemplateLabels(spec.template, selector, "spec.template", errors);
    validateTemplate(spec, old !== undefined && isWrong(old), errors);
  } else errors.push(field.invalid("spec.selector", printedSelector(spec.selector), ""));
  checkRunsForever(spec.template, "StatefulSet", "spec.template", errors);
}

/** What is wrong with a stateful set. */
export function validateStatefulSet({ spec }: StatefulSet): Errors {
  const errors: Errors = [];
  validateSpec(spec, undefined, errors);
  return errors;
}

/** What is wrong with the change of a stateful set, and with the set after it. */
export function validateStatefulSetUpdate({ spec }: StatefulSet, { spec: old }: StatefulSet): Errors {
  const errors: Errors = [];
  validateSpec(spec, old, errors);
  const fixed = ({ podManagementPolicy, selector, serviceName, volumeClaimTemplates }: StatefulSetSpec): unknown => ({
    podManagementPolicy,
    selector,
    serviceName: serviceName ?? "",
    volumeClaimTemplates: volumeClaimTemplates ?? [],
  });
  if (!equalJson(fixed(spec), fixed(old))) errors.push(field.fieldForbidden("spec", UPDATABLE));
  return errors;
}

/** What is wrong with the counts that a stateful set reports. */
export function validateStatefulSetStatus({ status }: StatefulSet, { status: old }: StatefulSet): Errors {
  const errors: Errors = [];
  if (!status) return errors;
  const counts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"] as const;
  checkCounters(status, ["replicas", ...counts, "observedGeneration", "collisionCount"], errors);
  checkAtMost(status, counts, "replicas", "cannot be greater than status.replicas", errors);
  checkAtMost(status, ["availableReplicas"], "readyReplicas", "cannot be greater than status.readyReplicas", errors);
  checkCollisionCount(status.collisionCount, old?.collisionCount, errors);
  return errors;
}
