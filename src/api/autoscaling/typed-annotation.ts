// SPDX-License-Identifier: Apache-2.0

import {
  canonicalQuantity,
  formatTime,
  isJsonObject,
  JsonSyntaxError,
  parseJson,
  parseTime,
  QuantityError,
} from "../../apimachinery/index.ts";

/** Reads a JSON value as a Go type would; throws WrongType. */
export type Read<T> = (value: unknown) => T;

class WrongType extends Error {}

const MAX_INT32 = 2 ** 31 - 1;

/** A text; null is the empty one. */
export const text: Read<string> = (value) => {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new WrongType();
  return value;
};

export const int32: Read<number> = (value) => {
  if (value === undefined || value === null) return 0;
  if (typeof value !== "number" || !Number.isInteger(value) || Math.abs(value) > MAX_INT32) throw new WrongType();
  return value;
};

/** A quantity in canonical form. */
export const quantity: Read<string> = (value) => {
  if (value === undefined || value === null) return "0";
  if (typeof value !== "string" && typeof value !== "number") throw new WrongType();
  try {
    return canonicalQuantity(String(value));
  } catch (error) {
    if (error instanceof QuantityError) throw new WrongType();
    throw error;
  }
};

/** A time; one that nobody set is null. */
export const timeOrNull: Read<string | null> = (value) => {
  if (value === undefined || value === null) return null;
  const epochMs = typeof value === "string" ? parseTime(value) : undefined;
  if (epochMs === undefined) throw new WrongType();
  return formatTime(epochMs);
};

/** A value that may be absent. */
export const optional =
  <T>(read: Read<T>): Read<T | undefined> =>
  (value) =>
    value === undefined || value === null ? undefined : read(value);

export const list =
  <T>(read: Read<T>): Read<T[]> =>
  (value) => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new WrongType();
    return value.map(read);
  };

const map =
  <T>(read: Read<T>): Read<Record<string, T>> =>
  (value) => {
    if (!isJsonObject(value)) throw new WrongType();
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, read(item)]));
  };

/** An object with these fields, whatever the case of their names; others are passed over, absent ones left out. */
export const struct =
  <T extends object>(fields: { readonly [K in keyof T]-?: Read<T[K]> }): Read<T> =>
  (value) => {
    if (value !== undefined && value !== null && !isJsonObject(value)) throw new WrongType();
    const given = new Map(Object.entries(value ?? {}).map(([key, item]) => [key.toLowerCase(), item]));
    const entries = Object.entries<Read<unknown>>(fields).map(([key, read]) => [
      key,
      read(given.get(key.toLowerCase())),
    ]);
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined)) as T;
  };

const nonEmpty =
  <T>(read: Read<T[]>): Read<T[] | undefined> =>
  (value) => {
    const items = read(value);
    return items.length > 0 ? items : undefined;
  };

interface Expression {
  key: string;
  operator: string;
  values?: string[] | undefined;
}

interface Selector {
  matchLabels?: Record<string, string> | undefined;
  matchExpressions?: Expression[] | undefined;
}

export const selector: Read<Selector> = struct<Selector>({
  matchLabels: optional(map(text)),
  matchExpressions: nonEmpty(list(struct<Expression>({ key: text, operator: text, values: nonEmpty(list(text)) }))),
});

/** The value of an annotation; undefined for one that is no JSON, or JSON of another type. */
export function readAnnotation<T>(annotation: string | undefined, read: Read<T>): T | undefined {
  if (annotation === undefined) return undefined;
  try {
    return read(parseJson(annotation));
  } catch (error) {
    if (error instanceof WrongType || error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}
