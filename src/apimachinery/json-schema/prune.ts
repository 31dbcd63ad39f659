// SPDX-License-Identifier: Apache-2.0

import { isJsonObject, type JsonObject } from "../json-value.ts";
import { itemSchema, type JsonSchema } from "./json-schema.ts";

const META_FIELDS: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

function pruneObject(object: JsonObject, schema: JsonSchema | undefined, keepsUnknown: boolean): void {
  const isResource = schema?.["x-kubernetes-embedded-resource"];
  const others = schema?.additionalProperties;
  for (const key of Object.keys(object)) {
    if (isResource && META_FIELDS.has(key)) continue;
    const property = schema?.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (property) pruneJson(object[key], property);
    else if (others !== undefined) pruneJson(object[key], typeof others === "boolean" ? undefined : others);
    else if (!keepsUnknown) delete object[key];
  }
}

/**
 * Takes away, in place, what a structural schema does not know; without a schema nothing is known. Items of a list that
 * keeps what is unknown keep it, too.
 */
export function pruneJson(value: unknown, schema: JsonSchema | undefined, inherited = false): void {
  const keepsUnknown = inherited || (schema?.["x-kubernetes-preserve-unknown-fields"] ?? false);
  if (isJsonObject(value)) pruneObject(value, schema, keepsUnknown);
  else if (Array.isArray(value)) for (const item of value) pruneJson(item, schema && itemSchema(schema), keepsUnknown);
}
