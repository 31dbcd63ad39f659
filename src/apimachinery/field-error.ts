// SPDX-License-Identifier: Apache-2.0

import { goJson, goQuote } from "./go-quote.ts";
import { StatusError } from "./status-error.ts";

/** What kind of mistake a field holds; the reason strings of a StatusCause. */
export type FieldErrorType =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueDuplicate"
  | "FieldValueNotFound"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "InternalError"
  | "FieldValueTypeInvalid";

/** One mistake in an object, worded as k8s.io/apimachinery field.Error words it. */
export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  /** The message without the field: `Invalid value: -1: must be …`. */
  readonly body: string;
}

/** Prints a bad value as Go's validation does: strings quoted, numbers bare, objects as JSON. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return goQuote(value);
  return typeof value === "bigint" ? value.toString() : goJson(value);
}

export const required = (field: string, detail = ""): FieldError => ({
  type: "FieldValueRequired",
  field,
  body: detail ? `Required value: ${detail}` : "Required value",
});
export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: "FieldValueInvalid",
  field,
  body: `Invalid value: ${valueText(value)}${detail && `: ${detail}`}`,
});
/** A value whose type has a name of its own upstream, which prints such texts as JSON. */
export const invalidNamed = (field: string, value: string, detail: string): FieldError => ({
  type: "FieldValueInvalid",
  field,
  body: `Invalid value: ${goJson(value)}: ${detail}`,
});
const supportedText = (supported: readonly string[]): string =>
  supported.length > 0 ? `: supported values: ${supported.map((s) => JSON.stringify(s)).join(", ")}` : "";
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: "FieldValueNotSupported",
  field,
  // Upstream's choices are types of their own, which it prints as JSON rather than as quoted text.
  body: `Unsupported value: ${typeof value === "string" ? goJson(value) : valueText(value)}${supportedText(supported)}`,
});
/** One of those choices whose type is plain text. */
export const textNotSupported = (field: string, value: string, supported: readonly string[]): FieldError => ({
  type: "FieldValueNotSupported",
  field,
  body: `Unsupported value: ${goQuote(value)}${supportedText(supported)}`,
});
export const fieldForbidden = (field: string, detail: string): FieldError => ({
  type: "FieldValueForbidden",
  field,
  body: `Forbidden: ${detail}`,
});
export const duplicate = (field: string, value: unknown): FieldError => ({
  type: "FieldValueDuplicate",
  field,
  body: `Duplicate value: ${valueText(value)}`,
});
export const fieldNotFound = (field: string, value: unknown): FieldError => ({
  type: "FieldValueNotFound",
  field,
  body: `Not found: ${valueText(value)}`,
});
export const tooLong = (field: string, maxBytes: number): FieldError => ({
  type: "FieldValueTooLong",
  field,
  body: `Too long: may not be more than ${maxBytes} bytes`,
});
export const tooMany = (field: string, actual: number, max: number): FieldError => ({
  type: "FieldValueTooMany",
  field,
  body: `Too many: ${actual}: must have at most ${max} ${max === 1 ? "item" : "items"}`,
});
export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: "FieldValueTypeInvalid",
  field,
  body: `Invalid value: ${valueText(value)}: ${detail}`,
});

/** A mistake of the check itself, not of the value. */
export const internal = (field: string, detail: string): FieldError => ({
  type: "InternalError",
  field,
  body: `Internal error: ${detail}`,
});
const lineOf = (e: FieldError): string => `${e.field}: ${e.body}`;

/** 422 for an object with mistakes, as apierrors.NewInvalid builds it. */
export function invalidObject(
  kind: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const lines = [...new Set(errors.map(lineOf))];
  const list = lines.length === 1 ? lines[0]! : `[${lines.join(", ")}]`;
  const kindText = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  return new StatusError({
    message: `${kindText} ${goQuote(name)} is invalid${errors.length ? `: ${list}` : ""}`,
    reason: "Invalid",
    details: {
      ...(name ? { name } : {}),
      ...(kind.group ? { group: kind.group } : {}),
      ...(kind.kind ? { kind: kind.kind } : {}),
      causes: errors.map((e) => ({ reason: e.type, message: e.body, field: e.field })),
    },
    code: 422,
  });
}
