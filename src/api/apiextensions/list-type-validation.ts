// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { JSONSchemaProps } from "../generated/v1.35/apiextensions-v1.ts";
import { checkSupported, type Errors } from "../validation/checks.ts";
import { internalSchema } from "./internal-schema.ts";
import { itemsOf } from "./schema-walk.ts";

type Schema = JSONSchemaProps;

const LIST_TYPE = "x-kubernetes-list-type";
const MAP_TYPE = "x-kubernetes-map-type";
const MAP_KEYS = "x-kubernetes-list-map-keys";
const ATOMIC_ITEM = `must be atomic as item of a list with ${LIST_TYPE}=set`;

/** The type of a schema that says how it is merged. */
function checkTypeIs(schema: Schema, type: string, name: string, path: string, errors: Errors): void {
  if (schema.type === type) return;
  const rule = `must be ${type} if ${name} is specified`;
  errors.push(schema.type ? field.invalid(`${path}.type`, schema.type, rule) : field.required(`${path}.type`, rule));
}

/** How a map is merged. */
export function checkMapType(schema: Schema, path: string, errors: Errors): void {
  const mapType = schema[MAP_TYPE];
  if (mapType === undefined) return;
  checkTypeIs(schema, "object", MAP_TYPE, path, errors);
  checkSupported(mapType, `${path}.${MAP_TYPE}`, ["atomic", "granular"], errors);
}

/** The items of a set are owned as wholes. */
export function isAtomic(items: Schema): boolean {
  if (items.type === "array") return items[LIST_TYPE] === undefined || items[LIST_TYPE] === "atomic";
  return items.type !== "object" || items[MAP_TYPE] === "atomic";
}

function checkSetItems(items: Schema, path: string, errors: Errors): void {
  if (isAtomic(items)) return;
  const name = items.type === "array" ? LIST_TYPE : MAP_TYPE;
  errors.push(field.invalid(`${path}.items.${name}`, items[LIST_TYPE] ?? null, ATOMIC_ITEM));
}

function checkKeys(schema: Schema, items: Schema, path: string, errors: Errors): void {
  const keys = schema[MAP_KEYS] ?? [];
  const { properties = {} } = items;
  const seen = new Set<string>();
  for (const key of keys) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (!property)
      errors.push(field.invalid(`${path}.${MAP_KEYS}`, keys, "entries must all be names of item properties"));
    else if (property.type === "array" || property.type === "object")
      errors.push(
        field.invalid(
          `${path}.items.properties[${key}].type`,
          items.type,
          `must be a scalar type if parent array's ${LIST_TYPE} is map`,
        ),
      );
    if (seen.has(key)) errors.push(field.invalid(`${path}.${MAP_KEYS}`, keys, "must not contain duplicate entries"));
    seen.add(key);
  }
}

function checkMap(schema: Schema, path: string, errors: Errors): void {
  if (!schema[MAP_KEYS]?.length)
    errors.push(field.required(`${path}.${MAP_KEYS}`, `must not be empty if ${LIST_TYPE} is map`));
  const items = itemsOf(schema);
  if (items) {
    if (items.type === "object") checkKeys(schema, items, path, errors);
    else
      errors.push(
        field.invalid(`${path}.items.type`, items.type ?? "", `must be object if parent array's ${LIST_TYPE} is map`),
      );
  } else if (schema.items === undefined)
    errors.push(field.required(`${path}.items`, `must have a schema if ${LIST_TYPE} is map`));
  else
    errors.push(
      field.invalid(
        `${path}.items`,
        { Schema: null, JSONSchemas: (schema.items as Schema[]).map(internalSchema) },
        `must only have a single schema if ${LIST_TYPE} is map`,
      ),
    );
}

/** How a list is merged; old definitions may have sets of what is no whole. */
export function checkListType(schema: Schema, atomicSets: boolean, path: string, errors: Errors): void {
  const listType = schema[LIST_TYPE];
  const items = itemsOf(schema);
  if (listType !== undefined) {
    if (schema.type !== "array") checkTypeIs(schema, "array", LIST_TYPE, path, errors);
    else if (atomicSets && listType === "set" && items) checkSetItems(items, path, errors);
    checkSupported(listType, `${path}.${LIST_TYPE}`, ["atomic", "set", "map"], errors);
  }
  if (schema[MAP_KEYS]?.length && listType !== "map") {
    const rule = `must be map if ${MAP_KEYS} is non-empty`;
    const at = `${path}.${LIST_TYPE}`;
    errors.push(listType === undefined ? field.required(at, rule) : field.invalid(at, listType, rule));
  }
  if (listType === "map") checkMap(schema, path, errors);
}

/** Items of sets and maps are never null, and keys are always there. */
export function checkMapKeysOfList(schema: Schema, path: string, errors: Errors): void {
  const items = itemsOf(schema);
  const listType = schema[LIST_TYPE];
  if (!items || (listType !== "set" && listType !== "map")) return;
  if (items.nullable)
    errors.push(field.fieldForbidden(`${path}.items.nullable`, `cannot be nullable when ${LIST_TYPE} is ${listType}`));
  if (listType !== "map") return;
  const { properties = {} } = items;
  for (const key of schema[MAP_KEYS] ?? []) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (!property) continue;
    const at = `${path}.items.properties[${key}]`;
    if (!items.required?.includes(key) && property.default === undefined)
      errors.push(
        field.required(
          `${at}.default`,
          `this property is in ${MAP_KEYS}, so it must have a default or be a required property`,
        ),
      );
    if (property.nullable)
      errors.push(field.fieldForbidden(`${at}.nullable`, `this property is in ${MAP_KEYS}, so it cannot be nullable`));
  }
}
