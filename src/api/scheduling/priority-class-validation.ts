// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { PriorityClass } from "../generated/v1.35/scheduling-v1.ts";
import { checkImmutable, checkRequiredSupported, type Errors } from "../validation/checks.ts";

const SYSTEM_PREFIX = "system-";
const HIGHEST_OF_USERS = 1_000_000_000;
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};
/** Whether a class is one of the system's own. */
export const isSystemPriorityClass = (name: string): boolean => Object.hasOwn(SYSTEM_CLASSES, name);

const POLICIES = ["PreemptLowerPriority", "Never"];

/** Why the class is none of the system's own. */
function systemMistake({ metadata, value, globalDefault = false }: PriorityClass): string | undefined {
  const { name = "" } = metadata;
  const known = SYSTEM_CLASSES[name];
  if (known === undefined) return `${name} is not a known system priority class`;
  if (known !== value) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

/** What is wrong with a new priority class. */
export function validatePriorityClass(priorityClass: PriorityClass): Errors {
  const errors: Errors = [];
  const { metadata, value, preemptionPolicy } = priorityClass;
  if (metadata.name?.startsWith(SYSTEM_PREFIX)) {
    const mistake = systemMistake(priorityClass);
    if (mistake)
      errors.push(
        field.fieldForbidden(
          "metadata.name",
          `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${mistake}`,
        ),
      );
  } else if ((value ?? 0) > HIGHEST_OF_USERS)
    errors.push(
      field.fieldForbidden("value", `maximum allowed value of a user defined priority is ${HIGHEST_OF_USERS}`),
    );
  if (preemptionPolicy !== undefined) checkRequiredSupported(preemptionPolicy, "preemptionPolicy", POLICIES, errors);
  return errors;
}

/** Value and policy of a class stay. */
export function validatePriorityClassUpdate(priorityClass: PriorityClass, old: PriorityClass): Errors {
  const errors: Errors = [];
  if (priorityClass.value !== old.value) errors.push(field.fieldForbidden("value", "may not be changed in an update."));
  checkImmutable(priorityClass.preemptionPolicy, old.preemptionPolicy, "preemptionPolicy", errors);
  return errors;
}
