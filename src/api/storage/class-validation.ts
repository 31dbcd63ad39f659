// SPDX-License-Identifier: Apache-2.0

import { byteLength, fieldError as field, sameJson, sentEmpty } from "../../apimachinery/index.ts";
import { checkQualifiedName, type Errors } from "../validation/checks.ts";

const MAX_PARAMETERS = 512;
const MAX_PARAMETERS_SIZE = 256 * 1024;

/** The driver that a class names. */
export function checkProvisioner(name: string, path: string, errors: Errors): void {
  if (name) checkQualifiedName(name.toLowerCase(), path, errors);
  else errors.push(field.required(path));
}

/** Parameters for the driver: not too many, and not too long. */
export function checkParameters(
  parameters: Readonly<Record<string, string>> | undefined,
  mayBeEmpty: boolean,
  path: string,
  errors: Errors,
): void {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > MAX_PARAMETERS) {
    errors.push(field.tooLong(path, MAX_PARAMETERS));
    return;
  }
  let size = 0;
  for (const [key, value] of entries) {
    if (key === "") errors.push(field.invalid(path, key, "field can not be empty."));
    size += byteLength(key) + byteLength(value);
  }
  if (size > MAX_PARAMETERS_SIZE) errors.push(field.tooLong(path, MAX_PARAMETERS_SIZE));
  if (!mayBeEmpty && entries.length === 0)
    errors.push(field.required(path, "must contain at least one key/value pair"));
}

/** A field of a class that may not change. */
export function checkUpdateForbidden(changed: boolean, path: string, errors: Errors): void {
  if (changed) errors.push(field.fieldForbidden(path, `updates to ${path} are forbidden.`));
}

interface Parameters {
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Whether the parameters of a class change; none at all are not the same as an empty map that was just sent. */
export const isParametersChange = (sent: Parameters, old: Parameters): boolean =>
  !sameJson(sent.parameters, old.parameters) || sentEmpty(sent, "parameters") !== undefined;
