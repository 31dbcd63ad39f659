// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { Errors } from "../validation/checks.ts";

export const FILE_MODE_WRONG = "must be a number between 0 and 0777 (octal), both inclusive";
const MAX_FILE_MODE = 0o777;

export const hasBacksteps = (path: string): boolean => path.split("/").includes("..");

export function checkNoBacksteps(target: string, path: string, errors: Errors): void {
  if (hasBacksteps(target)) errors.push(field.invalid(path, target, "must not contain '..'"));
}

/** A path below a folder: relative, never upwards. */
export function checkDescendingPath(target: string, path: string, errors: Errors): void {
  if (target.startsWith("/")) errors.push(field.invalid(path, target, "must be a relative path"));
  checkNoBacksteps(target, path, errors);
}

/** As checkDescendingPath, and no name that begins with the dots that the kubelet uses. */
export function checkNonReservedPath(target: string, path: string, errors: Errors): void {
  checkDescendingPath(target, path, errors);
  if (target.startsWith("..") && !target.startsWith("../"))
    errors.push(field.invalid(path, target, "must not start with '..'"));
}

export function checkFileMode(mode: number | undefined, path: string, errors: Errors): void {
  if (mode !== undefined && (mode > MAX_FILE_MODE || mode < 0)) errors.push(field.invalid(path, mode, FILE_MODE_WRONG));
}
