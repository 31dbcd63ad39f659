// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { JSONSchemaProps, ValidationRule } from "../generated/v1.35/apiextensions-v1.ts";
import { checkSupported, type Errors } from "../validation/checks.ts";
import { fieldAt, FieldPathError } from "./field-path.ts";
import { unstructuredReason } from "./structural-schema.ts";

const REASONS = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

const hasLineBreak = (text: string): boolean => /[\n\r]/.test(text);

function isValidPath(schema: JSONSchemaProps, path: string): boolean {
  if (unstructuredReason(schema)) return true;
  try {
    fieldAt(path, schema);
    return true;
  } catch (error) {
    if (error instanceof FieldPathError) return false;
    throw error;
  }
}

function checkTexts({ rule, message = "" }: ValidationRule, path: string, errors: Errors): void {
  const [trimmedRule, trimmedMessage] = [rule.trim(), message.trim()];
  const at = `${path}.message`;
  if (trimmedRule === "") errors.push(field.required(`${path}.rule`, "rule is not specified"));
  else if (message && trimmedMessage === "") errors.push(field.invalid(at, message, "must be non-empty if specified"));
  else if (hasLineBreak(trimmedMessage)) errors.push(field.invalid(at, message, "must not contain line breaks"));
  else if (hasLineBreak(trimmedRule) && trimmedMessage === "")
    errors.push(field.required(at, "message must be specified if rule contains line breaks"));
}

function checkFieldPath(schema: JSONSchemaProps, fieldPath: string, path: string, errors: Errors): void {
  if (fieldPath.trim() === "") errors.push(field.invalid(path, fieldPath, "must be non-empty if specified"));
  if (hasLineBreak(fieldPath)) errors.push(field.invalid(path, fieldPath, "must not contain line breaks"));
  if (!isValidPath(schema, fieldPath)) errors.push(field.invalid(path, fieldPath, "must be a valid path"));
}

/** The form of the rules that a schema has for its values. */
export function checkRules(schema: JSONSchemaProps, path: string, errors: Errors): void {
  for (const [i, rule] of (schema["x-kubernetes-validations"] ?? []).entries()) {
    const at = `${path}.x-kubernetes-validations[${i}]`;
    checkTexts(rule, at, errors);
    const { messageExpression, reason, fieldPath } = rule;
    if (messageExpression && messageExpression.trim() === "")
      errors.push(field.required(`${at}.messageExpression`, "messageExpression must be non-empty if specified"));
    if (reason !== undefined) checkSupported(reason, `${at}.reason`, REASONS, errors);
    if (fieldPath) checkFieldPath(schema, fieldPath, `${at}.fieldPath`, errors);
  }
}
