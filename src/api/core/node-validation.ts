// SPDX-License-Identifier: Apache-2.0

import {
  byteLength,
  type FieldError,
  fieldError as field,
  goQuote,
  JsonSyntaxError,
  labelValueErrors,
  parseJson,
  sameJson,
  validateLabelName,
} from "../../apimachinery/index.ts";
import type { Node, Taint } from "../generated/v1.35/core-v1.ts";
import { checkResourceAmount } from "../shared/resource-names.ts";
import { checkTaintEffect } from "../shared/tolerations.ts";
import { checkPositive, type Errors } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { checkLegacyCidr, isDualStackCidrs, parseCidr } from "../validation/ip.ts";

const TAINTS = "scheduler.alpha.kubernetes.io/taints";
const AVOID_PODS = "scheduler.alpha.kubernetes.io/preferAvoidPods";
const CIDR_CHANGED = 'node updates may not change podCIDR except from "" to valid';
const PROVIDER_CHANGED = 'node updates may not change providerID except from "" to valid';

function repeatedTaint(taint: Taint, path: string): FieldError {
  const error = field.duplicate(path, internalForm("Taint", taint));
  return { ...error, body: `${error.body}: taints must be unique by key and effect pair` };
}

function validateTaints(taints: readonly Taint[], path: string, errors: Errors): void {
  const seen = new Set<string>();
  for (const [i, taint] of taints.entries()) {
    const at = `${path}[${i}]`;
    errors.push(...validateLabelName(taint.key, `${at}.key`));
    const messages = labelValueErrors(taint.value ?? "");
    if (messages.length > 0) errors.push(field.invalid(`${at}.value`, taint.value ?? "", messages.join(";")));
    checkTaintEffect(taint.effect, `${at}.effect`, errors);
    const pair = `${taint.effect}:${taint.key}`;
    if (seen.has(pair)) errors.push(repeatedTaint(taint, at));
    seen.add(pair);
  }
}

/** The JSON in an annotation; a mistake is reported and answered with undefined. */
function annotationValue(text: string, key: string, path: string, errors: Errors): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    errors.push(field.invalid(path, key, error.message));
    return undefined;
  }
}

interface AvoidedPods {
  readonly preferAvoidPods?: readonly {
    readonly podSignature?: { readonly podController?: { controller?: boolean } };
  }[];
}

function validateAvoidedPods(text: string, path: string, errors: Errors): void {
  const avoided = annotationValue(text, AVOID_PODS, `${path}.AvoidPods`, errors) as AvoidedPods | undefined;
  for (const [i, entry] of (avoided?.preferAvoidPods ?? []).entries()) {
    const at = `${path}.${AVOID_PODS}[${i}].PodSignature`;
    const controller = entry.podSignature?.podController;
    if (!controller) errors.push(field.required(at));
    else if (controller.controller !== true)
      errors.push(field.invalid(`${at}.PodController`, controller.controller ?? false, "must point to a controller"));
  }
}

/** Annotations from before there were fields. */
function validateOldAnnotations(node: Node, errors: Errors): void {
  const path = "metadata.annotations";
  const annotations = node.metadata.annotations ?? {};
  const taints = annotations[TAINTS];
  if (taints) {
    const list = annotationValue(taints, TAINTS, path, errors);
    if (Array.isArray(list)) validateTaints(list as Taint[], `${path}.${TAINTS}`, errors);
  }
  const avoided = annotations[AVOID_PODS];
  if (avoided) validateAvoidedPods(avoided, path, errors);
}

function validateAmounts(node: Node, errors: Errors): void {
  for (const list of ["capacity", "allocatable"] as const)
    for (const [name, amount] of Object.entries(node.status?.[list] ?? {}))
      checkResourceAmount(name, amount, `status.${list}.${name}`, errors);
}

const FEATURE_NAME = /^[A-Z][a-zA-Z0-9]*(?:\/[a-zA-Z][a-zA-Z0-9]*)*$/;
const MAX_FEATURE_LENGTH = 253;
const FEATURE_RULE =
  "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";

function featureMistake(name: string): string | undefined {
  if (byteLength(name) > MAX_FEATURE_LENGTH) return `must be no more than ${MAX_FEATURE_LENGTH} characters`;
  return FEATURE_NAME.test(name) ? undefined : FEATURE_RULE;
}

function validateFeatures(node: Node, errors: Errors): void {
  const features = node.status?.declaredFeatures ?? [];
  for (const [i, name] of features.entries()) {
    const mistake = featureMistake(name);
    const at = `status.declaredFeatures[${i}]`;
    if (mistake) errors.push(field.invalid(at, name, `invalid feature name ${goQuote(name)}: ${mistake}`));
    const next = features[i + 1];
    const nextAt = `status.declaredFeatures[${i + 1}]`;
    if (next === name) errors.push(field.duplicate(nextAt, name));
    else if (next !== undefined && name > next)
      errors.push(field.invalid(nextAt, next, "list must be sorted alphabetically"));
  }
}

function validatePodCidrs(cidrs: readonly string[], errors: Errors): void {
  const path = "spec.podCIDRs";
  for (const [i, cidr] of cidrs.entries()) checkLegacyCidr(cidr, `${path}[${i}]`, errors);
  if (cidrs.length < 2) return;
  const unread = cidrs.findIndex((cidr) => !parseCidr(cidr));
  if (unread >= 0) {
    const why = `error:invalid CIDR[${unread}]: <nil> (invalid CIDR address: ${cidrs[unread]})`;
    errors.push(field.internal(path, `invalid PodCIDRs. failed to check with dual stack with ${why}`));
  }
  if (!isDualStackCidrs(cidrs) || cidrs.length > 2)
    errors.push(field.invalid(path, cidrs, "may specify no more than one CIDR for each IP family"));
}

/** What is wrong with a node. */
export function validateNode(node: Node): Errors {
  const errors: Errors = [];
  validateOldAnnotations(node, errors);
  const { spec } = node;
  // Upstream names this path, though taints are of the spec.
  if (spec.taints) validateTaints(spec.taints, "metadata.taints", errors);
  validateAmounts(node, errors);
  const swap = node.status?.nodeInfo?.swap?.capacity;
  if (swap !== undefined) checkPositive(swap, "metadata.nodeSwapStatus.capacity", errors);
  validateFeatures(node, errors);
  if (spec.podCIDRs?.length) validatePodCidrs(spec.podCIDRs, errors);
  return errors;
}

function validateAddresses(node: Node, errors: Errors): void {
  const seen = new Set<string>();
  for (const [i, address] of (node.status?.addresses ?? []).entries()) {
    const key = JSON.stringify([address.type, address.address]);
    if (seen.has(key)) errors.push(field.duplicate(`status.addresses[${i}]`, internalForm("NodeAddress", address)));
    seen.add(key);
  }
}

/** What is wrong with the change of a node; the whole of it is checked once more. */
export function validateNodeUpdate(node: Node, old: Node): Errors {
  const errors: Errors = [];
  validateOldAnnotations(node, errors);
  validateAmounts(node, errors);
  validateFeatures(node, errors);
  validateAddresses(node, errors);
  const [cidrs, oldCidrs] = [node.spec.podCIDRs ?? [], old.spec.podCIDRs ?? []];
  if (oldCidrs.length > 0) {
    const changes = cidrs.length === oldCidrs.length ? oldCidrs.filter((cidr, i) => cidr !== cidrs[i]).length : 1;
    for (let i = 0; i < changes; i++) errors.push(field.fieldForbidden("spec.podCIDRs", CIDR_CHANGED));
  }
  if (old.spec.providerID && old.spec.providerID !== node.spec.providerID)
    errors.push(field.fieldForbidden("spec.providerID", PROVIDER_CHANGED));
  if (node.spec.taints) validateTaints(node.spec.taints, "metadata.taints", errors);
  if (!sameJson(node.spec.externalID ?? "", old.spec.externalID ?? ""))
    errors.push(field.fieldForbidden("spec.externalID", "may not be updated"));
  return errors;
}
