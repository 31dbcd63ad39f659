// SPDX-License-Identifier: Apache-2.0

import {
  fieldError as field,
  nameIsDnsLabel,
  validateLabelName,
  validateLabelSelector,
} from "../../apimachinery/index.ts";
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm } from "../generated/v1.35/core-v1.ts";
import type { LabelSelector } from "../generated/v1.35/meta-v1.ts";
import { type Errors, pushInvalid } from "../validation/checks.ts";
import { validateNodeSelector, validateNodeSelectorTerm } from "./node-selector.ts";

const MAX_WEIGHT = 100;
const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

function checkWeight(weight: number, path: string, errors: Errors): void {
  if (weight <= 0 || weight > MAX_WEIGHT) errors.push(field.invalid(path, weight, "must be in the range 1-100"));
}

function checkKeys(
  keys: readonly string[] | undefined,
  selector: LabelSelector | undefined,
  path: string,
  errors: Errors,
): void {
  if (!keys?.length) return;
  if (!selector) {
    errors.push(field.fieldForbidden(path, "must not be specified when labelSelector is not set"));
    return;
  }
  for (const [i, key] of keys.entries()) errors.push(...validateLabelName(key, `${path}[${i}]`));
}

/** Keys by whose values on the new pod the selector is narrowed. */
export interface LabelKeys {
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
  readonly labelSelector?: LabelSelector;
}

function checkKeysNotSelected(term: LabelKeys, path: string, errors: Errors): void {
  const selected = new Set(Object.keys(term.labelSelector?.matchLabels ?? {}));
  for (const { key } of term.labelSelector?.matchExpressions ?? []) {
    const index = term.matchLabelKeys?.lastIndexOf(key) ?? -1;
    if (index >= 0 && selected.has(key))
      errors.push(field.invalid(`${path}[${index}]`, key, "exists in both matchLabelKeys and labelSelector"));
    selected.add(key);
  }
}

/** matchLabelKeys and mismatchLabelKeys: label names, not both, not selected twice. */
export function validateLabelKeys(term: LabelKeys, path: string, errors: Errors): void {
  if (!term.matchLabelKeys && !term.mismatchLabelKeys) return;
  checkKeys(term.matchLabelKeys, term.labelSelector, `${path}.matchLabelKeys`, errors);
  checkKeys(term.mismatchLabelKeys, term.labelSelector, `${path}.mismatchLabelKeys`, errors);
  checkKeysNotSelected(term, path, errors);
  for (const [i, key] of (term.matchLabelKeys ?? []).entries())
    if (term.mismatchLabelKeys?.includes(key))
      errors.push(
        field.invalid(`${path}.matchLabelKeys[${i}]`, key, "exists in both matchLabelKeys and mismatchLabelKeys"),
      );
}

function validatePodTerm(term: PodAffinityTerm, path: string, errors: Errors): void {
  errors.push(
    ...validateLabelSelector(term.labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`),
  );
  for (const name of term.namespaces ?? []) pushInvalid(nameIsDnsLabel(name, false), name, `${path}.namespace`, errors);
  validateLabelKeys(term, path, errors);
  const key = term.topologyKey ?? "";
  if (!key) errors.push(field.required(`${path}.topologyKey`, "can not be empty"));
  errors.push(...validateLabelName(key, `${path}.topologyKey`));
}

function validatePodAffinity(affinity: PodAffinity, path: string, errors: Errors): void {
  for (const [i, term] of (affinity[REQUIRED] ?? []).entries())
    validatePodTerm(term, `${path}.${REQUIRED}[${i}]`, errors);
  for (const [i, weighted] of (affinity[PREFERRED] ?? []).entries()) {
    const at = `${path}.${PREFERRED}[${i}]`;
    checkWeight(weighted.weight, `${at}.weight`, errors);
    validatePodTerm(weighted.podAffinityTerm, `${at}.podAffinityTerm`, errors);
  }
}

function validateNodeAffinity(affinity: NodeAffinity, path: string, errors: Errors): void {
  if (affinity[REQUIRED]) validateNodeSelector(affinity[REQUIRED], `${path}.${REQUIRED}`, errors);
  for (const [i, preferred] of (affinity[PREFERRED] ?? []).entries()) {
    const at = `${path}.${PREFERRED}[${i}]`;
    checkWeight(preferred.weight, `${at}.weight`, errors);
    validateNodeSelectorTerm(preferred.preference, true, `${at}.preference`, errors);
  }
}

/** Rules about nodes and about other pods. */
export function validateAffinity(affinity: Affinity | undefined, path: string, errors: Errors): void {
  if (!affinity) return;
  if (affinity.nodeAffinity) validateNodeAffinity(affinity.nodeAffinity, `${path}.nodeAffinity`, errors);
  if (affinity.podAffinity) validatePodAffinity(affinity.podAffinity, `${path}.podAffinity`, errors);
  if (affinity.podAntiAffinity) validatePodAffinity(affinity.podAntiAffinity, `${path}.podAntiAffinity`, errors);
}

type Labels = Readonly<Record<string, string>>;

function addKeys(selector: LabelSelector, keys: readonly string[] | undefined, operator: string, labels: Labels): void {
  for (const key of keys ?? []) {
    const value = labels[key];
    if (value !== undefined) (selector.matchExpressions ??= []).push({ key, operator, values: [value] });
  }
}

/** Turns matchLabelKeys of a new pod into expressions of the selector, as the API server does once, at creation. */
export function applyAffinityLabelKeys(affinity: Affinity | undefined, labels: Labels): void {
  if (!affinity) return;
  for (const pods of [affinity.podAffinity, affinity.podAntiAffinity]) {
    if (!pods) continue;
    const preferred = (pods[PREFERRED] ?? []).map((weighted) => weighted.podAffinityTerm);
    for (const term of [...preferred, ...(pods[REQUIRED] ?? [])]) {
      if (!term.labelSelector) continue;
      addKeys(term.labelSelector, term.matchLabelKeys, "In", labels);
      addKeys(term.labelSelector, term.mismatchLabelKeys, "NotIn", labels);
    }
  }
}

/** As applyAffinityLabelKeys, of spread constraints. */
export function applySpreadLabelKeys(constraints: readonly LabelKeys[] | undefined, labels: Labels): void {
  for (const constraint of constraints ?? [])
    if (constraint.labelSelector) addKeys(constraint.labelSelector, constraint.matchLabelKeys, "In", labels);
}
