// SPDX-License-Identifier: Apache-2.0

import type { JSONSchemaProps } from "../generated/v1.35/apiextensions-v1.ts";

/** Whether a value that may be a schema is one. */
export const isSchema = (value: unknown): value is JSONSchemaProps =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The one schema of a list's items. */
export const itemsOf = ({ items }: JSONSchemaProps): JSONSchemaProps | undefined =>
  Array.isArray(items) ? undefined : items;

/** The schema of properties that have none of their own. */
export const additionalOf = ({ additionalProperties }: JSONSchemaProps): JSONSchemaProps | undefined =>
  isSchema(additionalProperties) ? additionalProperties : undefined;

/** Every schema right below another one, wherever it stands. */
function* childSchemas(schema: JSONSchemaProps): Iterable<JSONSchemaProps> {
  const { items, not, additionalItems } = schema;
  if (Array.isArray(items)) yield* items;
  else if (items) yield items;
  for (const list of [schema.allOf, schema.anyOf, schema.oneOf]) yield* list ?? [];
  if (not) yield not;
  for (const map of [schema.properties, schema.patternProperties, schema.definitions]) yield* Object.values(map ?? {});
  const additional = additionalOf(schema);
  if (additional) yield additional;
  if (isSchema(additionalItems)) yield additionalItems;
  for (const dependency of Object.values(schema.dependencies ?? {})) if (isSchema(dependency)) yield dependency;
}

/** The schema and all below it. */
export function* schemasWithin(schema: JSONSchemaProps): Iterable<JSONSchemaProps> {
  yield schema;
  for (const child of childSchemas(schema)) yield* schemasWithin(child);
}

/** Whether the schema or one below it is such a one. */
export function schemaHas(
  schema: JSONSchemaProps | undefined,
  predicate: (schema: JSONSchemaProps) => boolean,
): boolean {
  if (!schema) return false;
  for (const found of schemasWithin(schema)) if (predicate(found)) return true;
  return false;
}
