// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, nameIsPathSegment, validateLabelSelector } from "../../apimachinery/index.ts";
import type {
  MatchCondition,
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from "../generated/v1.35/admissionregistration-v1.ts";
import { checkQualifiedName, checkSupported, type Errors, pushInvalid } from "../validation/checks.ts";

export const FAILURE_POLICIES = ["Fail", "Ignore"];
export const MATCH_POLICIES = ["Equivalent", "Exact"];
const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const SCOPES = ["*", "Cluster", "Namespaced"];
const MAX_CONDITIONS = 64;

/** Resources of a rule, with subresources behind a slash: what a wildcard covers is not named again. */
function validateResources(resources: readonly string[] | undefined, path: string, errors: Errors): void {
  const list = resources ?? [];
  if (list.length === 0) errors.push(field.required(path));
  const allOf = new Set<string>();
  const anywhere = new Set<string>();
  let plain = false;
  for (const [i, text] of list.entries()) {
    const at = `${path}[${i}]`;
    if (text === "") {
      errors.push(field.required(at));
      continue;
    }
    const slash = text.indexOf("/");
    if (slash < 0) {
      // Only the last one counts upstream.
      plain = text !== "*";
      continue;
    }
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)];
    if (allOf.has(resource))
      errors.push(field.invalid(at, text, `if '${resource}/*' is present, must not specify ${text}`));
    if (anywhere.has(subresource))
      errors.push(field.invalid(at, text, `if '*/${subresource}' is present, must not specify ${text}`));
    if (subresource === "*") allOf.add(resource);
    if (resource === "*") anywhere.add(subresource);
  }
  if (list.length > 1 && list.includes("*/*"))
    errors.push(field.invalid(path, list, "if '*/*' is present, must not specify other resources"));
  if (list.includes("*") && plain)
    errors.push(field.invalid(path, list, "if '*' is present, must not specify other resources without subresources"));
}

function checkWildcard(list: readonly string[] | undefined, what: string, path: string, errors: Errors): void {
  if (!list?.length) errors.push(field.required(path));
  else if (list.length > 1 && list.includes("*"))
    errors.push(field.invalid(path, list, `if '*' is present, must not specify other ${what}`));
}

/** The requests that a webhook or a policy looks at. */
export function validateRule(rule: RuleWithOperations, path: string, errors: Errors): void {
  checkWildcard(rule.operations, "operations", `${path}.operations`, errors);
  for (const [i, operation] of (rule.operations ?? []).entries())
    checkSupported(operation, `${path}.operations[${i}]`, OPERATIONS, errors);
  checkWildcard(rule.apiGroups, "API groups", `${path}.apiGroups`, errors);
  checkWildcard(rule.apiVersions, "API versions", `${path}.apiVersions`, errors);
  for (const [i, version] of (rule.apiVersions ?? []).entries())
    if (version === "") errors.push(field.required(`${path}.apiVersions[${i}]`));
  validateResources(rule.resources, `${path}.resources`, errors);
  if (rule.scope !== undefined) checkSupported(rule.scope, `${path}.scope`, SCOPES, errors);
}

function validateNamedRule(rule: NamedRuleWithOperations, path: string, errors: Errors): void {
  const names = rule.resourceNames ?? [];
  for (const [i, name] of names.entries()) {
    const at = `${path}.resourceNames[${i}]`;
    pushInvalid(nameIsPathSegment(name, false), name, at, errors);
    if (names.indexOf(name) < i) errors.push(field.duplicate(at, name));
  }
  validateRule(rule, path, errors);
}

/** The requests and objects that a policy or its binding is about. */
export function validateMatchResources(match: MatchResources, path: string, errors: Errors): void {
  if (match.matchPolicy === undefined) errors.push(field.required(`${path}.matchPolicy`));
  else checkSupported(match.matchPolicy, `${path}.matchPolicy`, MATCH_POLICIES, errors);
  for (const name of ["namespaceSelector", "objectSelector"] as const)
    if (match[name]) errors.push(...validateLabelSelector(match[name], `${path}.${name}`));
    else errors.push(field.required(`${path}.${name}`));
  for (const name of ["resourceRules", "excludeResourceRules"] as const)
    for (const [i, rule] of (match[name] ?? []).entries()) validateNamedRule(rule, `${path}.${name}[${i}]`, errors);
}

/** Fills what a match leaves out. */
export function defaultMatchResources(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= "*";
}

/** Conditions in CEL: what can be said of them without reading their expressions. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  path: string,
  errors: Errors,
): void {
  const list = conditions ?? [];
  if (list.length > MAX_CONDITIONS) errors.push(field.tooMany(path, list.length, MAX_CONDITIONS));
  const names = new Set<string>();
  for (const [i, { name, expression }] of list.entries()) {
    const at = `${path}[${i}]`;
    if (!expression?.trim()) errors.push(field.required(`${at}.expression`));
    if (name) checkQualifiedName(name, `${at}.name`, errors);
    else errors.push(field.required(`${at}.name`));
    if (name && names.has(name)) errors.push(field.duplicate(`${at}.name`, name));
    names.add(name);
  }
}
