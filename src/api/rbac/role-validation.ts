// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, validateLabelSelector } from "../../apimachinery/index.ts";
import type { AggregationRule, ClusterRole, PolicyRule, Role } from "../generated/v1.35/rbac-v1.ts";
import { readSelector } from "../shared/workload-validation.ts";
import type { Errors } from "../validation/checks.ts";

function validateRule(rule: PolicyRule, namespaced: boolean, path: string, errors: Errors): void {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs: urls } = rule;
  if (!verbs?.length) errors.push(field.required(`${path}.verbs`, "verbs must contain at least one value"));
  if (urls?.length) {
    const at = `${path}.nonResourceURLs`;
    if (namespaced) errors.push(field.invalid(at, urls, "namespaced rules cannot apply to non-resource URLs"));
    if (apiGroups?.length || resources?.length || resourceNames?.length)
      errors.push(field.invalid(at, urls, "rules cannot apply to both regular resources and non-resource URLs"));
    return;
  }
  if (!apiGroups?.length)
    errors.push(field.required(`${path}.apiGroups`, "resource rules must supply at least one api group"));
  if (!resources?.length)
    errors.push(field.required(`${path}.resources`, "resource rules must supply at least one resource"));
}

function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean, errors: Errors): void {
  for (const [i, rule] of (rules ?? []).entries()) validateRule(rule, namespaced, `rules[${i}]`, errors);
}

/** What is wrong with a role. */
export function validateRole({ rules }: Role): Errors {
  const errors: Errors = [];
  validateRules(rules, true, errors);
  return errors;
}

function validateAggregation(rule: AggregationRule, errors: Errors): void {
  const path = "aggregationRule.clusterRoleSelectors";
  const selectors = rule.clusterRoleSelectors ?? [];
  if (selectors.length === 0)
    errors.push(field.required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"));
  for (const [i, selector] of selectors.entries()) {
    errors.push(...validateLabelSelector(selector, `${path}[${i}]`));
    if (!readSelector(selector)) errors.push(field.invalid(`${path}[${i}]`, null, "invalid label selector."));
  }
}

/** What is wrong with a cluster role. */
export function validateClusterRole({ rules, aggregationRule }: ClusterRole): Errors {
  const errors: Errors = [];
  validateRules(rules, false, errors);
  if (aggregationRule) validateAggregation(aggregationRule, errors);
  return errors;
}
