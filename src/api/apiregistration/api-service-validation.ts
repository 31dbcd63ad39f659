// SPDX-License-Identifier: Apache-2.0

import {
  base64ToBytes,
  dns1035LabelErrors,
  fieldError as field,
  nameIsPathSegment,
  type ObjectMeta,
  portNumberErrors,
} from "../../apimachinery/index.ts";
import type { APIService, APIServiceSpec, ServiceReference } from "../generated/v1.35/apiregistration-v1.ts";
import type { StrategyContext } from "../kind.ts";
import { checkDnsSubdomain, checkRequired, checkSupported, type Errors, pushInvalid } from "../validation/checks.ts";

const DEFAULT_PORT = 443;
const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1000;
const CONDITION_STATUSES = ["True", "False", "Unknown"];

/** Fills what an API service leaves out. */
export function defaultApiService({ spec }: APIService): void {
  if (spec?.service) spec.service.port ??= DEFAULT_PORT;
}

/** What the server itself serves is there at once. */
export function markLocalAvailable(apiService: APIService, { now }: StrategyContext): void {
  if (apiService.spec?.service) return;
  apiService.status = {
    conditions: [
      {
        type: "Available",
        status: "True",
        lastTransitionTime: now,
        reason: "Local",
        message: "Local APIServices are always available",
      },
    ],
  };
}

function checkService({ namespace, name, port = 0 }: ServiceReference, errors: Errors): void {
  checkRequired(namespace, "spec.service.namespace", errors);
  checkRequired(name, "spec.service.name", errors);
  const messages = portNumberErrors(port);
  if (messages.length > 0)
    errors.push(field.invalid("spec.service.port", port, `port is not valid: ${messages.join(", ")}`));
}

function checkPriority(
  name: "groupPriorityMinimum" | "versionPriority",
  max: number,
  spec: APIServiceSpec,
  errors: Errors,
): void {
  const priority = spec[name];
  if (priority <= 0 || priority > max)
    errors.push(field.invalid(`spec.${name}`, priority, `must be positive and less than ${max}`));
}

function checkTrust(spec: APIServiceSpec, errors: Errors): void {
  const { caBundle, insecureSkipTLSVerify: isInsecure = false } = spec;
  const length = caBundle ? base64ToBytes(caBundle).length : 0;
  if (spec.service) {
    checkService(spec.service, errors);
    if (isInsecure && length > 0)
      errors.push(field.invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present"));
    return;
  }
  if (length > 0)
    errors.push(field.invalid("spec.caBundle", `${length} bytes`, "local APIServices may not have a caBundle"));
  if (isInsecure)
    errors.push(
      field.invalid("spec.insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify"),
    );
}

const EMPTY_SPEC: APIServiceSpec = { groupPriorityMinimum: 0, versionPriority: 0 };

function checkNames(metadata: ObjectMeta, required: string, errors: Errors): void {
  for (const part of ["generateName", "name"] as const) {
    const name = metadata[part] ?? "";
    if (name === "" || nameIsPathSegment(name, false).length > 0 || name === required) continue;
    const rule = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(required)}`;
    errors.push(field.invalid(`metadata.${part}`, name, rule));
  }
}

/** What is wrong with an API service, old or new. */
export function validateApiService({ metadata, spec = EMPTY_SPEC }: APIService): Errors {
  const errors: Errors = [];
  const { group = "", version = "" } = spec;
  checkNames(metadata, `${version}.${group}`, errors);
  if (group) checkDnsSubdomain(group, "spec.group", errors);
  else if (version !== "v1")
    errors.push(field.required("spec.group", "only v1 may have an empty group and it better be legacy kube"));
  pushInvalid(dns1035LabelErrors(version), version, "spec.version", errors);
  checkPriority("groupPriorityMinimum", MAX_GROUP_PRIORITY, spec, errors);
  checkPriority("versionPriority", MAX_VERSION_PRIORITY, spec, errors);
  checkTrust(spec, errors);
  return errors;
}

/** What is wrong with the status of an API service. */
export function validateApiServiceStatus({ status }: APIService): Errors {
  const errors: Errors = [];
  for (const [i, condition] of (status?.conditions ?? []).entries())
    checkSupported(condition.status, `status.conditions[${i}].status`, CONDITION_STATUSES, errors);
  return errors;
}
