// SPDX-License-Identifier: Apache-2.0

import {
  fieldError as field,
  labelValueErrors,
  nameIsDnsSubdomain,
  validateLabelName,
} from "../../apimachinery/index.ts";
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from "../generated/v1.35/core-v1.ts";
import { type Errors, invalidChoice, pushInvalid } from "../validation/checks.ts";

const UNKNOWN_OPERATOR = "not a valid selector operator";

/** `anyValue`: values need not be label values (preferred terms). */
function validateExpression(
  requirement: NodeSelectorRequirement,
  anyValue: boolean,
  path: string,
  errors: Errors,
): void {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case "In":
    case "NotIn":
      if (values.length === 0)
        errors.push(field.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0)
        errors.push(
          field.fieldForbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      break;
    case "Gt":
    case "Lt":
      if (values.length !== 1)
        errors.push(field.required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      errors.push(invalidChoice(`${path}.operator`, requirement.operator, UNKNOWN_OPERATOR));
  }
  errors.push(...validateLabelName(requirement.key, `${path}.key`));
  if (anyValue) return;
  for (const [i, value] of values.entries())
    pushInvalid(labelValueErrors(value), value, `${path}.values[${i}]`, errors);
}

function validateFieldExpression(requirement: NodeSelectorRequirement, path: string, errors: Errors): void {
  const values = requirement.values ?? [];
  if (requirement.operator === "In" || requirement.operator === "NotIn") {
    if (values.length !== 1)
      errors.push(
        field.required(
          `${path}.values`,
          "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        ),
      );
  } else errors.push(invalidChoice(`${path}.operator`, requirement.operator, UNKNOWN_OPERATOR));
  if (requirement.key !== "metadata.name") {
    errors.push(field.invalid(`${path}.key`, requirement.key, "not a valid field selector key"));
    return;
  }
  for (const [i, value] of values.entries())
    pushInvalid(nameIsDnsSubdomain(value, false), value, `${path}.values[${i}]`, errors);
}

/** One term: expressions over labels and over fields. */
export function validateNodeSelectorTerm(
  term: NodeSelectorTerm,
  anyValue: boolean,
  path: string,
  errors: Errors,
): void {
  for (const [i, requirement] of (term.matchExpressions ?? []).entries())
    validateExpression(requirement, anyValue, `${path}.matchExpressions[${i}]`, errors);
  for (const [i, requirement] of (term.matchFields ?? []).entries())
    validateFieldExpression(requirement, `${path}.matchFields[${i}]`, errors);
}

/** Terms, of which one must match. */
export function validateNodeSelector(selector: NodeSelector, path: string, errors: Errors): void {
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0)
    errors.push(field.required(`${path}.nodeSelectorTerms`, "must have at least one node selector term"));
  for (const [i, term] of terms.entries())
    validateNodeSelectorTerm(term, false, `${path}.nodeSelectorTerms[${i}]`, errors);
}
