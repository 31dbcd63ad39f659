// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, percentErrors } from "../../apimachinery/index.ts";
import { checkNonNegative, type Errors } from "./checks.ts";

/** The number before the percent sign; undefined for anything else. */
function percentOf(value: number | string): number | undefined {
  return typeof value === "string" && percentErrors(value).length === 0 ? Number.parseInt(value, 10) : undefined;
}

/** The number or the percentage, whichever it is; text that is neither counts as nothing. */
export function intOrPercentAmount(value: number | string): number {
  if (typeof value === "number") return value;
  return percentOf(value) ?? (/^[+-]?\d+$/.test(value) ? Number(value) : 0);
}

/** A count that is not negative, or a percentage. */
export function checkIntOrPercent(value: number | string, path: string, errors: Errors): void {
  if (typeof value === "number") checkNonNegative(value, path, errors);
  else for (const message of percentErrors(value)) errors.push(field.invalidNamed(path, value, message));
}

export function checkAtMostAll(value: number | string, path: string, errors: Errors): void {
  if ((percentOf(value) ?? 0) > 100) errors.push(field.invalid(path, value, "must not be greater than 100%"));
}
