// SPDX-License-Identifier: Apache-2.0

import { JsonNumber } from "./json-parser.ts";

/** What Go's JSON decoder calls a value that does not fit its target. */
export function goJsonKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
    case "bigint":
      return "number";
    default:
      return value instanceof JsonNumber ? "number" : value === null ? "null" : "object";
  }
}
