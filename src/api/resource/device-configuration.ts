// SPDX-License-Identifier: Apache-2.0

import { byteLength, encodeJson, fieldError as field, isJsonObject } from "../../apimachinery/index.ts";
import type { DeviceSelector, OpaqueDeviceConfiguration } from "../generated/v1.35/resource-v1.ts";
import type { Errors } from "../validation/checks.ts";
import { checkBoundedList } from "./bounded-list.ts";
import { checkDriverName } from "./device-names.ts";

const MAX_PARAMETERS_LENGTH = 10 * 1024;
const MAX_EXPRESSION_LENGTH = 10 * 1024;
const MAX_SELECTORS = 32;
export const MAX_CONFIGURATIONS = 32;

/** Free-form JSON that has to be an object; what is `stored` already may be long. */
export function checkFreeObject(value: unknown, path: string, errors: Errors, stored = false): void {
  if (value === undefined || value === null) errors.push(field.required(path));
  else if (!stored && byteLength(encodeJson(value)) > MAX_PARAMETERS_LENGTH)
    errors.push(field.tooLong(path, MAX_PARAMETERS_LENGTH));
  else if (!isJsonObject(value)) errors.push(field.invalid(path, "<value omitted>", "must be a valid JSON object"));
}

/** Parameters for one driver, which it alone understands. */
export function checkConfiguration(
  opaque: OpaqueDeviceConfiguration | undefined,
  path: string,
  errors: Errors,
  stored: boolean,
): void {
  if (!opaque) {
    errors.push(field.required(`${path}.opaque`));
    return;
  }
  checkDriverName(opaque.driver, `${path}.opaque.driver`, errors);
  checkFreeObject(opaque.parameters, `${path}.opaque.parameters`, errors, stored);
}

/** Conditions on devices; those that are `stored` already are not read again. */
export function checkSelectors(
  selectors: readonly DeviceSelector[] | undefined,
  path: string,
  errors: Errors,
  stored: boolean,
): void {
  checkBoundedList(selectors, MAX_SELECTORS, path, errors, ({ cel }, at) => {
    if (!cel) errors.push(field.required(`${at}.cel`));
    else if (!stored && byteLength(cel.expression) > MAX_EXPRESSION_LENGTH)
      errors.push(field.tooLong(`${at}.cel.expression`, MAX_EXPRESSION_LENGTH));
  });
}
