// SPDX-License-Identifier: Apache-2.0

import {
  fieldError as field,
  LabelSelector,
  type LabelSelectorFields,
  labelSelectorOf,
  sameJson,
  SelectorError,
  validateLabelSelector,
} from "../../apimachinery/index.ts";
import type { PodTemplateSpec } from "../generated/v1.35/core-v1.ts";
import { checkNonNegative, type Errors, IMMUTABLE } from "../validation/checks.ts";
import { printedMap, printedSelector } from "../validation/printed.ts";
import { validatePodTemplate } from "./pod-template.ts";

const isEmptySelector = (selector: LabelSelectorFields): boolean =>
  Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0;

/** The selector, or undefined for one that cannot be read. */
export function readSelector(fields: LabelSelectorFields | undefined): LabelSelector | undefined {
  try {
    return labelSelectorOf(fields);
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

/** The selector of a workload stays. */
export function checkSelectorChange(
  selector: LabelSelectorFields | undefined,
  old: LabelSelectorFields | undefined,
  errors: Errors,
): void {
  if (!sameJson(selector, old)) errors.push(field.invalid("spec.selector", printedSelector(selector), IMMUTABLE));
}

/** A selector that selects everything is a mistake; a workload without one, too. */
export function checkWorkloadSelector(
  selector: LabelSelectorFields | undefined,
  owner: string,
  path: string,
  errors: Errors,
): void {
  if (!selector) {
    errors.push(field.required(path));
    return;
  }
  errors.push(...validateLabelSelector(selector, path));
  checkNotEmptySelector(selector, owner, path, errors);
}

export function checkNotEmptySelector(
  selector: LabelSelectorFields,
  owner: string,
  path: string,
  errors: Errors,
): void {
  if (isEmptySelector(selector))
    errors.push(field.invalid(path, printedSelector(selector), `empty selector is invalid for ${owner}`));
}

/** The pods that a template makes must be those that the selector selects. */
export function checkTemplateLabels(
  template: PodTemplateSpec,
  selector: LabelSelector,
  path: string,
  errors: Errors,
): void {
  if (!selector.matches(template.metadata?.labels ?? {}))
    errors.push(
      field.invalid(
        `${path}.metadata.labels`,
        printedMap(template.metadata, "labels"),
        "`selector` does not match template `labels`",
      ),
    );
}

/** Pods of a workload are replaced, so they run for ever. */
export function checkRunsForever(template: PodTemplateSpec, owner: string, path: string, errors: Errors): void {
  const { restartPolicy = "", activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== "Always")
    errors.push(field.notSupported(`${path}.spec.restartPolicy`, restartPolicy, ["Always"]));
  if (activeDeadlineSeconds !== undefined)
    errors.push(
      field.fieldForbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`),
    );
}

/** Selector and template of a Deployment or a ReplicaSet. */
export function validateReplicated(
  selector: LabelSelectorFields | undefined,
  template: PodTemplateSpec,
  errors: Errors,
): void {
  checkWorkloadSelector(selector, "deployment", "spec.selector", errors);
  const read = readSelector(selector);
  if (!read) {
    errors.push(field.invalid("spec.selector", printedSelector(selector), "invalid label selector"));
    return;
  }
  if (!read.matchesEverything) checkTemplateLabels(template, read, "spec.template", errors);
  validatePodTemplate(template, "spec.template", errors);
  checkRunsForever(template, "ReplicaSet", "spec.template", errors);
}

/** Counters of a status that may not be negative, in the order given. */
export function checkCounters<T extends object>(status: T, names: readonly (keyof T & string)[], errors: Errors): void {
  for (const name of names) checkNonNegative(status[name] as number | undefined, `status.${name}`, errors);
}

/** Counters of a status that may not exceed another. */
export function checkAtMost<T extends object>(
  status: T,
  names: readonly (keyof T & string)[],
  limit: keyof T & string,
  message: string,
  errors: Errors,
): void {
  const max = (status[limit] as number | undefined) ?? 0;
  for (const name of names) {
    const count = (status[name] as number | undefined) ?? 0;
    if (count > max) errors.push(field.invalid(`status.${name}`, count, message));
  }
}

/** The count of collisions of names only grows. */
export function checkCollisionCount(count: number | undefined, old: number | undefined, errors: Errors): void {
  if (old !== undefined && (count === undefined || count < old))
    errors.push(field.invalid("status.collisionCount", count ?? 0, "cannot be decremented"));
}
