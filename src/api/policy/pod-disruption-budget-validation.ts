// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, validateConditions, validateLabelSelector } from "../../apimachinery/index.ts";
import type { PodDisruptionBudget } from "../generated/v1.35/policy-v1.ts";
import { checkCounters } from "../shared/workload-validation.ts";
import { checkSupported, type Errors } from "../validation/checks.ts";
import { checkAtMostAll, checkIntOrPercent } from "../validation/int-or-percent.ts";
import { internalForm } from "../validation/internal-form.ts";

const EVICTION_POLICIES = ["AlwaysAllow", "IfHealthyBudget"];

/** What is wrong with a disruption budget. */
export function validateDisruptionBudget({ spec = {} }: PodDisruptionBudget): Errors {
  const errors: Errors = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined)
    errors.push(
      field.invalid(
        "spec",
        internalForm("PodDisruptionBudgetSpec", spec),
        "minAvailable and maxUnavailable cannot be both set",
      ),
    );
  for (const name of ["minAvailable", "maxUnavailable"] as const) {
    const amount = spec[name];
    if (amount === undefined) continue;
    checkIntOrPercent(amount, `spec.${name}`, errors);
    checkAtMostAll(amount, `spec.${name}`, errors);
  }
  errors.push(...validateLabelSelector(spec.selector, "spec.selector"));
  const policy = spec.unhealthyPodEvictionPolicy;
  if (policy !== undefined) checkSupported(policy, "spec.unhealthyPodEvictionPolicy", EVICTION_POLICIES, errors);
  return errors;
}

/** What is wrong with the status of a budget. */
export function validateBudgetStatus({ status }: PodDisruptionBudget): Errors {
  const errors: Errors = [];
  if (!status) return errors;
  errors.push(...validateConditions(status.conditions ?? [], "status.conditions"));
  checkCounters(status, ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"], errors);
  return errors;
}
