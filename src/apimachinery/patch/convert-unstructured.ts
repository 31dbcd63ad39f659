// SPDX-License-Identifier: Apache-2.0

import { bytesToBase64 } from "../base64.ts";
import { DecodeContext } from "../decode-context.ts";
import { isJsonObject, type JsonObject } from "../json-value.ts";
import { SCALAR_GO_TYPES, scalarDecoder } from "../scalar-decoder.ts";
import {
  type FieldSchema,
  type ObjectShape,
  resolveShape,
  type ScalarKind,
  type SchemaRegistry,
  type Shape,
} from "../schema.ts";

/** A merged object that does not convert to its type; the message is that of the original's converter. */
export class ConversionError extends Error {}

/**
 * Makes free-form JSON fit a type as the original does after server-side apply and strategic merge patches, where it
 * converts values instead of decoding text: integers are cut to the width of their field. Changes `value`; throws
 * ConversionError for the first field, in the type's own order, that cannot be converted.
 */
export function convertUnstructured(value: unknown, shape: Shape, registry: SchemaRegistry): void {
  convert(value, { shape }, registry);
}

/** The kind of a free-form value, as Go's reflection calls it. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int64";
    case "number":
      return Number.isInteger(value) ? "int64" : "float64";
    case "string":
      return "string";
    default:
      return "map";
  }
}

function convert(value: unknown, field: FieldSchema, registry: SchemaRegistry): unknown {
  if (value === null || value === undefined) return value;
  const shape = resolveShape(registry, field.shape);
  switch (shape.type) {
    case "scalar":
      return convertScalar(value, shape.scalar, field.goType);
    case "list": {
      if (!Array.isArray(value)) throw new ConversionError(`cannot restore slice from ${kindOf(value)}`);
      const items = { shape: shape.items, goType: field.goType?.replace(/^\[\]/, "") };
      for (let i = 0; i < value.length; i++) value[i] = convert(value[i], items, registry);
      return value;
    }
    case "map": {
      if (!isJsonObject(value)) throw new ConversionError(`cannot restore map from ${kindOf(value)}`);
      const values = { shape: shape.values, goType: field.goType?.replace(/^map\[[^\]]*\]/, "") };
      for (const key of Object.keys(value)) value[key] = convert(value[key], values, registry);
      return value;
    }
    case "object":
      return convertFields(value, shape, registry);
  }
}

function convertFields(value: unknown, shape: ObjectShape, registry: SchemaRegistry): JsonObject {
  if (!isJsonObject(value)) throw new ConversionError(`cannot restore struct from: ${kindOf(value)}`);
  for (const name of Object.keys(shape.fields)) {
    if (Object.hasOwn(value, name)) value[name] = convert(value[name], shape.fields[name]!, registry);
  }
  return value;
}

/** What reflection calls the basic type of a scalar. */
const BASIC_TYPES: Partial<Record<ScalarKind, string>> = {
  string: "string",
  boolean: "bool",
  int32: "int32",
  int64: "int64",
  number: "float64",
};

function convertScalar(value: unknown, scalar: ScalarKind, goType: string | undefined): unknown {
  const name = goType ?? SCALAR_GO_TYPES[scalar];
  switch (scalar) {
    case "int32":
    case "int64":
      return convertInteger(value, scalar, name);
    case "string":
      if (typeof value === "string") return value;
      throw new ConversionError(
        kindOf(value) === "int64" ? `cannot convert int64 to ${name}` : "unrecognized type: string",
      );
    case "boolean":
    case "number":
      if (typeof value === (scalar === "number" ? "number" : "boolean")) return value;
      throw new ConversionError(`unrecognized type: ${BASIC_TYPES[scalar]}`);
    case "bytes":
      if (Array.isArray(value)) return bytesToBase64(Uint8Array.from(value, convertByte));
      if (typeof value !== "string") throw new ConversionError(`cannot restore slice from ${kindOf(value)}`);
      return unmarshal(value, scalar, name, "error decoding from json: ");
    default:
      return unmarshal(value, scalar, name, "");
  }
}

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** Reflection takes a whole number of any size for an integer: the lowest one stands for what is out of range. */
function wholeNumber(value: unknown, basicType: string | undefined, name: string): bigint {
  if (typeof value !== "number" && typeof value !== "bigint") {
    throw new ConversionError(`unrecognized type: ${basicType}`);
  }
  if (typeof value === "number" && !Number.isInteger(value)) {
    throw new ConversionError(`cannot convert float64 to ${name}`);
  }
  const whole = BigInt(value);
  return whole < MIN_INT64 || whole > MAX_INT64 ? MIN_INT64 : whole;
}

/** Smaller integers keep the lowest bits. */
function convertInteger(value: unknown, scalar: "int32" | "int64", name: string): unknown {
  if (typeof value === "number" && (value | 0) === value) return value;
  const whole = wholeNumber(value, BASIC_TYPES[scalar], name);
  if (scalar === "int32") return Number(BigInt.asIntN(32, whole));
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

const convertByte = (value: unknown): number =>
  value === null ? 0 : Number(BigInt.asUintN(8, wholeNumber(value, "uint8", "uint8")));

/** Types that read JSON themselves. */
function unmarshal(value: unknown, scalar: ScalarKind, name: string, prefix: string): unknown {
  const context = new DecodeContext(false);
  const decoded = scalarDecoder(scalar, name)(value, context);
  if (context.failure !== undefined) throw new ConversionError(prefix + context.failure);
  return decoded;
}
