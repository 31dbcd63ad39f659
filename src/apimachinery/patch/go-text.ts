// SPDX-License-Identifier: Apache-2.0

import { compareText } from "../text-order.ts";

/**
 * A JSON value as Go's fmt prints it with %v: `map[a:1 b:[x y]]`. Some messages of the API show patches so, and clients
 * compare messages.
 */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).sort(([a], [b]) => compareText(a, b));
    return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(" ")}]`;
  }
  if (typeof value === "number") return goNumberText(value);
  return String(value as string | boolean | bigint);
}

/** A number as Go's %v prints it: integers plainly, others with an exponent of at least two digits when large or tiny. */
export function goNumberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63)
    return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-4 && magnitude < 1e21) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

/** The Go type of a decoded JSON value, as reflect names it. */
export function goTypeName(value: unknown): string {
  if (value === null || value === undefined) return "%!s(<nil>)";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return "string";
}

/** A JSON value as Go's %s prints it: what is no string is marked as such. */
export const goStringVerb = (value: unknown): string =>
  typeof value === "string"
    ? value
    : value === null || value === undefined
      ? "%!s(<nil>)"
      : `%!s(${goTypeName(value)}=${goText(value)})`;
