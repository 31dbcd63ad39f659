// SPDX-License-Identifier: Apache-2.0

import { dns1035LabelErrors, fieldError as field } from "../../apimachinery/index.ts";
import type { CustomResourceDefinitionNames } from "../generated/v1.35/apiextensions-v1.ts";
import type { Errors } from "../validation/checks.ts";

function checkLabel(value: string | undefined, path: string, errors: Errors): void {
  if (!value) return;
  const messages = dns1035LabelErrors(value);
  if (messages.length > 0) errors.push(field.invalid(path, value, messages.join(",")));
}

function checkKind(value: string | undefined, path: string, errors: Errors): void {
  if (!value) return;
  const messages = dns1035LabelErrors(value.toLowerCase());
  if (messages.length > 0)
    errors.push(field.invalid(path, value, `may have mixed case, but should otherwise match: ${messages.join(",")}`));
}

function checkLabels(values: readonly string[] | undefined, path: string, errors: Errors): void {
  for (const [i, value] of (values ?? []).entries()) {
    const messages = dns1035LabelErrors(value);
    if (messages.length > 0) errors.push(field.invalid(`${path}[${i}]`, value, messages.join(",")));
  }
}

/** The form of the names of a kind, wanted or accepted. */
export function checkNames(
  names: Partial<CustomResourceDefinitionNames> | undefined,
  path: string,
  errors: Errors,
): void {
  if (!names) return;
  const { kind, listKind } = names;
  checkLabel(names.plural, `${path}.plural`, errors);
  checkLabel(names.singular, `${path}.singular`, errors);
  checkKind(kind, `${path}.kind`, errors);
  checkKind(listKind, `${path}.listKind`, errors);
  checkLabels(names.shortNames, `${path}.shortNames`, errors);
  if (kind && kind === listKind)
    errors.push(field.invalid(`${path}.listKind`, listKind, "kind and listKind may not be the same"));
  checkLabels(names.categories, `${path}.categories`, errors);
}
