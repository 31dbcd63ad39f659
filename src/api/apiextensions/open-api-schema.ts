// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, sentEmpty } from "../../apimachinery/index.ts";
import type { JSONSchemaProps } from "../generated/v1.35/apiextensions-v1.ts";
import { checkSupported, type Errors } from "../validation/checks.ts";
import { checkListType, checkMapKeysOfList, checkMapType } from "./list-type-validation.ts";
import { checkRules } from "./rule-validation.ts";
import { additionalOf, isSchema, itemsOf } from "./schema-walk.ts";

type Schema = JSONSchemaProps;

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];
const META_FIELDS: ReadonlySet<string> = new Set(["metadata", "kind", "apiVersion"]);

/** What earlier versions accepted, and old definitions may still hold. */
export interface SchemaStrictness {
  readonly validTypes: boolean;
  readonly atomicSets: boolean;
  readonly completeMapKeys: boolean;
}

/** Where in the schema of an object a schema stands. */
interface Place {
  readonly isRoot: boolean;
  /** Why defaults are forbidden here; undefined where they are not. */
  readonly noDefaults?: string;
  readonly insideMetadata: boolean;
}

const within = (place: Place): Place => ({ ...place, isRoot: false });

function checkUnsupported(schema: Schema, place: Place, strictness: SchemaStrictness, path: string, errors: Errors) {
  const { type } = schema;
  const forbid = (name: string, detail = `${name} is not supported`): number =>
    errors.push(field.fieldForbidden(`${path}.${name}`, detail));
  if (strictness.validTypes && type) checkSupported(type, `${path}.type`, TYPES, errors);
  if (schema.default !== undefined && place.noDefaults !== undefined)
    forbid("default", `must not be set ${place.noDefaults}`);
  if (schema.id) forbid("id");
  if (schema.additionalItems !== undefined) forbid("additionalItems");
  if (Object.keys(schema.patternProperties ?? {}).length > 0) forbid("patternProperties");
  if (Object.keys(schema.definitions ?? {}).length > 0) forbid("definitions");
  if (schema.dependencies ?? sentEmpty(schema, "dependencies")) forbid("dependencies");
  if (schema.$ref !== undefined) forbid("$ref");
  if (type === "null") forbid("type", "type cannot be set to null, use nullable as an alternative");
  if (Array.isArray(schema.items) && schema.items.length > 0)
    forbid("items", "items must be a schema object and not an array");
  if (place.insideMetadata && schema["x-kubernetes-embedded-resource"])
    forbid("x-kubernetes-embedded-resource", "must not be used inside of resource meta");
  if (schema.uniqueItems)
    forbid("uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
}

/** Where the property of a schema stands. */
function placeOfProperty(schema: Schema, name: string, place: Place): Place {
  if (!META_FIELDS.has(name) || !(place.isRoot || schema["x-kubernetes-embedded-resource"])) return within(place);
  return {
    isRoot: false,
    insideMetadata: true,
    noDefaults: place.isRoot ? `in top-level ${name}` : place.noDefaults,
  };
}

type Walk = (schema: Schema, place: Place, path: string) => void;

function walkAdditional(schema: Schema, place: Place, path: string, errors: Errors, walk: Walk): void {
  const { additionalProperties: others, properties = {} } = schema;
  if (others === undefined) return;
  if (Object.keys(properties).length > 0 && others !== true)
    errors.push(
      field.fieldForbidden(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"),
    );
  const additional = additionalOf(schema);
  if (!additional) return;
  const noDefaults = place.insideMetadata
    ? "inside additionalProperties applying to object metadata"
    : place.noDefaults;
  walk(additional, { ...within(place), noDefaults }, `${path}.additionalProperties`);
}

function walkChildren(schema: Schema, place: Place, path: string, errors: Errors, walk: Walk): void {
  walkAdditional(schema, place, path, errors, walk);
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    walk(property, placeOfProperty(schema, name, place), `${path}.properties[${name}]`);
  if (schema.not) walk(schema.not, within(place), `${path}.not`);
  for (const name of ["allOf", "oneOf", "anyOf"] as const)
    for (const [i, inner] of (schema[name] ?? []).entries()) walk(inner, within(place), `${path}.${name}[${i}]`);
  for (const [name, definition] of Object.entries(schema.definitions ?? {}))
    walk(definition, within(place), `${path}.definitions[${name}]`);
  const items = itemsOf(schema);
  if (items) walk(items, within(place), `${path}.items`);
  if (Array.isArray(schema.items))
    for (const [i, inner] of schema.items.entries()) walk(inner, within(place), `${path}.items[${i}]`);
  for (const [name, dependency] of Object.entries(schema.dependencies ?? {}))
    if (isSchema(dependency)) walk(dependency, within(place), `${path}.dependencies[${name}]`);
}

/** What is wrong with a schema and with those within, beyond its structure. */
export function validateOpenApiSchema(schema: Schema, strictness: SchemaStrictness, path: string): Errors {
  const errors: Errors = [];
  const walk: Walk = (at, place, atPath) => {
    checkUnsupported(at, place, strictness, atPath, errors);
    walkChildren(at, place, atPath, errors, walk);
    if (at["x-kubernetes-preserve-unknown-fields"] === false)
      errors.push(field.invalid(`${atPath}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"));
    checkMapType(at, atPath, errors);
    checkListType(at, strictness.atomicSets, atPath, errors);
    if (strictness.completeMapKeys) checkMapKeysOfList(at, atPath, errors);
    checkRules(at, atPath, errors);
  };
  walk(schema, { isRoot: true, insideMetadata: false }, path);
  return errors;
}
