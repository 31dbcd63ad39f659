// SPDX-License-Identifier: Apache-2.0

import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  type FieldError,
  fieldError as field,
  goJson,
  qualifiedNameErrors,
  sameJson,
  sentEmpty,
} from "../../apimachinery/index.ts";

/** Where checks put the mistakes that they find, in upstream's order. */
export type Errors = FieldError[];

export const NEGATIVE = "must be greater than or equal to 0";
export const NOT_POSITIVE = "must be greater than zero";
export const IMMUTABLE = "field is immutable";

/** One "Invalid value" for each message. */
export function pushInvalid(messages: readonly string[], value: unknown, path: string, errors: Errors): void {
  for (const message of messages) errors.push(field.invalid(path, value, message));
}

export function checkNonNegative(value: number | undefined, path: string, errors: Errors): void {
  if (value !== undefined && value < 0) errors.push(field.invalid(path, value, NEGATIVE));
}

export function checkPositive(value: number, path: string, errors: Errors): void {
  if (value <= 0) errors.push(field.invalid(path, value, NOT_POSITIVE));
}

/** A wrong value of a text type of its own, which upstream prints as JSON rather than as quoted text. */
export const invalidChoice = (path: string, value: string | null, detail: string): FieldError => ({
  type: "FieldValueInvalid",
  field: path,
  body: `Invalid value: ${goJson(value)}: ${detail}`,
});

/** As checkImmutable, of a text type of its own. */
export function checkImmutableChoice(
  value: string | undefined,
  old: string | undefined,
  path: string,
  errors: Errors,
): void {
  if (value !== old) errors.push(invalidChoice(path, value ?? null, IMMUTABLE));
}

/** A list as messages print it: one that was sent empty is not one that was not sent. */
export const sentList = <T extends object>(parent: T | undefined, name: keyof T & string): unknown => {
  const value = parent?.[name];
  return Array.isArray(value) ? value : ((parent && sentEmpty(parent, name)) ?? null);
};

/** Equality of what pointers stand for: an empty struct is not one that is absent. */
export const samePointer = (value: unknown, old: unknown): boolean =>
  (value === undefined) === (old === undefined) && sameJson(value, old);

/** A value that is wrong as a whole: the message leaves it out. */
export const invalidWhole = (path: string, detail: string): FieldError => ({
  type: "FieldValueInvalid",
  field: path,
  body: `Invalid value: ${detail}`,
});

/** The values that a field may hold, as upstream's messages about a missing one list them. */
export const validValues = (values: readonly string[]): string =>
  `valid values: [${values.map((value) => JSON.stringify(value)).join(" ")}]`;

/** A field that must hold one of the supported values, given in the order in which upstream lists them. */
export function checkSupported(value: string, path: string, supported: readonly string[], errors: Errors): void {
  if (!supported.includes(value)) errors.push(field.notSupported(path, value, supported));
}

/** As checkSupported, but an empty value is reported as missing. */
export function checkRequiredSupported(
  value: string | undefined,
  path: string,
  supported: readonly string[],
  errors: Errors,
): void {
  if (!value) errors.push(field.required(path));
  else checkSupported(value, path, supported, errors);
}

export function checkRequired(value: string | undefined, path: string, errors: Errors): void {
  if (!value) errors.push(field.required(path));
}

export const checkDnsLabel = (value: string, path: string, errors: Errors): void =>
  pushInvalid(dns1123LabelErrors(value), value, path, errors);

export const checkDnsSubdomain = (value: string, path: string, errors: Errors): void =>
  pushInvalid(dns1123SubdomainErrors(value), value, path, errors);

export const checkQualifiedName = (value: string, path: string, errors: Errors): void =>
  pushInvalid(qualifiedNameErrors(value), value, path, errors);

/** A field that may not change; the value printed is the new one. */
export function checkImmutable(value: unknown, old: unknown, path: string, errors: Errors): void {
  if (!sameJson(value, old)) errors.push(field.invalid(path, value, IMMUTABLE));
}
