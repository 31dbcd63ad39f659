// SPDX-License-Identifier: Apache-2.0

import { compileGoRegexp } from "../../base/index.ts";
import { type FieldError, fieldError as field, sentEmpty } from "../../apimachinery/index.ts";
import type { JSONSchemaProps } from "../generated/v1.35/apiextensions-v1.ts";
import type { Errors } from "../validation/checks.ts";
import { additionalOf, itemsOf } from "./schema-walk.ts";

type Schema = JSONSchemaProps;
type Level = "root" | "item" | "field";

const PRESERVE = "x-kubernetes-preserve-unknown-fields";
const EMBEDDED = "x-kubernetes-embedded-resource";
const INT_OR_STRING = "x-kubernetes-int-or-string";

function ownUnsupported(schema: Schema): string | undefined {
  const { patternProperties = {}, dependencies = {}, definitions = {} } = schema;
  const unsupported = (name: string): string => `OpenAPIV3Schema '${name}' is not supported`;
  if (schema.id) return unsupported("id");
  if (schema.$schema) return unsupported("schema");
  if (schema.$ref) return unsupported("$ref");
  if (Object.keys(patternProperties).length > 0) return unsupported("patternProperties");
  if (Object.keys(dependencies).length > 0) return unsupported("dependencies");
  if (schema.additionalItems !== undefined) return unsupported("additionalItems");
  if (Object.keys(definitions).length > 0) return unsupported("definitions");
  return undefined;
}

/** What is looked at after the values' own rules and before the structure below. */
function badExtension(schema: Schema): string | undefined {
  if (schema[PRESERVE] === false) return `internal error: '${PRESERVE}' must be true or undefined`;
  return Array.isArray(schema.items) ? "OpenAPIV3Schema 'items' must be a schema, but is an array" : undefined;
}

function firstReason(schemas: readonly (Schema | undefined)[]): string | undefined {
  for (const schema of schemas) {
    const reason = schema && unstructuredReason(schema);
    if (reason) return reason;
  }
  return undefined;
}

/** Why a schema cannot be told apart into structure and value validation; undefined when it can. */
export function unstructuredReason(schema: Schema): string | undefined {
  const { not, allOf = [], anyOf = [], oneOf = [], properties = {} } = schema;
  return (
    ownUnsupported(schema) ??
    firstReason([not, ...allOf, ...anyOf, ...oneOf]) ??
    badExtension(schema) ??
    firstReason([itemsOf(schema), ...Object.values(properties), additionalOf(schema)])
  );
}

const keysOf = (schema: Schema): string[] =>
  Object.keys(schema).filter((key) => schema[key as keyof Schema] !== undefined);

/** Documentation is no part of the structure. */
const DROPPED: ReadonlySet<string> = new Set(["externalDocs", "example"]);
/** Fields that upstream keeps when they are empty. */
const KEPT_EMPTY = ["required", "x-kubernetes-list-map-keys", "x-kubernetes-validations"] as const;
const keepsEmpty = (schema: Schema): boolean => KEPT_EMPTY.some((name) => sentEmpty(schema, name) !== undefined);

function isBareType(schema: Schema, type: string): boolean {
  if (schema.type !== type || keepsEmpty(schema) || sentEmpty(schema, "properties")) return false;
  return keysOf(schema).every((key) => key === "type" || DROPPED.has(key));
}

/** The two ways to say that a value is a number or a text. */
const isIntOrString = (alternatives: readonly Schema[] | undefined): boolean =>
  alternatives?.length === 2 && alternatives.every((schema, i) => isBareType(schema, i === 0 ? "integer" : "string"));

/** Fields that value validation must leave to the structure, with what they must be. */
const FORBIDDEN_WITHIN: readonly (readonly [keyof Schema, string])[] = [
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  [PRESERVE, "must be false to be structural"],
  [EMBEDDED, "must be false to be structural"],
  [INT_OR_STRING, "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== "" && value !== false && !(Array.isArray(value) && !value.length);

function checkNested(schema: Schema, skipAnyOf: boolean, path: string, errors: Errors): void {
  checkValueValidation(schema, skipAnyOf, false, path, errors);
  const items = itemsOf(schema);
  if (items) checkNested(items, false, `${path}.items`, errors);
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    checkNested(property, false, `${path}.properties[${name}]`, errors);
  if (schema.type) errors.push(field.fieldForbidden(`${path}.type`, "must be empty to be structural"));
  if (schema.additionalProperties)
    errors.push(field.fieldForbidden(`${path}.additionalProperties`, "must be undefined to be structural"));
  for (const [name, detail] of FORBIDDEN_WITHIN)
    if (isSet(schema[name])) errors.push(field.fieldForbidden(`${path}.${name}`, detail));
  if (schema.properties && Object.hasOwn(schema.properties, "metadata"))
    errors.push(field.fieldForbidden(`${path}.properties[metadata]`, "must not be specified in a nested context"));
}

function patternMistake(pattern: string): string | undefined {
  try {
    compileGoRegexp(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function checkValueValidation(
  schema: Schema,
  skipAnyOf: boolean,
  skipFirstAnyOf: boolean,
  path: string,
  errors: Errors,
): void {
  if (!skipAnyOf)
    for (const [i, inner] of (schema.anyOf ?? []).entries()) checkNested(inner, false, `${path}.anyOf[${i}]`, errors);
  for (const [i, inner] of (schema.allOf ?? []).entries())
    checkNested(inner, skipFirstAnyOf && i === 0, `${path}.allOf[${i}]`, errors);
  for (const [i, inner] of (schema.oneOf ?? []).entries()) checkNested(inner, false, `${path}.oneOf[${i}]`, errors);
  if (schema.not) checkNested(schema.not, false, `${path}.not`, errors);
  const mistake = schema.pattern ? patternMistake(schema.pattern) : undefined;
  if (mistake)
    errors.push(
      field.invalid(`${path}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${mistake}`),
    );
}

const NO_TYPE: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function checkType(schema: Schema, level: Level, path: string, errors: Errors): void {
  const { type } = schema;
  if (schema[EMBEDDED] && type !== "object") {
    const rule = `must be object if ${EMBEDDED} is true`;
    errors.push(type ? field.invalid(`${path}.type`, type, rule) : field.required(`${path}.type`, rule));
  } else if (!type && !schema[INT_OR_STRING] && !schema[PRESERVE])
    errors.push(field.required(`${path}.type`, NO_TYPE[level]));
  if (schema[EMBEDDED] && schema.additionalProperties !== undefined)
    errors.push(field.fieldForbidden(`${path}.additionalProperties`, `must not be used if ${EMBEDDED} is set`));
  if (level === "root" && type && type !== "object")
    errors.push(field.invalid(`${path}.type`, type, "must be object at the root"));
}

/** What of a root's metadata schema does not count: names may be restricted, and documentation is dropped. */
const LENIENT_META: ReadonlySet<string> = new Set(["type", "default", "properties", "externalDocs", "example"]);
const NAMES: ReadonlySet<string> = new Set(["name", "generateName"]);

function checkMetadata(metadata: Schema, isResource: boolean, level: Level, path: string, errors: Errors): void {
  if (isResource && metadata.type !== "object")
    errors.push(field.invalid(`${path}.type`, metadata.type ?? "", "must be object"));
  if (level !== "root") return;
  const onlyNames = Object.keys(metadata.properties ?? {}).every((name) => NAMES.has(name));
  const isBare = keysOf(metadata).every((key) => LENIENT_META.has(key) || !isSet(metadata[key as keyof Schema]));
  if (!onlyNames || !isBare || keepsEmpty(metadata))
    errors.push(
      field.fieldForbidden(
        path,
        "must not specify anything other than name and generateName, but metadata is implicitly specified",
      ),
    );
}

function checkResourceFields(schema: Schema, level: Level, path: string, errors: Errors): void {
  const isResource = level === "root" || schema[EMBEDDED] === true;
  const { properties = {} } = schema;
  if (isResource)
    for (const name of ["kind", "apiVersion"]) {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (property && property.type !== "string")
        errors.push(field.invalid(`${path}.properties[${name}].type`, property.type ?? "", "must be string"));
    }
  const metadata = Object.hasOwn(properties, "metadata") ? properties["metadata"] : undefined;
  if (metadata) checkMetadata(metadata, isResource, level, `${path}.properties[metadata]`, errors);
  if (schema[EMBEDDED] && !schema[PRESERVE] && Object.keys(properties).length === 0)
    errors.push(field.required(`${path}.properties`, `must not be empty if ${EMBEDDED} is true without ${PRESERVE}`));
}

function checkInvariants(schema: Schema, level: Level, path: string, errors: Errors): void {
  const items = itemsOf(schema);
  if (schema.type === "array" && !items) errors.push(field.required(`${path}.items`, "must be specified"));
  if (items) checkInvariants(items, "item", `${path}.items`, errors);
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    checkInvariants(property, "field", `${path}.properties[${name}]`, errors);
  if (schema.additionalProperties !== undefined && level === "root")
    errors.push(field.fieldForbidden(`${path}.additionalProperties`, "must not be used at the root"));
  const additional = additionalOf(schema);
  if (additional) checkInvariants(additional, "field", `${path}.additionalProperties`, errors);
  for (const name of [PRESERVE, EMBEDDED] as const)
    if (schema[INT_OR_STRING] && schema[name])
      errors.push(field.invalid(`${path}.${name}`, true, `must be false if ${INT_OR_STRING} is true`));
  checkValueValidation(schema, isIntOrString(schema.anyOf), isIntOrString(schema.allOf?.[0]?.anyOf), path, errors);
  checkType(schema, level, path, errors);
  checkResourceFields(schema, level, path, errors);
}

function checkNestedComplete(
  nested: Schema,
  schema: Schema | undefined,
  path: string,
  from: string,
  errors: Errors,
): void {
  if (!schema) {
    errors.push(field.required(path, `because it is defined in ${from}`));
    return;
  }
  checkComplete(nested, schema, path, from, errors);
  const items = itemsOf(nested);
  if (items) checkNestedComplete(items, itemsOf(schema), `${path}.items`, `${from}.items`, errors);
  for (const [name, property] of Object.entries(nested.properties ?? {})) {
    const { properties = {} } = schema;
    const counterpart = Object.hasOwn(properties, name) ? properties[name] : undefined;
    checkNestedComplete(property, counterpart, `${path}.properties[${name}]`, `${from}.properties[${name}]`, errors);
  }
}

/** Whatever value validation speaks of, the structure must know. */
function checkComplete(validation: Schema, schema: Schema, path: string, from: string, errors: Errors): void {
  if (validation.not) checkNestedComplete(validation.not, schema, path, `${from}.not`, errors);
  for (const name of ["allOf", "anyOf", "oneOf"] as const)
    for (const [i, inner] of (validation[name] ?? []).entries())
      checkNestedComplete(inner, schema, path, `${from}.${name}[${i}]`, errors);
}

const lineOf = (error: FieldError): string => `${error.field}: ${error.body}`;

/** What keeps a schema, which has no unsupported fields, from being structural. */
export function validateStructural(schema: Schema, path: string): Errors {
  const errors: Errors = [];
  checkInvariants(schema, "root", path, errors);
  checkComplete(schema, schema, path, path, errors);
  return errors.sort((a, b) => (lineOf(a) < lineOf(b) ? -1 : lineOf(a) > lineOf(b) ? 1 : 0));
}
