// SPDX-License-Identifier: Apache-2.0

/** A parsed JSON object whose fields are not known. */
export type JsonObject = { [key: string]: unknown };

/** Whether the value is a JSON object: neither null nor a list. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Sets a field as JSON.parse would: `__proto__` becomes a field like any other. */
export function setJsonField(object: JsonObject, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  object[key] = value;
}

/** The field of that name, or undefined; never what the prototype has (functions, and itself). */
export function jsonField(object: JsonObject, key: string): unknown {
  const value = object[key];
  const mayBeInherited = typeof value === "function" || key === "__proto__";
  return mayBeInherited && !Object.hasOwn(object, key) ? undefined : value;
}

/** A copy that shares nothing with the original. */
export function copyJson<T>(value: T): T;
export function copyJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => copyJson(element));
  const source = value as JsonObject;
  const copy: JsonObject = {};
  for (const key in source) setJsonField(copy, key, copyJson(source[key]));
  return copy;
}

/** Whether two JSON values are the same, whatever the order of their fields. A field that is undefined is absent. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    for (let i = 0; i < left.length; i++) if (!equalJson(left[i], right[i])) return false;
    return true;
  }
  return !Array.isArray(right) && equalObjects(left as JsonObject, right as JsonObject);
}

function equalObjects(left: JsonObject, right: JsonObject): boolean {
  let fields = 0;
  for (const key in left) {
    const value = left[key];
    if (value === undefined) continue;
    fields++;
    const other = jsonField(right, key);
    if (other === undefined || !equalJson(value, other)) return false;
  }
  for (const key in right) if (right[key] !== undefined) fields--;
  return fields === 0;
}
