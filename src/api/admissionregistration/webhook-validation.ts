// SPDX-License-Identifier: Apache-2.0

import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  fieldError as field,
  sameJson,
  validateLabelSelector,
} from "../../apimachinery/index.ts";
import type { MutatingWebhook, ValidatingWebhook } from "../generated/v1.35/admissionregistration-v1.ts";
import { checkSupported, type Errors } from "../validation/checks.ts";
import { checkWebhookService, checkWebhookUrl } from "../validation/webhook-client.ts";
import { FAILURE_POLICIES, MATCH_POLICIES, validateMatchConditions, validateRule } from "./rules-validation.ts";

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, "reinvocationPolicy">;

const SIDE_EFFECTS = ["None", "NoneOnDryRun", "Some", "Unknown"];
const NO_SIDE_EFFECTS = ["None", "NoneOnDryRun"];
const REINVOCATION_POLICIES = ["IfNeeded", "Never"];
const REVIEW_VERSIONS = ["v1", "v1beta1"];
const MAX_SECONDS = 30;
const DEFAULT_SECONDS = 10;
const DEFAULT_PORT = 443;

/** Fills what a webhook leaves out. */
export function defaultWebhook(webhook: Webhook): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= DEFAULT_SECONDS;
  for (const rule of webhook.rules ?? []) rule.scope ??= "*";
  if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= DEFAULT_PORT;
}

/** What earlier versions accepted, and old configurations may still hold. */
interface Strictness {
  readonly noSideEffects: boolean;
  readonly knownVersion: boolean;
  readonly uniqueNames: boolean;
  readonly validSelectors: boolean;
  readonly conditions: boolean;
}

function strictnessOf(webhooks: readonly Webhook[], old: readonly Webhook[] | undefined): Strictness {
  const list = old ?? [];
  const isValid = ({ namespaceSelector, objectSelector }: Webhook): boolean =>
    [namespaceSelector, objectSelector].every((selector) => validateLabelSelector(selector, "").length === 0);
  return {
    noSideEffects: list.every(({ sideEffects }) => NO_SIDE_EFFECTS.includes(sideEffects)),
    knownVersion: list.every(
      ({ admissionReviewVersions: versions }) =>
        !versions?.length || versions.some((version) => REVIEW_VERSIONS.includes(version)),
    ),
    uniqueNames: new Set(list.map(({ name }) => name)).size === list.length,
    validSelectors: list.every(isValid),
    conditions:
      !old ||
      old.length !== webhooks.length ||
      old.some(({ matchConditions }, i) => !sameJson(matchConditions, webhooks[i]!.matchConditions)),
  };
}

function checkFullName(name: string, path: string, errors: Errors): void {
  if (!name) {
    errors.push(field.required(path));
    return;
  }
  const messages = dns1123SubdomainErrors(name);
  if (messages.length > 0) errors.push(field.invalid(path, name, messages.join(",")));
  else if (name.split(".").length < 3)
    errors.push(field.invalid(path, name, "should be a domain with at least three segments separated by dots"));
}

function checkSideEffects(webhook: Webhook, strict: boolean, path: string, errors: Errors): void {
  const allowed = strict ? NO_SIDE_EFFECTS : SIDE_EFFECTS;
  if (webhook.sideEffects === undefined || webhook.sideEffects === null)
    errors.push(field.required(path, `must specify one of ${allowed.join(", ")}`));
  else checkSupported(webhook.sideEffects, path, allowed, errors);
}

function checkClient(webhook: Webhook, path: string, errors: Errors): void {
  const { url, service } = webhook.clientConfig ?? {};
  if ((url === undefined) === (service === undefined))
    errors.push(field.required(path, "exactly one of url or service is required"));
  else if (url !== undefined) checkWebhookUrl(url, `${path}.url`, errors);
  else checkWebhookService(service!, `${path}.service`, errors, true);
}

function validateWebhook(webhook: Webhook, strictness: Strictness, path: string, errors: Errors): void {
  checkFullName(webhook.name, `${path}.name`, errors);
  for (const [i, rule] of (webhook.rules ?? []).entries()) validateRule(rule, `${path}.rules[${i}]`, errors);
  const { failurePolicy, matchPolicy, timeoutSeconds: seconds, reinvocationPolicy } = webhook;
  if (failurePolicy !== undefined) checkSupported(failurePolicy, `${path}.failurePolicy`, FAILURE_POLICIES, errors);
  if (matchPolicy !== undefined) checkSupported(matchPolicy, `${path}.matchPolicy`, MATCH_POLICIES, errors);
  checkSideEffects(webhook, strictness.noSideEffects, `${path}.sideEffects`, errors);
  if (seconds !== undefined && (seconds < 1 || seconds > MAX_SECONDS))
    errors.push(
      field.invalid(
        `${path}.timeoutSeconds`,
        seconds,
        `the timeout value must be between 1 and ${MAX_SECONDS} seconds`,
      ),
    );
  const rules = { allowInvalidValues: !strictness.validSelectors };
  errors.push(...validateLabelSelector(webhook.namespaceSelector, `${path}.namespaceSelector`, rules));
  errors.push(...validateLabelSelector(webhook.objectSelector, `${path}.objectSelector`, rules));
  if (reinvocationPolicy !== undefined)
    checkSupported(reinvocationPolicy, `${path}.reinvocationPolicy`, REINVOCATION_POLICIES, errors);
  checkClient(webhook, `${path}.clientConfig`, errors);
  if (strictness.conditions) validateMatchConditions(webhook.matchConditions, `${path}.matchConditions`, errors);
}

function checkReviewVersions(
  versions: readonly string[] | undefined,
  strict: boolean,
  path: string,
  errors: Errors,
): void {
  const list = versions ?? [];
  if (list.length === 0) {
    errors.push(field.required(path, `must specify one of ${REVIEW_VERSIONS.join(", ")}`));
    return;
  }
  for (const [i, version] of list.entries())
    if (list.indexOf(version) < i) errors.push(field.invalid(`${path}[${i}]`, version, "duplicate version"));
    else
      for (const message of dns1035LabelErrors(version)) errors.push(field.invalid(`${path}[${i}]`, version, message));
  if (strict && !list.some((version) => REVIEW_VERSIONS.includes(version)))
    errors.push(field.invalid(path, list, `must include at least one of ${REVIEW_VERSIONS.join(", ")}`));
}

/** What is wrong with the webhooks of a configuration; the old ones excuse what was once accepted. */
export function validateWebhooks(webhooks: readonly Webhook[], old: readonly Webhook[] | undefined): Errors {
  const errors: Errors = [];
  const strictness = strictnessOf(webhooks, old);
  const names = new Set<string>();
  for (const [i, webhook] of webhooks.entries()) {
    const path = `webhooks[${i}]`;
    validateWebhook(webhook, strictness, path, errors);
    checkReviewVersions(
      webhook.admissionReviewVersions,
      strictness.knownVersion,
      `${path}.admissionReviewVersions`,
      errors,
    );
    if (strictness.uniqueNames && webhook.name && names.has(webhook.name))
      errors.push(field.duplicate(`${path}.name`, webhook.name));
    names.add(webhook.name);
  }
  return errors;
}
