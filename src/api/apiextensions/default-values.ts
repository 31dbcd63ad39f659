// SPDX-License-Identifier: Apache-2.0

import {
  copyJson,
  DecodeError,
  dns1035LabelErrors,
  equalJson,
  type FieldError,
  fieldError as field,
  isJsonObject,
  type JsonObject,
  type JsonSchema,
  nameIsPathSegment,
  objectCodec,
  type ObjectMeta,
  pruneJson,
  validateJsonValue,
  validateObjectMeta,
} from "../../apimachinery/index.ts";
import type { JSONSchemaProps } from "../generated/v1.35/apiextensions-v1.ts";
import { schemaRegistry } from "../schema.ts";
import { type Errors, pushInvalid } from "../validation/checks.ts";
import { additionalOf, itemsOf } from "./schema-walk.ts";

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const EMBEDDED = "x-kubernetes-embedded-resource";
const META_FIELDS: ReadonlySet<string> = new Set(["metadata", "kind", "apiVersion"]);

function checkTextField(object: JsonObject, name: "apiVersion" | "kind", path: string, errors: Errors): void {
  const value = object[name];
  const at = child(path, name);
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

const child = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

/** Why what stands for a resource's metadata cannot be read as such. */
function metadataMistake(metadata: unknown): string | undefined {
  try {
    objectCodec(schemaRegistry(), OBJECT_META).decodeValue(copyJson(metadata), { strict: false });
    return undefined;
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

/** The first part of a resource, at the value or within it, that has not the type that resources give it. */
function mistypedPart(value: unknown, schema: JSONSchemaProps | undefined, path: string): FieldError | undefined {
  if (!schema) return undefined;
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      const mistake = mistypedPart(item, itemsOf(schema), `${path}[${i}]`);
      if (mistake) return mistake;
    }
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { properties = {} } = schema;
  for (const [key, part] of Object.entries(value)) {
    const isMeta = schema[EMBEDDED] && META_FIELDS.has(key);
    const mistake = isMeta ? mistypedMeta(key, part, path) : undefined;
    if (mistake) return mistake;
    if (isMeta) continue;
    const isKnown = Object.hasOwn(properties, key);
    const below = isKnown ? properties[key] : additionalOf(schema);
    const found = mistypedPart(part, below, isKnown ? child(path, key) : `${path}[${key}]`);
    if (found) return found;
  }
  return undefined;
}

function mistypedMeta(key: string, part: unknown, path: string): FieldError | undefined {
  const mistake =
    key === "metadata" ? metadataMistake(part) : typeof part === "string" ? undefined : "must be a string";
  return mistake === undefined ? undefined : field.invalid(child(path, key), part, mistake);
}

function checkResource(object: JsonObject, path: string, errors: Errors): void {
  for (const name of ["apiVersion", "kind"] as const) checkTextField(object, name, path, errors);
  const { metadata } = object;
  if (!isJsonObject(metadata)) return;
  // Something has to stand there for the rest to be checked.
  const named = { name: "fakename", ...metadata } as ObjectMeta;
  const rules = { namespaced: Boolean(named.namespace), nameCheck: nameIsPathSegment };
  errors.push(...validateObjectMeta(named, rules, child(path, "metadata")));
}

/** Objects within a value that are resources of their own must look like ones. */
function checkResourcesWithin(value: unknown, schema: JSONSchemaProps | undefined, path: string, errors: Errors): void {
  if (!schema) return;
  if (Array.isArray(value))
    for (const [i, item] of value.entries()) checkResourcesWithin(item, itemsOf(schema), `${path}[${i}]`, errors);
  if (!isJsonObject(value)) return;
  if (schema[EMBEDDED]) checkResource(value, path, errors);
  const { properties = {} } = schema;
  for (const [key, part] of Object.entries(value))
    if (Object.hasOwn(properties, key)) checkResourcesWithin(part, properties[key], child(path, key), errors);
    else checkResourcesWithin(part, additionalOf(schema), `${path}[${key}]`, errors);
}

/** Whether a default holds fields that its schema does not know. */
export function isUnpruned(schema: JSONSchemaProps): boolean {
  const pruned = copyJson(schema.default);
  pruneJson(pruned, schema as JsonSchema);
  return !equalJson(pruned, schema.default);
}

/** The resource around a default of its metadata, and the schema of that resource. */
interface Surroundings {
  readonly schema: JSONSchemaProps;
  resource(value: unknown): unknown;
}

/** What is wrong with resources in a value: types first, and only where they are right the rest. */
function resourceErrors(value: unknown, schema: JSONSchemaProps, path: string): Errors {
  const mistyped = mistypedPart(value, schema, path);
  if (mistyped) return [mistyped];
  const errors: Errors = [];
  checkResourcesWithin(value, schema, path, errors);
  return errors;
}

/** A default of metadata is looked at in the resource that it would be part of. */
function metadataErrors(schema: JSONSchemaProps, around: Surroundings, path: string): Errors {
  const lines = resourceErrors(around.resource(schema.default), around.schema, "").map((e) => `${e.field}: ${e.body}`);
  if (lines.length === 0) return [];
  const text = lines.length === 1 ? lines[0]! : `[${lines.join(", ")}]`;
  return [field.invalid(path, schema.default, `must result in valid metadata: ${text}`)];
}

function checkDefault(
  schema: JSONSchemaProps,
  around: Surroundings | undefined,
  pruned: boolean,
  path: string,
  errors: Errors,
): void {
  if (!around && pruned && isUnpruned(schema))
    errors.push(field.invalid(path, schema.default, "must not have unknown fields"));
  const mistakes = around ? metadataErrors(schema, around, path) : resourceErrors(schema.default, schema, path);
  errors.push(...(mistakes.length > 0 ? mistakes : validateJsonValue(schema.default, schema as JsonSchema, path)));
}

const rootSurroundings = (schema: JSONSchemaProps): Surroundings => ({
  schema: { ...schema, [EMBEDDED]: true },
  resource: (value) => ({ apiVersion: "validation/v1", kind: "Validation", ...(value as JsonObject) }),
});

interface Place {
  readonly around: Surroundings;
  readonly isMetadata: boolean;
}

/** What is wrong with the defaults of a structural schema; `pruned`: they may not hold what is unknown. */
export function validateDefaults(schema: JSONSchemaProps, pruned: boolean, path: string): Errors {
  const errors: Errors = [];
  const walk = (at: JSONSchemaProps, isRoot: boolean, outer: Place, atPath: string): void => {
    const isResource = isRoot || at[EMBEDDED] === true;
    const { around, isMetadata } = isResource ? { around: rootSurroundings(at), isMetadata: false } : outer;
    if (at.default !== undefined && at.default !== null)
      checkDefault(
        isRoot ? { ...at, [EMBEDDED]: true } : at,
        isMetadata ? around : undefined,
        pruned,
        `${atPath}.default`,
        errors,
      );
    const within = (wrap: (value: unknown) => unknown): Surroundings => ({
      schema: around.schema,
      resource: (value) => around.resource(wrap(value)),
    });
    const items = itemsOf(at);
    if (items) walk(items, false, { around: within((value) => [value]), isMetadata }, `${atPath}.items`);
    for (const [name, property] of Object.entries(at.properties ?? {})) {
      const place = {
        around: within((value) => ({ [name]: value })),
        isMetadata: isMetadata || (isResource && META_FIELDS.has(name)),
      };
      walk(property, false, place, `${atPath}.properties[${name}]`);
    }
  };
  walk(schema, true, { around: rootSurroundings(schema), isMetadata: false }, path);
  return errors;
}
