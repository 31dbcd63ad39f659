// SPDX-License-Identifier: Apache-2.0

import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  fieldError as field,
  nameIsDnsSubdomain,
  nameIsPathSegment,
  sameJson,
  validateConditions,
  validateLabelSelector,
} from "../../apimachinery/index.ts";
import type {
  AuditAnnotation,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
  Variable,
} from "../generated/v1.35/admissionregistration-v1.ts";
import { checkQualifiedName, checkSupported, type Errors, pushInvalid } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { FAILURE_POLICIES, validateMatchConditions, validateMatchResources } from "./rules-validation.ts";

const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const ACTIONS = ["Audit", "Deny", "Warn"];
const NOT_FOUND_ACTIONS = ["Deny", "Allow"];
const MAX_ANNOTATIONS = 20;
const MAX_EXPRESSION_LENGTH = 5 * 1024;
const NO_RULES = "validations or auditAnnotations must contain at least one item";
const EXCLUSIVE = "name and selector are mutually exclusive";
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

const isIdentifier = (name: string): boolean => /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !RESERVED.has(name);

function checkVersion(apiVersion: string, path: string, errors: Errors): void {
  const parts = apiVersion === "/" ? [""] : apiVersion.split("/");
  if (parts.length > 2) {
    errors.push(field.invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
    return;
  }
  const [group, version] = parts.length === 2 ? [parts[0]!, parts[1]!] : ["", parts[0]!];
  const groupErrors = group ? dns1123SubdomainErrors(group) : [];
  if (groupErrors.length > 0) errors.push(field.invalid(path, group, groupErrors.join(",")));
  const versionErrors = version ? dns1035LabelErrors(version) : [];
  if (!version) errors.push(field.invalid(path, apiVersion, "version must be specified"));
  else if (versionErrors.length > 0) errors.push(field.invalid(path, version, versionErrors.join(",")));
}

function validateParamKind({ apiVersion, kind }: ParamKind, path: string, errors: Errors): void {
  if (apiVersion) checkVersion(apiVersion, `${path}.apiVersion`, errors);
  else errors.push(field.required(`${path}.apiVersion`));
  const messages = kind ? dns1035LabelErrors(kind.toLowerCase()) : [];
  if (!kind) errors.push(field.required(`${path}.kind`));
  else if (messages.length > 0)
    errors.push(
      field.invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${messages.join(",")}`),
    );
}

function validateVariable({ name, expression }: Variable, path: string, errors: Errors): void {
  if (!name?.trim()) errors.push(field.required(`${path}.name`, "name is not specified"));
  else if (!isIdentifier(name)) errors.push(field.invalid(`${path}.name`, name, "name is not a valid CEL identifier"));
  if (!expression?.trim()) errors.push(field.required(`${path}.expression`, "expression is not specified"));
}

function validateValidation(validation: Validation, path: string, errors: Errors): void {
  const { expression, message = "", reason, messageExpression = "" } = validation;
  if (!expression?.trim()) errors.push(field.required(`${path}.expression`, "expression is not specified"));
  if (messageExpression && !messageExpression.trim())
    errors.push(field.invalid(`${path}.messageExpression`, messageExpression, "must be non-empty if specified"));
  if (message && !message.trim())
    errors.push(field.invalid(`${path}.message`, message, "must be non-empty if specified"));
  else if (/[\n\r]/.test(message.trim()))
    errors.push(field.invalid(`${path}.message`, message, "must not contain line breaks"));
  if (reason !== undefined) checkSupported(reason, `${path}.reason`, REASONS, errors);
}

function validateAnnotation(
  { key, valueExpression = "" }: AuditAnnotation,
  name: string,
  path: string,
  errors: Errors,
): void {
  if (name) checkQualifiedName(`${name}/${key}`, `${path}.key`, errors);
  else errors.push(field.invalid(`${path}.key`, key, "requires metadata.name be non-empty"));
  const at = `${path}.valueExpression`;
  const length = valueExpression.trim().length;
  if (length === 0) errors.push(field.required(at, "valueExpression is not specified"));
  else if (length > MAX_EXPRESSION_LENGTH)
    errors.push(field.required(at, `must not exceed ${MAX_EXPRESSION_LENGTH} bytes in length`));
}

function validateAnnotations(annotations: readonly AuditAnnotation[], name: string, errors: Errors): void {
  const path = "spec.auditAnnotations";
  if (annotations.length > MAX_ANNOTATIONS)
    errors.push(
      field.invalid(
        path,
        annotations.map((annotation) => internalForm("AuditAnnotation", annotation)),
        `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`,
      ),
    );
  const keys = new Set<string>();
  for (const [i, annotation] of annotations.entries()) {
    validateAnnotation(annotation, name, `${path}[${i}]`, errors);
    if (keys.has(annotation.key)) errors.push(field.duplicate(`${path}[${i}].key`, annotation.key));
    keys.add(annotation.key);
  }
}

/** What is wrong with a policy, apart from its expressions. */
export function validatePolicy(policy: ValidatingAdmissionPolicy, old?: ValidatingAdmissionPolicy): Errors {
  const errors: Errors = [];
  const { spec } = policy;
  if (spec.failurePolicy === undefined) errors.push(field.required("spec.failurePolicy"));
  else checkSupported(spec.failurePolicy, "spec.failurePolicy", FAILURE_POLICIES, errors);
  if (spec.paramKind) validateParamKind(spec.paramKind, "spec.paramKind", errors);
  const match = spec.matchConstraints;
  if (match) {
    validateMatchResources(match, "spec.matchConstraints", errors);
    if (!match.resourceRules?.length) errors.push(field.required("spec.matchConstraints.resourceRules"));
  } else errors.push(field.required("spec.matchConstraints"));
  const isUnchanged =
    old && sameJson(spec.paramKind, old.spec.paramKind) && sameJson(spec.matchConditions, old.spec.matchConditions);
  if (!isUnchanged) validateMatchConditions(spec.matchConditions, "spec.matchConditions", errors);
  for (const [i, variable] of (spec.variables ?? []).entries())
    validateVariable(variable, `spec.variables[${i}]`, errors);
  if (!spec.validations?.length && !spec.auditAnnotations?.length) {
    errors.push(field.required("spec.validations", NO_RULES), field.required("spec.auditAnnotations", NO_RULES));
    return errors;
  }
  for (const [i, validation] of (spec.validations ?? []).entries())
    validateValidation(validation, `spec.validations[${i}]`, errors);
  validateAnnotations(spec.auditAnnotations ?? [], policy.metadata.name ?? "", errors);
  return errors;
}

/** What is wrong with the status of a policy. */
export function validatePolicyStatus({ status }: ValidatingAdmissionPolicy): Errors {
  const errors: Errors = [];
  for (const [i, { warning, fieldRef }] of (status?.typeChecking?.expressionWarnings ?? []).entries()) {
    const path = `status.typeChecking.expressionWarnings[${i}]`;
    if (!warning) errors.push(field.required(`${path}.warning`));
    if (!fieldRef?.trim()) errors.push(field.required(`${path}.fieldRef`));
  }
  errors.push(...validateConditions(status?.conditions ?? [], "status.conditions"));
  return errors;
}

function validateParamRef(reference: ParamRef, path: string, errors: Errors): void {
  const { name, selector, parameterNotFoundAction: action } = reference;
  if (name) {
    pushInvalid(nameIsPathSegment(name, false), name, `${path}.name`, errors);
    if (selector) errors.push(field.fieldForbidden(`${path}.name`, EXCLUSIVE));
  }
  if (selector) {
    errors.push(...validateLabelSelector(selector, `${path}.selector`));
    if (name) errors.push(field.fieldForbidden(`${path}.selector`, EXCLUSIVE));
  }
  if (!name && !selector) errors.push(field.required(path, "one of name or selector must be specified"));
  if (action) checkSupported(action, `${path}.parameterNotFoundAction`, NOT_FOUND_ACTIONS, errors);
  else errors.push(field.required(`${path}.parameterNotFoundAction`));
}

function validateActions(actions: readonly string[], path: string, errors: Errors): void {
  for (const [i, action] of actions.entries()) {
    checkSupported(action, `${path}[${i}]`, ACTIONS, errors);
    if (actions.indexOf(action) < i) errors.push(field.duplicate(`${path}[${i}]`, action));
  }
  if (actions.includes("Deny") && actions.includes("Warn"))
    errors.push(
      field.invalid(
        path,
        actions,
        "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
      ),
    );
  if (actions.length === 0) errors.push(field.required(path, "at least one validation action is required"));
}

/** What is wrong with the binding of a policy. */
export function validatePolicyBinding({ spec }: ValidatingAdmissionPolicyBinding): Errors {
  const errors: Errors = [];
  const { policyName: name, paramRef, matchResources, validationActions = [] } = spec;
  if (name) pushInvalid(nameIsDnsSubdomain(name, false), name, "spec.policyName", errors);
  else errors.push(field.required("spec.policyName"));
  if (paramRef) validateParamRef(paramRef, "spec.paramRef", errors);
  if (matchResources) validateMatchResources(matchResources, "spec.matchResources", errors);
  validateActions(validationActions, "spec.validationActions", errors);
  return errors;
}
