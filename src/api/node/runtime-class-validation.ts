// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, nameIsDnsLabel, validateLabels } from "../../apimachinery/index.ts";
import type { Toleration } from "../generated/v1.35/core-v1.ts";
import type { RuntimeClass, Scheduling } from "../generated/v1.35/node-v1.ts";
import { deprecatedNodeLabel } from "../shared/node-label-warnings.ts";
import { validateOverhead } from "../shared/resources.ts";
import { toleratedTaints, validateTolerations } from "../shared/tolerations.ts";
import { checkImmutable, type Errors, pushInvalid } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";

function checkRepeatedTolerations(tolerations: readonly Toleration[], path: string, errors: Errors): void {
  const seen = new Set<string>();
  for (const [i, toleration] of tolerations.entries()) {
    const key = toleratedTaints(toleration);
    if (seen.has(key)) errors.push(field.duplicate(`${path}[${i}]`, internalForm("Toleration", toleration)));
    seen.add(key);
  }
}

function validateScheduling(scheduling: Scheduling, path: string, errors: Errors): void {
  if (scheduling.nodeSelector) errors.push(...validateLabels(scheduling.nodeSelector, `${path}.nodeSelector`));
  const { tolerations } = scheduling;
  validateTolerations(tolerations, `${path}.tolerations`, errors);
  if (tolerations) checkRepeatedTolerations(tolerations, `${path}.tolerations`, errors);
}

/** What is wrong with a runtime class. */
export function validateRuntimeClass({ handler, overhead, scheduling }: RuntimeClass): Errors {
  const errors: Errors = [];
  pushInvalid(nameIsDnsLabel(handler, false), handler, "handler", errors);
  if (overhead) validateOverhead(overhead.podFixed ?? {}, "overhead", errors);
  if (scheduling) validateScheduling(scheduling, "scheduling", errors);
  return errors;
}

/** The handler of a class stays. */
export function validateRuntimeClassUpdate({ handler }: RuntimeClass, { handler: old }: RuntimeClass): Errors {
  const errors: Errors = [];
  checkImmutable(handler, old, "handler", errors);
  return errors;
}

/** Warnings about labels of nodes that have new names. */
export function warningsForRuntimeClass({ scheduling }: RuntimeClass): string[] {
  const keys = Object.keys(scheduling?.nodeSelector ?? {}).sort();
  return keys.flatMap((key) => {
    const message = deprecatedNodeLabel(key);
    return message ? [`scheduling.nodeSelector: ${message}`] : [];
  });
}
