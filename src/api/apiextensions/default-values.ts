// SPDX-License-Identifier: Apache-2.0

import {
  copyJson,
  dns1035LabelErrors,
  equalJson,
  fieldError as field,
  isJsonObject,
  type JsonObject,
  type JsonSchema,
  nameIsPathSegment,
  type ObjectMeta,
  pruneJson,
  validateJsonValue,
  validateObjectMeta,
} from "../../apimachinery/index.ts";
import type { JSONSchemaProps } from "../generated/v1.35/apiextensions-v1.ts";
import { type Errors, pushInvalid } from "../validation/checks.ts";
import { additionalOf, itemsOf } from "./schema-walk.ts";

const EMBEDDED = "x-kubernetes-embedded-resource";
const META_FIELDS: ReadonlySet<string> = new Set(["metadata", "kind", "apiVersion"]);

function checkTextField(object: JsonObject, name: "apiVersion" | "kind", path: string, errors: Errors): void {
  const value = object[name];
  const at = `${path}.${name}`;
  if (value === undefined) errors.push(field.required(at));
  else if (typeof value !== "string") errors.push(field.invalid(at, value, "must be a string"));
  else if (value === "") errors.push(field.invalid(at, value, "must not be empty"));
  else if (name === "apiVersion") {
    if (value.split("/").length > 2) errors.push(field.invalid(at, value, `unexpected GroupVersion string: ${value}`));
  } else {
    const messages = dns1035LabelErrors(value.toLowerCase());
    const text = `may have mixed case, but should otherwise match: ${messages.join(",")}`;
    if (messages.length > 0) pushInvalid([text], value, at, errors);
  }
}

function checkResource(object: JsonObject, path: string, errors: Errors): void {
  for (const name of ["apiVersion", "kind"] as const) checkTextField(object, name, path, errors);
  const { metadata } = object;
  if (!isJsonObject(metadata)) return;
  // Something has to stand there for the rest to be checked.
  const named = { name: "fakename", ...metadata } as ObjectMeta;
  const rules = { namespaced: Boolean(named.namespace), nameCheck: nameIsPathSegment };
  errors.push(...validateObjectMeta(named, rules, `${path}.metadata`));
}

/** Objects within a value that are resources of their own must look like ones. */
function checkResourcesWithin(value: unknown, schema: JSONSchemaProps | undefined, path: string, errors: Errors): void {
  if (!schema) return;
  if (Array.isArray(value))
    for (const [i, item] of value.entries()) checkResourcesWithin(item, itemsOf(schema), `${path}[${i}]`, errors);
  if (!isJsonObject(value)) return;
  if (schema[EMBEDDED]) checkResource(value, path, errors);
  const { properties = {} } = schema;
  for (const [key, child] of Object.entries(value))
    if (Object.hasOwn(properties, key)) checkResourcesWithin(child, properties[key], `${path}.${key}`, errors);
    else checkResourcesWithin(child, additionalOf(schema), `${path}[${key}]`, errors);
}

/** Whether a default holds fields that its schema does not know. */
export function isUnpruned(schema: JSONSchemaProps): boolean {
  const pruned = copyJson(schema.default);
  pruneJson(pruned, schema as JsonSchema);
  return !equalJson(pruned, schema.default);
}

function checkDefault(
  schema: JSONSchemaProps,
  insideMetadata: boolean,
  pruned: boolean,
  path: string,
  errors: Errors,
): void {
  if (!insideMetadata) {
    if (pruned && isUnpruned(schema)) errors.push(field.invalid(path, schema.default, "must not have unknown fields"));
    const before = errors.length;
    checkResourcesWithin(schema.default, schema, path, errors);
    if (errors.length > before) return;
  }
  errors.push(...validateJsonValue(schema.default, schema as JsonSchema, path));
}

/** What is wrong with the defaults of a structural schema; `pruned`: they may not hold what is unknown. */
export function validateDefaults(schema: JSONSchemaProps, pruned: boolean, path: string): Errors {
  const errors: Errors = [];
  const walk = (at: JSONSchemaProps, isRoot: boolean, outer: boolean, atPath: string): void => {
    const isResource = isRoot || at[EMBEDDED] === true;
    const insideMetadata = outer && !isResource;
    if (at.default !== undefined && at.default !== null)
      checkDefault(isRoot ? { ...at, [EMBEDDED]: true } : at, insideMetadata, pruned, `${atPath}.default`, errors);
    const items = itemsOf(at);
    if (items) walk(items, false, insideMetadata, `${atPath}.items`);
    for (const [name, property] of Object.entries(at.properties ?? {}))
      walk(property, false, insideMetadata || (isResource && META_FIELDS.has(name)), `${atPath}.properties[${name}]`);
  };
  walk(schema, true, false, path);
  return errors;
}
