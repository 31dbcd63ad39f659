// SPDX-License-Identifier: Apache-2.0

import {
  compareQuantities,
  fieldError as field,
  qualifiedNameErrors,
  quantityValue,
  sameJson,
  sentEmpty,
} from "../../apimachinery/index.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "../generated/v1.35/core-v1.ts";
import { validateClaimSpec } from "../shared/persistent-volume-claim-spec.ts";
import { checkResourceAmount, isNativeResource } from "../shared/resource-names.ts";
import { BETA_STORAGE_CLASS } from "../shared/storage-text.ts";
import {
  checkImmutableChoice,
  checkSupported,
  type Errors,
  IMMUTABLE,
  pushInvalid,
  samePointer,
} from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { unifiedDiff } from "../validation/unified-diff.ts";

/** What is wrong with a claim. */
export function validateClaim(claim: PersistentVolumeClaim, old?: PersistentVolumeClaim): Errors {
  const errors: Errors = [];
  const { dataSource, dataSourceRef } = old?.spec ?? {};
  const anySourceGroup = (dataSource?.apiGroup ?? dataSourceRef?.apiGroup ?? undefined) !== undefined;
  validateClaimSpec(claim.spec, "spec", errors, { anySourceGroup });
  return errors;
}

const annotatedClass = (claim: PersistentVolumeClaim): string | undefined =>
  claim.metadata.annotations?.[BETA_STORAGE_CLASS];

/** The class moves from the annotation of old into the field. */
function movesClassFromAnnotation(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const before = annotatedClass(old);
  const now = annotatedClass(claim);
  return (
    before !== undefined &&
    old.spec.storageClassName === undefined &&
    claim.spec.storageClassName === before &&
    (now === undefined || now === before)
  );
}

/** The class is set where there was none. */
function setsFirstClass(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const before = annotatedClass(old);
  const { storageClassName } = claim.spec;
  return (
    storageClassName !== undefined &&
    old.spec.storageClassName === undefined &&
    (before === undefined || before === storageClassName)
  );
}

/** The new spec with everything undone that may change. */
function mungedSpec(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  errors: Errors,
): PersistentVolumeClaimSpec {
  const munged: PersistentVolumeClaimSpec = { ...claim.spec };
  if (sentEmpty(claim.spec, "accessModes")) munged.accessModes = [];
  if (movesClassFromAnnotation(claim, old)) delete munged.storageClassName;
  else {
    const [now, before] = [annotatedClass(claim) ?? "", annotatedClass(old) ?? ""];
    if (now !== before) errors.push(field.invalid(`metadata.annotations.${BETA_STORAGE_CLASS}`, now, IMMUTABLE));
    if (setsFirstClass(claim, old)) delete munged.storageClassName;
  }
  if (claim.status?.phase !== "Bound") return munged;
  const storage = old.spec.resources?.requests?.["storage"];
  if (munged.resources?.requests && storage !== undefined)
    munged.resources = { ...munged.resources, requests: { ...munged.resources.requests, storage } };
  if (old.spec.volumeAttributesClassName === undefined) delete munged.volumeAttributesClassName;
  else munged.volumeAttributesClassName = old.spec.volumeAttributesClassName;
  return munged;
}

function checkSpecUnchanged(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: Errors): void {
  const munged = mungedSpec(claim, old, errors);
  const before = { ...old.spec };
  if (!before.volumeName && munged.volumeName) before.volumeName = munged.volumeName;
  const pointers = ["selector", "dataSource", "dataSourceRef"] as const;
  if (pointers.every((name) => samePointer(munged[name], before[name])) && sameJson(munged, before)) return;
  const [form, oldForm] = ["PersistentVolumeClaimSpec"].flatMap((type) => [
    internalForm(type, munged),
    internalForm(type, before),
  ]);
  errors.push(
    field.fieldForbidden(
      "spec",
      `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${unifiedDiff(oldForm, form)}`,
    ),
  );
}

function checkShrinking(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: Errors): void {
  const now = claim.spec.resources?.requests?.["storage"] ?? "0";
  const before = old.spec.resources?.requests?.["storage"] ?? "0";
  if (compareQuantities(now, before) >= 0) return;
  if (compareQuantities(now, old.status?.capacity?.["storage"] ?? "0") <= 0)
    errors.push(field.fieldForbidden("spec.resources.requests.storage", "field can not be less than status.capacity"));
}

/** What is wrong with a change of a claim. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): Errors {
  const errors = validateClaim(claim, old);
  checkSpecUnchanged(claim, old, errors);
  checkShrinking(claim, old, errors);
  checkImmutableChoice(claim.spec.volumeMode, old.spec.volumeMode, "volumeMode", errors);
  const now = claim.spec.volumeAttributesClassName;
  if (now !== old.spec.volumeAttributesClassName && old.status?.currentVolumeAttributesClassName !== undefined && !now)
    errors.push(
      field.fieldForbidden(
        "spec.volumeAttributesClassName",
        `update to ${now === "" ? "empty string" : "nil"} is forbidden when status.currentVolumeAttributesClassName is not nil`,
      ),
    );
  return errors;
}

const RESIZE_STATUSES = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizeInProgress",
  "NodeResizeInfeasible",
  "NodeResizePending",
].sort();

/** The name of a resource of a claim: storage, or one with a domain. */
function checkResourceKey(name: string, path: string, errors: Errors): boolean {
  const messages = qualifiedNameErrors(name);
  pushInvalid(messages, name, path, errors);
  if (messages.length > 0) return false;
  if (!isNativeResource(name) || name === "storage") return true;
  errors.push(field.notSupported(path, name, ["storage"]));
  return false;
}

function checkBasicAmount(amount: string, path: string, errors: Errors): boolean {
  const value = quantityValue(amount);
  if (value >= 0) return true;
  errors.push(field.invalid(path, value, "must be a valid resource quantity"));
  return false;
}

/** What is wrong with a change of a claim's status. */
export function validateClaimStatusUpdate(claim: PersistentVolumeClaim): Errors {
  const errors: Errors = [];
  if (!claim.spec.accessModes?.length) errors.push(field.required("Spec.accessModes"));
  const { capacity = {}, allocatedResourceStatuses = {}, allocatedResources = {} } = claim.status ?? {};
  for (const name in capacity) checkBasicAmount(capacity[name]!, `status.capacity[${name}]`, errors);
  for (const name in allocatedResourceStatuses) {
    checkResourceKey(name, "status.allocatedResourceStatuses", errors);
    if (!RESIZE_STATUSES.includes(allocatedResourceStatuses[name]!))
      checkSupported(name, "status.allocatedResourceStatuses", RESIZE_STATUSES, errors);
  }
  for (const name in allocatedResources) {
    const path = `status.allocatedResources[${name}]`;
    if (!checkResourceKey(name, "status.allocatedResources", errors)) continue;
    if (checkBasicAmount(allocatedResources[name]!, path, errors))
      checkResourceAmount("storage", allocatedResources[name]!, path, errors);
  }
  return errors;
}
