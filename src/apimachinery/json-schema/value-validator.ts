// SPDX-License-Identifier: Apache-2.0

import { compileGoRegexp } from "../../base/index.ts";
import type { FieldError } from "../field-error.ts";
import { equalJson, isJsonObject, type JsonObject } from "../json-value.ts";
import { isInFormat, isKnownFormat } from "./formats.ts";
import { itemSchema, type JsonSchema } from "./json-schema.ts";
import {
  breaksRule,
  breaksWhole,
  forbiddenProperty,
  hasTooMany,
  missing,
  notInEnum,
  textTooLong,
  ValueResult,
  wrongType,
} from "./value-result.ts";

const quoted = (path: string): string => JSON.stringify(path);

/** The JSON type of a value, and the format that upstream takes its Go type for. */
function typeOf(value: unknown): { readonly type: string; readonly format: string } {
  if (typeof value === "boolean") return { type: "boolean", format: "" };
  if (typeof value === "string") return { type: "string", format: "" };
  if (typeof value === "bigint" || Number.isInteger(value)) return { type: "integer", format: "int64" };
  if (typeof value === "number") return { type: "number", format: "double" };
  return { type: Array.isArray(value) ? "array" : "object", format: "" };
}

function checkType(value: unknown, schema: JsonSchema, path: string, result: ValueResult): void {
  const { type: wanted = "", format = "" } = schema;
  if (wanted === "" && format === "") return;
  const own = new ValueResult();
  own.matches++;
  const { type, format: found } = typeOf(value);
  const isWidened = type === "integer" && wanted === "number";
  const isTextOrList = type === "string" || type === "array";
  const isNumeric = wanted === "number" || wanted === "integer";
  if (!isTextOrList && format !== "" && type !== wanted && found !== format && !isWidened) {
    result.merge(failed(wrongType(path, format, found)));
    return;
  }
  if (!(isTextOrList && format !== "" && !isNumeric) && type !== wanted && !isWidened) {
    result.merge(failed(wrongType(path, wanted, type)));
    return;
  }
  result.merge(own);
}

function failed(mistake: ReturnType<typeof wrongType>): ValueResult {
  const result = new ValueResult();
  result.add(mistake);
  return result;
}

function checkAnyOf(value: unknown, schemas: readonly JsonSchema[], path: string, result: ValueResult): void {
  let best: ValueResult | undefined;
  for (const schema of schemas) {
    const found = validate(value, schema, path);
    if (found.isValid) {
      result.merge(found);
      return;
    }
    if (!best || found.matches > best.matches) best = found;
  }
  result.add(breaksWhole(`${quoted(path)} must validate at least one schema (anyOf)`));
  if (best) result.merge(best);
}

function checkOneOf(value: unknown, schemas: readonly JsonSchema[], path: string, result: ValueResult): void {
  let best: ValueResult | undefined;
  const valid: ValueResult[] = [];
  for (const schema of schemas) {
    const found = validate(value, schema, path);
    if (found.isValid) {
      valid.push(found);
      best = undefined;
    } else if (valid.length === 0 && (!best || found.matches > best.matches)) best = found;
  }
  if (valid.length === 1) {
    result.merge(valid[0]!);
    return;
  }
  const found = valid.length === 0 ? "Found none valid" : `Found ${valid.length} valid alternatives`;
  result.add(breaksWhole(`${quoted(path)} must validate one and only one schema (oneOf). ${found}`));
  if (best) result.merge(best);
}

function checkAllOf(value: unknown, schemas: readonly JsonSchema[], path: string, result: ValueResult): void {
  let valid = 0;
  for (const schema of schemas) {
    const found = validate(value, schema, path);
    if (found.isValid) valid++;
    result.merge(found);
  }
  if (valid === schemas.length) return;
  const none = valid === 0 ? ". None validated" : "";
  result.add(breaksWhole(`${quoted(path)} must validate all the schemas (allOf)${none}`));
}

function checkCombinations(value: unknown, schema: JsonSchema, path: string, result: ValueResult): void {
  if (schema.anyOf?.length) checkAnyOf(value, schema.anyOf, path, result);
  if (schema.oneOf?.length) checkOneOf(value, schema.oneOf, path, result);
  if (schema.allOf?.length) checkAllOf(value, schema.allOf, path, result);
  if (schema.not && validate(value, schema.not, path).isValid)
    result.add(breaksWhole(`${quoted(path)} must not validate the schema (not)`));
  result.matches++;
}

/** The first rule that a text breaks. */
function checkText(text: string, schema: JsonSchema, path: string, result: ValueResult): void {
  const { maxLength, minLength, pattern } = schema;
  let length = text.length;
  if (maxLength !== undefined || minLength !== undefined) length = [...text].length;
  if (maxLength !== undefined && length > maxLength) result.add(textTooLong(path, maxLength));
  else if (minLength !== undefined && length < minLength)
    result.add(breaksRule(path, `should be at least ${minLength} chars long`, text));
  else if (pattern && !compileGoRegexp(pattern).test(text))
    result.add(breaksRule(path, `should match '${pattern}'`, text));
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  return Number.isInteger(quotient);
}

function checkNumber(value: number | bigint, schema: JsonSchema, path: string, result: ValueResult): void {
  const { multipleOf, maximum, exclusiveMaximum, minimum, exclusiveMinimum } = schema;
  const number = Number(value);
  if (multipleOf !== undefined && multipleOf <= 0)
    result.add(breaksWhole(`factor MultipleOf declared for ${path} must be positive: ${multipleOf}`));
  else if (multipleOf !== undefined && !isMultiple(number, multipleOf))
    result.add(breaksRule(path, `should be a multiple of ${multipleOf}`, value));
  if (minimum !== undefined && (exclusiveMinimum ? number <= minimum : number < minimum))
    result.add(breaksRule(path, `should be greater than ${exclusiveMinimum ? "" : "or equal to "}${minimum}`, value));
  if (maximum !== undefined && (exclusiveMaximum ? number >= maximum : number > maximum))
    result.add(breaksRule(path, `should be less than ${exclusiveMaximum ? "" : "or equal to "}${maximum}`, value));
  result.matches++;
}

function checkList(list: readonly unknown[], schema: JsonSchema, path: string, result: ValueResult): void {
  const { minItems, maxItems, uniqueItems } = schema;
  const items = itemSchema(schema);
  if (items) for (const [i, item] of list.entries()) result.merge(validate(item, items, `${path}[${i}]`));
  if (minItems !== undefined && list.length < minItems)
    result.add(breaksRule(path, `should have at least ${minItems} items`, list.length));
  if (maxItems !== undefined && list.length > maxItems) result.add(hasTooMany(path, "items", list.length, maxItems));
  const hasDuplicate = (): boolean => list.some((item, i) => list.slice(0, i).some((other) => equalJson(item, other)));
  if (uniqueItems && hasDuplicate()) result.add(breaksRule(path, "shouldn't contain duplicates"));
  result.matches++;
}

function checkOtherProperties(object: JsonObject, schema: JsonSchema, path: string, result: ValueResult): void {
  const { properties = {}, additionalProperties: others } = schema;
  if (others === undefined || others === true) return;
  for (const [key, value] of Object.entries(object)) {
    if (Object.hasOwn(properties, key)) continue;
    if (others === false) result.add(forbiddenProperty(path, key));
    else result.merge(validate(value, others, `${path}.${key}`));
  }
}

function checkObject(object: JsonObject, schema: JsonSchema, path: string, result: ValueResult): void {
  const { minProperties, maxProperties, properties = {}, required = [] } = schema;
  const count = Object.keys(object).length;
  if (minProperties !== undefined && count < minProperties)
    result.add(breaksRule(path, `should have at least ${minProperties} properties`, count));
  if (maxProperties !== undefined && count > maxProperties)
    result.add(hasTooMany(path, "properties", count, maxProperties));
  checkOtherProperties(object, schema, path, result);
  for (const [name, property] of Object.entries(properties))
    if (Object.hasOwn(object, name))
      result.merge(validate(object[name], property, path === "" ? name : `${path}.${name}`));
  for (const name of required) if (!Object.hasOwn(object, name)) result.add(missing(`${path}.${name}`));
}

function checkEnum(value: unknown, { enum: allowed }: JsonSchema, path: string, result: ValueResult): void {
  if (allowed?.length && !allowed.some((item) => item !== null && equalJson(item, value)))
    result.add(notInEnum(path, value, allowed));
}

function validate(value: unknown, schema: JsonSchema, path: string): ValueResult {
  const result = new ValueResult();
  if (value === null) {
    if (schema.type && !schema.nullable) result.add(wrongType(path, schema.type, "null"));
    checkEnum(value, schema, path, result);
    return result;
  }
  checkType(value, schema, path, result);
  checkCombinations(value, schema, path, result);
  if (typeof value === "string") {
    checkText(value, schema, path, result);
    const { format } = schema;
    if (format && isKnownFormat(format) && !isInFormat(value, format)) result.add(wrongType(path, format, value));
  }
  if (typeof value === "number" || typeof value === "bigint") checkNumber(value, schema, path, result);
  if (Array.isArray(value)) checkList(value, schema, path, result);
  checkEnum(value, schema, path, result);
  if (isJsonObject(value)) checkObject(value, schema, path, result);
  return result;
}

/**
 * What is wrong with a value by a structural schema, in upstream's order and words.
 *
 * @example
 * validateJsonValue(1, { type: "string" }, "spec.name")
 */
export const validateJsonValue = (value: unknown, schema: JsonSchema, path: string): FieldError[] =>
  validate(value, schema, "").mistakes.map((mistake) => mistake.at(path));
