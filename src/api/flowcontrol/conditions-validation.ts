// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { Errors } from "../validation/checks.ts";

/** Conditions of schemas and levels: each type once. */
export function validateFlowControlConditions(conditions: readonly { readonly type?: string }[] | undefined): Errors {
  const errors: Errors = [];
  const seen = new Set<string>();
  for (const [i, { type = "" }] of (conditions ?? []).entries()) {
    const path = `status.conditions[${i}].type`;
    if (seen.has(type)) errors.push(field.duplicate(path, type));
    seen.add(type);
    if (type === "") errors.push(field.required(path));
  }
  return errors;
}
