// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, sameJson } from "../../apimachinery/index.ts";
import type { ResourceQuota, ResourceQuotaSpec, ResourceQuotaStatus } from "../generated/v1.35/core-v1.ts";
import { checkQuotaResourceName, checkResourceAmount, isStandardQuotaResource } from "../shared/resource-names.ts";
import { type Errors, IMMUTABLE, sentList } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";

const OBJECTS = ["pods"];
const COMPUTE = ["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
const OF_PODS: ReadonlySet<string> = new Set([...OBJECTS, ...COMPUTE]);

/** Resources that each scope can narrow. */
const RESOURCES_BY_SCOPE: Readonly<Record<string, ReadonlySet<string>>> = {
  Terminating: OF_PODS,
  NotTerminating: OF_PODS,
  NotBestEffort: OF_PODS,
  PriorityClass: OF_PODS,
  CrossNamespacePodAffinity: OF_PODS,
  BestEffort: new Set(OBJECTS),
  VolumeAttributesClass: new Set(["persistentvolumeclaims", "requests.storage"]),
};

const isScope = (name: string): boolean => Object.hasOwn(RESOURCES_BY_SCOPE, name);
const ONLY_EXISTS: ReadonlySet<string> = new Set([
  "BestEffort",
  "NotBestEffort",
  "Terminating",
  "NotTerminating",
  "CrossNamespacePodAffinity",
]);
const CONFLICTS = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;

function validateAmounts(amounts: Record<string, string> | undefined, path: string, errors: Errors): void {
  for (const name in amounts) {
    const at = `${path}[${name}]`;
    checkQuotaResourceName(name, at, errors);
    checkResourceAmount(name, amounts[name]!, at, errors);
  }
}

/** Calls back for every resource of the quota to which the scope does not apply. */
function unsupported(scope: string, spec: ResourceQuotaSpec, found: () => void): void {
  for (const name of Object.keys(spec.hard ?? {}).sort())
    if (isStandardQuotaResource(name) && isScope(scope) && !RESOURCES_BY_SCOPE[scope]!.has(name)) found();
}

function checkConflicts(scopes: readonly string[], path: string, shown: unknown, errors: Errors): void {
  for (const pair of CONFLICTS)
    if (pair.every((scope) => scopes.includes(scope))) errors.push(field.invalid(path, shown, "conflicting scopes"));
}

function validateScopes(spec: ResourceQuotaSpec, path: string, errors: Errors): void {
  const scopes = spec.scopes ?? [];
  if (scopes.length === 0) return;
  for (const scope of scopes) {
    if (!isScope(scope)) errors.push(field.invalid(path, scopes, "unsupported scope"));
    unsupported(scope, spec, () => errors.push(field.invalid(path, scopes, "unsupported scope applied to resource")));
  }
  checkConflicts(scopes, path, scopes, errors);
}

const EXISTS_ONLY =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

function validateScopeSelector(spec: ResourceQuotaSpec, path: string, errors: Errors): void {
  if (!spec.scopeSelector) return;
  const expressions = spec.scopeSelector.matchExpressions ?? [];
  for (const { scopeName, operator, values = [] } of expressions) {
    if (!isScope(scopeName)) errors.push(field.invalidNamed(`${path}.scopeName`, scopeName, "unsupported scope"));
    unsupported(scopeName, spec, () =>
      errors.push(
        field.invalid(path, internalForm("ScopeSelector", spec.scopeSelector), "unsupported scope applied to resource"),
      ),
    );
    if (ONLY_EXISTS.has(scopeName) && operator !== "Exists")
      errors.push(field.invalidNamed(`${path}.operator`, operator, EXISTS_ONLY));
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0)
        errors.push(
          field.required(
            `${path}.values`,
            "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
          ),
        );
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        errors.push(
          field.invalid(
            `${path}.values`,
            values,
            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
          ),
        );
    } else errors.push(field.invalidNamed(`${path}.operator`, operator, "not a valid selector operator"));
  }
  const names = expressions.map(({ scopeName }) => scopeName);
  checkConflicts(names, path, sentList(spec, "scopes"), errors);
}

function validateSpec(spec: ResourceQuotaSpec, errors: Errors): void {
  validateAmounts(spec.hard, "spec.hard", errors);
  validateScopes(spec, "spec.scopes", errors);
  validateScopeSelector(spec, "spec.scopeSelector.matchExpressions", errors);
}

/** Amounts of a quota's status. */
export function validateQuotaStatus(status: ResourceQuotaStatus): Errors {
  const errors: Errors = [];
  validateAmounts(status.hard, "status.hard", errors);
  validateAmounts(status.used, "status.used", errors);
  return errors;
}

/** What is wrong with a quota. */
export function validateQuota(quota: ResourceQuota): Errors {
  const errors: Errors = [];
  validateSpec(quota.spec ?? {}, errors);
  errors.push(...validateQuotaStatus(quota.status ?? {}));
  return errors;
}

/** What is wrong with a change of a quota: its scopes stay. */
export function validateQuotaUpdate(quota: ResourceQuota, old: ResourceQuota): Errors {
  const errors: Errors = [];
  validateSpec(quota.spec ?? {}, errors);
  const [scopes, before] = [quota.spec?.scopes ?? [], old.spec?.scopes ?? []];
  if (!sameJson([...new Set(scopes)].sort(), [...new Set(before)].sort()))
    errors.push(field.invalid("spec.scopes", sentList(quota.spec, "scopes"), IMMUTABLE));
  return errors;
}
