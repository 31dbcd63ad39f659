// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, nameIsDnsSubdomain, sameJson, validateLabelSelector } from "../../apimachinery/index.ts";
import type {
  CSIDriver,
  CSIDriverSpec,
  CSINode,
  CSINodeDriver,
  CSIStorageCapacity,
  TokenRequest,
} from "../generated/v1.35/storage-v1.ts";
import { deprecatedNodeLabel } from "../shared/node-label-warnings.ts";
import { checkNonNegativeQuantity } from "../shared/resource-names.ts";
import { checkCsiDriverName } from "../shared/volume-source-rules.ts";
import {
  checkImmutable,
  checkNonNegative,
  checkQualifiedName,
  checkSupported,
  type Errors,
  IMMUTABLE,
  pushInvalid,
  samePointer,
} from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { printedSelector } from "../validation/printed.ts";

const FS_GROUP_POLICIES = ["File", "None", "ReadWriteOnceWithFSType"];
const LIFECYCLE_MODES = ["Persistent", "Ephemeral"];
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const MIN_PERIOD_SECONDS = 10;
const MAX_NODE_ID_LENGTH = 256;

/** Fills what a driver leaves out. */
export function defaultCsiDriver({ spec }: CSIDriver): void {
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
  if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ["Persistent"];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
}

function validateTokenRequests(requests: readonly TokenRequest[], path: string, errors: Errors): void {
  const audiences = new Set<string>();
  for (const [i, { audience = "", expirationSeconds }] of requests.entries()) {
    const at = `${path}[${i}]`;
    if (audiences.has(audience)) {
      errors.push(field.duplicate(`${at}.audience`, audience));
      continue;
    }
    audiences.add(audience);
    if (expirationSeconds === undefined) continue;
    const refuse = (why: string): number =>
      errors.push(field.invalid(`${at}.expirationSeconds`, expirationSeconds, why));
    if (expirationSeconds < MIN_TOKEN_SECONDS) refuse("may not specify a duration less than 10 minutes");
    if (expirationSeconds > MAX_TOKEN_SECONDS) refuse("may not specify a duration larger than 2^32 seconds");
  }
}

/** What is wrong with a driver. */
export function validateCsiDriver({ spec }: { readonly spec: CSIDriverSpec }): Errors {
  const errors: Errors = [];
  // Upstream names the field so.
  if (spec.attachRequired === undefined) errors.push(field.required("spec.attachedRequired"));
  if (spec.podInfoOnMount === undefined) errors.push(field.required("spec.podInfoOnMount"));
  if (spec.storageCapacity === undefined) errors.push(field.required("spec.storageCapacity"));
  if (spec.fsGroupPolicy !== undefined)
    checkSupported(spec.fsGroupPolicy, "spec.fsGroupPolicy", FS_GROUP_POLICIES, errors);
  validateTokenRequests(spec.tokenRequests ?? [], "spec.tokenRequests", errors);
  for (const mode of spec.volumeLifecycleModes ?? [])
    checkSupported(mode, "spec.volumeLifecycleModes", LIFECYCLE_MODES, errors);
  if (spec.seLinuxMount === undefined) errors.push(field.required("spec.seLinuxMount"));
  const period = spec.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < MIN_PERIOD_SECONDS)
    errors.push(
      field.invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, "must be greater than or equal to 10 seconds"),
    );
  const inSecrets = spec.serviceAccountTokenInSecrets;
  if (inSecrets !== undefined && !spec.tokenRequests?.length)
    errors.push(
      field.invalid(
        "spec.serviceAccountTokenInSecrets",
        inSecrets,
        "serviceAccountTokenInSecrets is set but no tokenRequests are specified",
      ),
    );
  return errors;
}

/** How volumes of a driver are attached, and how long they live, stays. */
export function validateCsiDriverUpdate({ spec }: CSIDriver, { spec: old }: CSIDriver): Errors {
  const errors: Errors = [];
  checkImmutable(spec.attachRequired, old.attachRequired, "spec.attachedRequired", errors);
  checkImmutable(spec.volumeLifecycleModes, old.volumeLifecycleModes, "spec.volumeLifecycleModes", errors);
  return errors;
}

function validateNodeDriver(driver: CSINodeDriver, names: Set<string>, path: string, errors: Errors): void {
  const { name, nodeID, allocatable, topologyKeys } = driver;
  checkCsiDriverName(name, `${path}.name`, errors);
  if (!nodeID) errors.push(field.required(`${path}.nodeID`));
  else if (nodeID.length > MAX_NODE_ID_LENGTH)
    errors.push(field.invalid(`${path}.nodeID`, nodeID, `must be ${MAX_NODE_ID_LENGTH} characters or less`));
  checkNonNegative(allocatable?.count, `${path}.allocatable.count`, errors);
  if (names.has(name)) errors.push(field.duplicate(`${path}.name`, name));
  names.add(name);
  const keys = new Set<string>();
  for (const key of topologyKeys ?? []) {
    if (key === "") errors.push(field.required(path));
    if (keys.has(key)) errors.push(field.duplicate(path, key));
    keys.add(key);
    checkQualifiedName(key, path, errors);
  }
}

/** What is wrong with the drivers of a node. */
export function validateCsiNode({ spec }: CSINode): Errors {
  const errors: Errors = [];
  const names = new Set<string>();
  for (const [i, driver] of (spec.drivers ?? []).entries())
    validateNodeDriver(driver, names, `spec.drivers[${i}]`, errors);
  return errors;
}

/** As messages print it: without how many volumes it can attach, which may change. */
const printedDriver = (driver: CSINodeDriver): object => ({
  ...(internalForm("CSINodeDriver", driver) as object),
  Allocatable: null,
});

const withoutAllocatable = (driver: CSINodeDriver): CSINodeDriver => {
  const rest = { ...driver };
  delete rest.allocatable;
  return rest;
};

/** A driver on a node stays as it is, but for how many volumes it can attach. */
export function validateCsiNodeUpdate({ spec }: CSINode, { spec: old }: CSINode): Errors {
  const errors: Errors = [];
  for (const before of old.drivers ?? [])
    for (const driver of spec.drivers ?? [])
      if (driver.name === before.name && !sameJson(withoutAllocatable(driver), withoutAllocatable(before)))
        errors.push(field.invalid("spec.drivers", printedDriver(driver), IMMUTABLE));
  return errors;
}

/** What is wrong with what a driver says of the space for volumes. */
export function validateCapacity(capacity: CSIStorageCapacity): Errors {
  const errors: Errors = [];
  errors.push(...validateLabelSelector(capacity.nodeTopology, "nodeTopology"));
  const name = capacity.storageClassName;
  pushInvalid(nameIsDnsSubdomain(name, false), name, "storageClassName", errors);
  if (capacity.capacity !== undefined) checkNonNegativeQuantity(capacity.capacity, "capacity", errors);
  return errors;
}

/** What the capacity is of stays. */
export function validateCapacityUpdate(capacity: CSIStorageCapacity, old: CSIStorageCapacity): Errors {
  const errors: Errors = [];
  if (!samePointer(capacity.nodeTopology, old.nodeTopology))
    errors.push(field.invalid("nodeTopology", printedSelector(capacity.nodeTopology) ?? null, IMMUTABLE));
  checkImmutable(capacity.storageClassName, old.storageClassName, "storageClassName", errors);
  return errors;
}

/** Warnings about labels of nodes that have new names. */
export function warningsForCapacity({ nodeTopology }: CSIStorageCapacity): string[] {
  const expressions = (nodeTopology?.matchExpressions ?? []).flatMap(({ key }, i) => {
    const message = deprecatedNodeLabel(key);
    return message ? [`nodeTopology.matchExpressions[${i}].key: ${key} is ${message}`] : [];
  });
  const labels = Object.keys(nodeTopology?.matchLabels ?? {}).flatMap((key) => {
    const message = deprecatedNodeLabel(key);
    return message ? [`nodeTopology.matchLabels.${key}: ${message}`] : [];
  });
  return [...expressions, ...labels];
}
