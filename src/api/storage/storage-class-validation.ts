// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, validateLabelName } from "../../apimachinery/index.ts";
import type { TopologySelectorLabelRequirement, TopologySelectorTerm } from "../generated/v1.35/core-v1.ts";
import type { StorageClass } from "../generated/v1.35/storage-v1.ts";
import { deprecatedNodeLabel } from "../shared/node-label-warnings.ts";
import { checkImmutableChoice, checkSupported, type Errors } from "../validation/checks.ts";
import { checkParameters, checkProvisioner, checkUpdateForbidden, isParametersChange } from "./class-validation.ts";

const RECLAIM_POLICIES = ["Delete", "Retain"];
const BINDING_MODES = ["Immediate", "WaitForFirstConsumer"];

function validateRequirement(requirement: TopologySelectorLabelRequirement, path: string, errors: Errors): void {
  const { key } = requirement;
  const values = requirement.values ?? [];
  if (values.length === 0) errors.push(field.required(`${path}.values`));
  for (const [i, value] of values.entries())
    if (values.indexOf(value) < i) errors.push(field.duplicate(`${path}.values[${i}]`, value));
  errors.push(...validateLabelName(key, `${path}.key`));
}

/** The values of each key, whatever their order: two terms that ask for the same have the same text. */
function textOfTerm(term: TopologySelectorTerm): string {
  const byKey = new Map<string, string>();
  for (const { key, values } of term.matchLabelExpressions ?? [])
    byKey.set(key, JSON.stringify([...new Set(values ?? [])].sort()));
  return JSON.stringify([...byKey].sort());
}

const EMPTY_TERM = "[]";

function validateTopologies(terms: readonly TopologySelectorTerm[], errors: Errors): void {
  // Upstream starts out with as many empty terms as there are terms, so that an empty one is repeated from the start.
  const seen: string[] = terms.map(() => EMPTY_TERM);
  for (const [i, term] of terms.entries()) {
    const path = `allowedTopologies[${i}].matchLabelExpressions`;
    const keys = new Set<string>();
    for (const [j, requirement] of (term.matchLabelExpressions ?? []).entries()) {
      validateRequirement(requirement, `${path}[${j}]`, errors);
      if (keys.has(requirement.key)) errors.push(field.duplicate(`${path}[${j}].key`, requirement.key));
      keys.add(requirement.key);
    }
    const text = textOfTerm(term);
    for (const other of seen) if (other === text) errors.push(field.duplicate(path, ""));
    seen.push(text);
  }
}

/** What is wrong with a storage class. */
export function validateStorageClass(storageClass: StorageClass): Errors {
  const errors: Errors = [];
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies } = storageClass;
  checkProvisioner(provisioner ?? "", "provisioner", errors);
  checkParameters(parameters, true, "parameters", errors);
  if (reclaimPolicy) checkSupported(reclaimPolicy, "reclaimPolicy", RECLAIM_POLICIES, errors);
  if (volumeBindingMode === undefined) errors.push(field.required("volumeBindingMode"));
  else checkSupported(volumeBindingMode, "volumeBindingMode", BINDING_MODES, errors);
  if (allowedTopologies) validateTopologies(allowedTopologies, errors);
  return errors;
}

/** What provisions volumes, and how, stays. */
export function validateStorageClassUpdate(storageClass: StorageClass, old: StorageClass): Errors {
  const errors: Errors = [];
  checkUpdateForbidden(isParametersChange(storageClass, old), "parameters", errors);
  checkUpdateForbidden(storageClass.provisioner !== old.provisioner, "provisioner", errors);
  checkUpdateForbidden(storageClass.reclaimPolicy !== old.reclaimPolicy, "reclaimPolicy", errors);
  checkImmutableChoice(storageClass.volumeBindingMode, old.volumeBindingMode, "volumeBindingMode", errors);
  return errors;
}

/** Warnings about labels of nodes that have new names. */
export const warningsForStorageClass = ({ allowedTopologies }: StorageClass): string[] =>
  (allowedTopologies ?? []).flatMap((term, i) =>
    (term.matchLabelExpressions ?? []).flatMap(({ key }, j) => {
      const message = deprecatedNodeLabel(key);
      return message ? [`allowedTopologies[${i}].matchLabelExpressions[${j}].key: ${message}`] : [];
    }),
  );
