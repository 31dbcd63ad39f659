// SPDX-License-Identifier: Apache-2.0

import { printedList } from "../validation/printed.ts";
import { fieldError as field } from "../../apimachinery/index.ts";
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from "../generated/v1.35/batch-v1.ts";
import {
  checkNonNegative,
  checkQualifiedName,
  checkSupported,
  type Errors,
  invalidWhole,
  validValues,
} from "../validation/checks.ts";
import { countIndexes, IndexFormatError } from "./index-intervals.ts";

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_PATTERNS = 20;
const MAX_INDEXES_LENGTH = 64 * 1024;
const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"];
const EXIT_CODE_OPERATORS = ["In", "NotIn"];
const CONDITION_STATUSES = ["False", "True", "Unknown"];

function validateExitCodes(
  requirement: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string>,
  path: string,
  errors: Errors,
): void {
  const { operator, containerName, values } = requirement;
  if (operator) checkSupported(operator, `${path}.operator`, EXIT_CODE_OPERATORS, errors);
  else errors.push(field.required(`${path}.operator`, validValues(EXIT_CODE_OPERATORS)));
  if (containerName !== undefined && !names.has(containerName))
    errors.push(
      field.invalid(
        `${path}.containerName`,
        containerName,
        "must be one of the container or initContainer names in the pod template",
      ),
    );
  const codes = values ?? [];
  if (codes.length === 0)
    errors.push(field.invalid(`${path}.values`, printedList(requirement, "values"), "at least one value is required"));
  else if (codes.length > MAX_EXIT_CODES) errors.push(field.tooMany(`${path}.values`, codes.length, MAX_EXIT_CODES));
  const seen = new Set<number>();
  for (const [i, code] of codes.entries()) {
    if (operator === "In" && code === 0)
      errors.push(field.invalid(`${path}.values[${i}]`, code, "must not be 0 for the In operator"));
    if (seen.has(code)) errors.push(field.duplicate(`${path}.values[${i}]`, code));
    seen.add(code);
  }
  if (codes.some((code, i) => i > 0 && codes[i - 1]! > code))
    errors.push(field.invalid(`${path}.values`, codes, "must be ordered"));
}

function validatePatterns(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  path: string,
  errors: Errors,
): void {
  if (patterns.length > MAX_PATTERNS) errors.push(field.tooMany(path, patterns.length, MAX_PATTERNS));
  for (const [i, { type, status }] of patterns.entries()) {
    checkQualifiedName(type, `${path}[${i}].type`, errors);
    if (status) checkSupported(status, `${path}[${i}].status`, CONDITION_STATUSES, errors);
    else errors.push(field.required(`${path}[${i}].status`, validValues(CONDITION_STATUSES)));
  }
}

function validateFailureRule(
  rule: PodFailurePolicyRule,
  spec: JobSpec,
  names: ReadonlySet<string>,
  path: string,
  errors: Errors,
): void {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  if (!action) errors.push(field.required(`${path}.action`, validValues(ACTIONS)));
  else if (action === "FailIndex") {
    if (spec.backoffLimitPerIndex === undefined)
      errors.push(field.invalid(`${path}.action`, action, "requires the backoffLimitPerIndex to be set"));
  } else checkSupported(action, `${path}.action`, ACTIONS, errors);
  if (onExitCodes) validateExitCodes(onExitCodes, names, `${path}.onExitCodes`, errors);
  validatePatterns(onPodConditions, `${path}.onPodConditions`, errors);
  if (onExitCodes && onPodConditions.length > 0)
    errors.push(invalidWhole(path, "specifying both OnExitCodes and OnPodConditions is not supported"));
  if (!onExitCodes && onPodConditions.length === 0)
    errors.push(invalidWhole(path, "specifying one of OnExitCodes and OnPodConditions is required"));
}

/** Rules about pods that fail. */
export function validateFailurePolicy(spec: JobSpec, path: string, errors: Errors): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > MAX_RULES) errors.push(field.tooMany(`${path}.rules`, rules.length, MAX_RULES));
  const pod = spec.template.spec;
  const names = new Set([...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].map(({ name }) => name));
  for (const [i, rule] of rules.entries()) validateFailureRule(rule, spec, names, `${path}.rules[${i}]`, errors);
}

function checkIndexes(text: string, completions: number, path: string, errors: Errors): number {
  if (text.length > MAX_INDEXES_LENGTH) errors.push(field.tooLong(path, MAX_INDEXES_LENGTH));
  try {
    return countIndexes(text, completions);
  } catch (error) {
    if (!(error instanceof IndexFormatError)) throw error;
    errors.push(field.invalid(path, text, `error parsing succeededIndexes: ${error.message}`));
    return 0;
  }
}

function validateSuccessRule(rule: SuccessPolicyRule, completions: number, path: string, errors: Errors): void {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  if (count === undefined && indexes === undefined)
    errors.push(field.required(path, "at least one of succeededCount or succeededIndexes must be specified"));
  const total = indexes === undefined ? 0 : checkIndexes(indexes, completions, `${path}.succeededIndexes`, errors);
  if (count === undefined) return;
  checkNonNegative(count, `${path}.succeededCount`, errors);
  const refuse = (limit: number, what: string): number =>
    errors.push(
      field.invalid(`${path}.succeededCount`, count, `must be less than or equal to ${limit} (the number of ${what})`),
    );
  if (count > completions) refuse(completions, "specified completions");
  if (indexes !== undefined && count > total) refuse(total, "indexes in the specified succeededIndexes field");
}

/** Rules about when a job with indexes has succeeded. */
export function validateSuccessPolicy(spec: JobSpec, path: string, errors: Errors): void {
  const rules = spec.successPolicy?.rules ?? [];
  if (rules.length === 0)
    errors.push(
      field.required(`${path}.rules`, "at least one rules must be specified when the successPolicy is specified"),
    );
  if (rules.length > MAX_RULES) errors.push(field.tooMany(`${path}.rules`, rules.length, MAX_RULES));
  for (const [i, rule] of rules.entries())
    validateSuccessRule(rule, spec.completions ?? 0, `${path}.rules[${i}]`, errors);
}
