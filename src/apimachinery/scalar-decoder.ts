// SPDX-License-Identifier: Apache-2.0

import { goJsonKind } from "./go-json-kind.ts";
import { bytesToBase64 } from "./base64.ts";
import type { DecodeContext } from "./decode-context.ts";
import { JsonNumber, settleNumbers } from "./json-parser.ts";
import type { JsonObject } from "./json-value.ts";
import { canonicalQuantity, QuantityError } from "./quantity.ts";
import type { ScalarKind } from "./schema.ts";
import { canonicalMicroTime, canonicalTime, TimeError } from "./time.ts";

/** Checks a value that is not null and answers its canonical form; undefined for none, or after reporting an error. */
export type DecodeValue = (value: unknown, context: DecodeContext) => unknown;

const numberText = (value: number | bigint | JsonNumber): string =>
  value instanceof JsonNumber ? value.text : String(value);

const isNumber = (value: unknown): value is number | bigint | JsonNumber =>
  typeof value === "number" || typeof value === "bigint" || value instanceof JsonNumber;

function decodeString(goType: string): DecodeValue {
  return (value, context) => (typeof value === "string" ? value : context.typeMismatch(goJsonKind(value), goType));
}

function decodeBoolean(goType: string): DecodeValue {
  return (value, context) => (typeof value === "boolean" ? value : context.typeMismatch(goJsonKind(value), goType));
}

function decodeInt32(goType: string, stop = false): DecodeValue {
  return (value, context) => {
    // An integer that 32-bit conversion does not change; `| 0` also makes zero of minus zero.
    if (typeof value === "number" && (value | 0) === value) return value | 0;
    return isNumber(value)
      ? context.typeMismatch(`number ${numberText(value)}`, goType, stop)
      : context.typeMismatch(goJsonKind(value), goType, stop);
  };
}

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

function decodeInt64(goType: string): DecodeValue {
  return (value, context) => {
    if (typeof value === "number" && Number.isSafeInteger(value)) return value + 0;
    if (!isNumber(value)) return context.typeMismatch(goJsonKind(value), goType);
    const text = numberText(value);
    if (!/^-?\d+$/.test(text)) return context.typeMismatch(`number ${text}`, goType);
    const big = BigInt(text);
    if (big < MIN_INT64 || big > MAX_INT64) return context.typeMismatch(`number ${text}`, goType);
    const number = Number(big);
    return Number.isSafeInteger(number) ? number : big;
  };
}

function decodeFloat(goType: string): DecodeValue {
  return (value, context) => {
    if (typeof value === "number") return value;
    if (!isNumber(value)) return context.typeMismatch(goJsonKind(value), goType);
    const number = Number(numberText(value));
    return Number.isFinite(number) ? number : context.typeMismatch(`number ${numberText(value)}`, goType);
  };
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Where Go's decoder stops at a text that is no base64; line breaks are skipped. */
function base64ErrorOffset(text: string): number | undefined {
  let group = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === "\n" || c === "\r") continue;
    if (c === "=") return paddingErrorOffset(text, i, group);
    if (!ALPHABET.includes(c)) return i;
    group = (group + 1) % 4;
  }
  return group === 0 ? undefined : text.length - group;
}

function paddingErrorOffset(text: string, first: number, group: number): number | undefined {
  if (group < 2) return first;
  let next = first + 1;
  const skip = (): void => {
    while (text[next] === "\n" || text[next] === "\r") next++;
  };
  if (group === 2) {
    skip();
    if (next >= text.length) return text.length;
    if (text[next] !== "=") return next - 1;
    next++;
  }
  skip();
  return next < text.length ? next : undefined;
}

/** The same bytes in canonical base64: no line breaks, no stray bits at the end. */
function canonicalBase64(text: string): string {
  const plain = text.replace(/[\r\n]/g, "");
  const padding = plain.endsWith("==") ? 2 : plain.endsWith("=") ? 1 : 0;
  if (padding === 0) return plain;
  const last = plain.length - padding - 1;
  const bits = ALPHABET.indexOf(plain[last]!) & (padding === 2 ? 0x30 : 0x3c);
  return plain.slice(0, last) + ALPHABET[bits] + "=".repeat(padding);
}

function decodeByte(value: unknown, context: DecodeContext): unknown {
  if (typeof value === "number" && (value & 0xff) === value) return value;
  return context.typeMismatch(isNumber(value) ? `number ${numberText(value)}` : goJsonKind(value), "uint8");
}

/** Go reads bytes from a list of numbers, too; null leaves one at zero. */
function decodeByteList(items: readonly unknown[], context: DecodeContext): string {
  return bytesToBase64(Uint8Array.from(items, (item) => (item === null ? 0 : Number(decodeByte(item, context) ?? 0))));
}

function decodeBytes(goType: string): DecodeValue {
  return (value, context) => {
    if (Array.isArray(value)) return decodeByteList(value, context);
    if (typeof value !== "string") return context.typeMismatch(goJsonKind(value), goType);
    if (BASE64.test(value)) return value;
    const offset = base64ErrorOffset(value);
    if (offset !== undefined) return context.mistake(`illegal base64 data at input byte ${offset}`);
    return canonicalBase64(value);
  };
}

const decodeQuantity: DecodeValue = (value, context) => {
  try {
    if (typeof value === "string") return canonicalQuantity(value.trim());
    return canonicalQuantity(isNumber(value) ? numberText(value).replace("+", "") : JSON.stringify(value));
  } catch (error) {
    if (error instanceof QuantityError) return context.fail(error.message);
    throw error;
  }
};

function decodeTimeWith(canonical: (text: string) => string | undefined): DecodeValue {
  return (value, context) => {
    if (typeof value !== "string") return context.typeMismatch(goJsonKind(value), "string", true);
    try {
      return canonical(value);
    } catch (error) {
      if (error instanceof TimeError) return context.fail(error.message);
      throw error;
    }
  };
}

const decodeTime = decodeTimeWith(canonicalTime);
const decodeMicroTime = decodeTimeWith(canonicalMicroTime);
const decodeIntOrStringNumber = decodeInt32("int32", true);
const decodeIntOrString: DecodeValue = (value, context) =>
  typeof value === "string" ? value : decodeIntOrStringNumber(value, context);

/** Key-value pairs in a value that no schema describes. */
export function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null || value instanceof JsonNumber) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item);
    return count;
  }
  const object = value as JsonObject;
  for (const key in object) count += 1 + countMembers(object[key]);
  return count;
}

const decodeAny: DecodeValue = (value, context) => {
  context.members += countMembers(value);
  return context.exact ? settleNumbers(value) : value;
};

/** The Go type of a scalar that has no name of its own. */
export const SCALAR_GO_TYPES: Readonly<Record<ScalarKind, string>> = {
  string: "string",
  boolean: "bool",
  int32: "int32",
  int64: "int64",
  number: "float64",
  bytes: "[]uint8",
  quantity: "resource.Quantity",
  time: "v1.Time",
  microTime: "v1.MicroTime",
  duration: "v1.Duration",
  intOrString: "intstr.IntOrString",
  any: "runtime.RawExtension",
};

/** The decoder of a scalar; `goType` is what its errors call it. */
export function scalarDecoder(scalar: ScalarKind, goType: string): DecodeValue {
  switch (scalar) {
    case "string":
    case "duration":
      return decodeString(goType);
    case "boolean":
      return decodeBoolean(goType);
    case "int32":
      return decodeInt32(goType);
    case "int64":
      return decodeInt64(goType);
    case "number":
      return decodeFloat(goType);
    case "bytes":
      return decodeBytes(goType);
    case "quantity":
      return decodeQuantity;
    case "time":
      return decodeTime;
    case "microTime":
      return decodeMicroTime;
    case "intOrString":
      return decodeIntOrString;
    case "any":
      return decodeAny;
  }
}

/** What Go writes for a field of that kind that nobody set, where it writes it at all. */
export function scalarZero(scalar: ScalarKind): unknown {
  switch (scalar) {
    case "string":
    case "duration":
      return "";
    case "boolean":
      return false;
    case "int32":
    case "int64":
    case "number":
    case "intOrString":
      return 0;
    case "quantity":
      return "0";
    default:
      return null;
  }
}
