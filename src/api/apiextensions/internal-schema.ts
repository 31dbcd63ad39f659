// SPDX-License-Identifier: Apache-2.0

import { sentEmpty } from "../../apimachinery/index.ts";
import type { JSONSchemaProps } from "../generated/v1.35/apiextensions-v1.ts";

type Schema = JSONSchemaProps;
type Print = (schema: Schema) => unknown;

const map = (schemas: Readonly<Record<string, Schema>> | undefined): unknown => {
  if (!schemas) return null;
  const printed: Record<string, unknown> = {};
  for (const key of Object.keys(schemas).sort()) printed[key] = internalSchema(schemas[key]!);
  return printed;
};
const list = (schemas: readonly Schema[] | undefined): unknown => schemas?.map(internalSchema) ?? null;
const orBool = (value: Schema | boolean | undefined): unknown => {
  if (value === undefined) return null;
  if (typeof value === "boolean") return { Allows: value, Schema: null };
  return { Allows: true, Schema: internalSchema(value) };
};

function printedItems({ items }: Schema): unknown {
  if (items === undefined) return null;
  return Array.isArray(items)
    ? { Schema: null, JSONSchemas: list(items) }
    : { Schema: internalSchema(items), JSONSchemas: null };
}

function printedDependencies({ dependencies }: Schema): unknown {
  if (!dependencies) return null;
  const printed: Record<string, unknown> = {};
  for (const [key, dependency] of Object.entries(dependencies))
    printed[key] = Array.isArray(dependency)
      ? { Schema: null, Property: dependency }
      : { Schema: dependency ? internalSchema(dependency) : null, Property: null };
  return printed;
}

const printedDocs = ({ externalDocs }: Schema): unknown =>
  externalDocs ? { Description: externalDocs.description ?? "", URL: externalDocs.url ?? "" } : null;

const printedRules = (schema: Schema): unknown =>
  schema["x-kubernetes-validations"]?.map((rule) => ({
    Rule: rule.rule,
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  })) ?? null;

const text =
  (name: keyof Schema): Print =>
  (schema) =>
    schema[name] ?? "";
const flag =
  (name: keyof Schema): Print =>
  (schema) =>
    schema[name] ?? false;
const pointer =
  (name: keyof Schema): Print =>
  (schema) =>
    schema[name] ?? null;

/** The fields of the original's internal type, in the order of its struct. */
const FIELDS: readonly (readonly [name: string, print: Print])[] = [
  ["ID", text("id")],
  ["Schema", text("$schema")],
  ["Ref", pointer("$ref")],
  ["Description", text("description")],
  ["Type", text("type")],
  ["Nullable", flag("nullable")],
  ["Format", text("format")],
  ["Title", text("title")],
  ["Default", pointer("default")],
  ["Maximum", pointer("maximum")],
  ["ExclusiveMaximum", flag("exclusiveMaximum")],
  ["Minimum", pointer("minimum")],
  ["ExclusiveMinimum", flag("exclusiveMinimum")],
  ["MaxLength", pointer("maxLength")],
  ["MinLength", pointer("minLength")],
  ["Pattern", text("pattern")],
  ["MaxItems", pointer("maxItems")],
  ["MinItems", pointer("minItems")],
  ["UniqueItems", flag("uniqueItems")],
  ["MultipleOf", pointer("multipleOf")],
  ["Enum", pointer("enum")],
  ["MaxProperties", pointer("maxProperties")],
  ["MinProperties", pointer("minProperties")],
  ["Required", pointer("required")],
  ["Items", printedItems],
  ["AllOf", ({ allOf }) => list(allOf)],
  ["OneOf", ({ oneOf }) => list(oneOf)],
  ["AnyOf", ({ anyOf }) => list(anyOf)],
  ["Not", ({ not }) => (not ? internalSchema(not) : null)],
  ["Properties", ({ properties }) => map(properties)],
  ["AdditionalProperties", ({ additionalProperties }) => orBool(additionalProperties)],
  ["PatternProperties", ({ patternProperties }) => map(patternProperties)],
  ["Dependencies", printedDependencies],
  ["AdditionalItems", ({ additionalItems }) => orBool(additionalItems)],
  ["Definitions", ({ definitions }) => map(definitions)],
  ["ExternalDocs", printedDocs],
  ["Example", pointer("example")],
  ["XPreserveUnknownFields", pointer("x-kubernetes-preserve-unknown-fields")],
  ["XEmbeddedResource", flag("x-kubernetes-embedded-resource")],
  ["XIntOrString", flag("x-kubernetes-int-or-string")],
  ["XListMapKeys", pointer("x-kubernetes-list-map-keys")],
  ["XListType", pointer("x-kubernetes-list-type")],
  ["XMapType", pointer("x-kubernetes-map-type")],
  ["XValidations", printedRules],
];

const COLLECTIONS: Readonly<Record<string, string>> = {
  Enum: "enum",
  Required: "required",
  AllOf: "allOf",
  OneOf: "oneOf",
  AnyOf: "anyOf",
  Properties: "properties",
  PatternProperties: "patternProperties",
  Dependencies: "dependencies",
  Definitions: "definitions",
  XListMapKeys: "x-kubernetes-list-map-keys",
  XValidations: "x-kubernetes-validations",
};

/** Collections that were sent empty are told apart from those that were not sent. */
const printedEmpty = (schema: Schema, name: string): unknown => sentEmpty(schema, COLLECTIONS[name] ?? "") ?? null;

/** A schema as validation messages print it. */
export function internalSchema(schema: Schema): Record<string, unknown> {
  const form: Record<string, unknown> = {};
  for (const [name, print] of FIELDS) form[name] = print(schema) ?? printedEmpty(schema, name);
  return form;
}

const isZero = (value: unknown): boolean => value === null || value === "" || value === false;

/** The names of the fields that are set, in the order of the struct. */
export const setFieldsOf = (schema: Schema): string[] =>
  FIELDS.filter(([name, print]) => !isZero(print(schema) ?? printedEmpty(schema, name))).map(([name]) => name);
