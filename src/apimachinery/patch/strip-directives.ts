// SPDX-License-Identifier: Apache-2.0

import { isJsonObject, setJsonField } from "../json-value.ts";

/** Deletes fields that are null from the value, in place, at every depth. */
export function dropNulls(value: unknown): void {
  if (Array.isArray(value)) {
    for (const element of value) dropNulls(element);
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      if (value[key] === null) delete value[key];
      else dropNulls(value[key]);
    }
  }
}

/** The value without objects that carry a `$patch` directive; undefined when it is one itself. Uses up its argument. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((element) => element !== undefined);
  if (!isJsonObject(value)) return value;
  if (Object.hasOwn(value, "$patch")) return undefined;
  for (const key of Object.keys(value)) {
    const kept = withoutDirectives(value[key]);
    if (kept === undefined) delete value[key];
    else setJsonField(value, key, kept);
  }
  return value;
}
