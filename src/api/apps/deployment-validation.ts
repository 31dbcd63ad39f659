// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type {
  Deployment,
  DeploymentSpec,
  DeploymentStrategy,
  RollingUpdateDeployment,
} from "../generated/v1.35/apps-v1.ts";
import {
  checkAtMost,
  checkCollisionCount,
  checkCounters,
  checkSelectorChange,
  validateReplicated,
} from "../shared/workload-validation.ts";
import { checkNonNegative, type Errors } from "../validation/checks.ts";
import { checkAtMostAll, checkIntOrPercent, intOrPercentAmount } from "../validation/int-or-percent.ts";
import { internalForm } from "../validation/internal-form.ts";

function validateRollingUpdate(rollingUpdate: RollingUpdateDeployment, path: string, errors: Errors): void {
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
  checkIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  checkIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
  if (intOrPercentAmount(maxUnavailable) === 0 && intOrPercentAmount(maxSurge) === 0)
    errors.push(field.invalid(`${path}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  checkAtMostAll(maxUnavailable, `${path}.maxUnavailable`, errors);
}

function validateStrategy(strategy: DeploymentStrategy, path: string, errors: Errors): void {
  const { type, rollingUpdate } = strategy;
  if (type === "Recreate") {
    if (rollingUpdate)
      errors.push(
        field.fieldForbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'"),
      );
  } else if (type === "RollingUpdate") {
    if (rollingUpdate) validateRollingUpdate(rollingUpdate, `${path}.rollingUpdate`, errors);
    else errors.push(field.required(`${path}.rollingUpdate`, "this should be defaulted and never be nil"));
  } else
    errors.push(field.notSupported(path, internalForm("DeploymentStrategy", strategy), ["Recreate", "RollingUpdate"]));
}

function validateSpec(spec: DeploymentSpec, errors: Errors): void {
  checkNonNegative(spec.replicas, "spec.replicas", errors);
  validateReplicated(spec.selector, spec.template, errors);
  validateStrategy(spec.strategy ?? {}, "spec.strategy", errors);
  checkNonNegative(spec.minReadySeconds, "spec.minReadySeconds", errors);
  checkNonNegative(spec.revisionHistoryLimit, "spec.revisionHistoryLimit", errors);
  const deadline = spec.progressDeadlineSeconds;
  checkNonNegative(deadline, "spec.progressDeadlineSeconds", errors);
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0))
    errors.push(field.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"));
}

/** What is wrong with a deployment. */
export function validateDeployment({ spec }: Deployment): Errors {
  const errors: Errors = [];
  validateSpec(spec, errors);
  return errors;
}

/** The selector of a deployment stays. */
export function validateDeploymentUpdate({ spec }: Deployment, { spec: old }: Deployment): Errors {
  const errors: Errors = [];
  checkSelectorChange(spec.selector, old.selector, errors);
  return errors;
}

/** What is wrong with the counts that a deployment reports. */
export function validateDeploymentStatus({ status = {} }: Deployment, { status: old = {} }: Deployment): Errors {
  const errors: Errors = [];
  checkCounters(
    status,
    [
      "observedGeneration",
      "replicas",
      "updatedReplicas",
      "readyReplicas",
      "availableReplicas",
      "unavailableReplicas",
      "terminatingReplicas",
      "collisionCount",
    ],
    errors,
  );
  checkAtMost(
    status,
    ["updatedReplicas", "readyReplicas", "availableReplicas"],
    "replicas",
    "cannot be greater than status.replicas",
    errors,
  );
  checkAtMost(status, ["availableReplicas"], "readyReplicas", "cannot be greater than readyReplicas", errors);
  checkCollisionCount(status.collisionCount, old.collisionCount, errors);
  return errors;
}
