// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, validateLabelSelector } from "../../apimachinery/index.ts";
import type { TopologySpreadConstraint } from "../generated/v1.35/core-v1.ts";
import { checkPositive, checkSupported, type Errors } from "../validation/checks.ts";
import { validateLabelKeys } from "./affinity.ts";

const ACTIONS = ["DoNotSchedule", "ScheduleAnyway"];
const NODE_POLICIES = ["Honor", "Ignore"];

function checkNotRepeated(
  constraint: TopologySpreadConstraint,
  rest: readonly TopologySpreadConstraint[],
  path: string,
  errors: Errors,
): void {
  const { topologyKey, whenUnsatisfiable } = constraint;
  if (rest.some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable))
    errors.push(field.duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
}

function checkMinDomains(constraint: TopologySpreadConstraint, path: string, errors: Errors): void {
  const { minDomains, whenUnsatisfiable } = constraint;
  if (minDomains === undefined) return;
  checkPositive(minDomains, path, errors);
  if (whenUnsatisfiable !== "DoNotSchedule")
    errors.push(
      field.invalid(
        path,
        minDomains,
        `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
      ),
    );
}

/** How pods are spread over domains. */
export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: string,
  errors: Errors,
): void {
  if (!constraints) return;
  for (const [i, constraint] of constraints.entries()) {
    const at = `${path}[${i}]`;
    checkPositive(constraint.maxSkew, `${at}.maxSkew`, errors);
    if (!constraint.topologyKey) errors.push(field.required(`${at}.topologyKey`, "can not be empty"));
    checkSupported(constraint.whenUnsatisfiable, `${at}.whenUnsatisfiable`, ACTIONS, errors);
    checkNotRepeated(constraint, constraints.slice(i + 1), at, errors);
    checkMinDomains(constraint, `${at}.minDomains`, errors);
    for (const name of ["nodeAffinityPolicy", "nodeTaintsPolicy"] as const)
      if (constraint[name] !== undefined) checkSupported(constraint[name], `${at}.${name}`, NODE_POLICIES, errors);
    validateLabelKeys(constraint, at, errors);
    errors.push(...validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`));
  }
}
