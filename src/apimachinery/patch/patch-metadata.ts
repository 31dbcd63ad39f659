// SPDX-License-Identifier: Apache-2.0

import type { JsonObject } from "../json-value.ts";
import { resolveShape, type ListShape, type SchemaRegistry, type Shape } from "../schema.ts";
import { plainServerError } from "./patch-error.ts";

/** Where a strategic merge patch stands in the schema. */
export interface PatchPlace {
  readonly shape: Shape;
  readonly registry: SchemaRegistry;
}

/** Merges a patch of an object into the original; uses up both. Lists of objects call back to it. */
export type MergeObjects = (original: JsonObject, patch: JsonObject, place: PatchPlace) => JsonObject;

/** How a field of that place is patched. */
export interface FieldPatchMetadata {
  /** "merge", "replace" or "" (replace for lists, merge for objects); retainKeys changes nothing on the server. */
  readonly strategy: string;
  readonly mergeKey: string;
  /** The field's own place; of a list, its elements'. */
  readonly place: PatchPlace;
}

/** The metadata of a field that holds an object; throws in the words of the original when the schema has none. */
export function objectFieldMetadata(place: PatchPlace, field: string): FieldPatchMetadata {
  const shape = fieldShape(place, field);
  const strategy = shape.type === "list" || shape.type === "ref" ? strategyOf(shape.patchStrategy) : "";
  return { strategy, mergeKey: "", place: { shape, registry: place.registry } };
}

/** The metadata of a field that holds a list; `place` is that of its elements. */
export function listFieldMetadata(place: PatchPlace, field: string): FieldPatchMetadata {
  const shape = resolveShape(place.registry, fieldShape(place, field));
  if (shape.type !== "list") throw plainServerError("expected slice or array type, but got: struct");
  return {
    strategy: strategyOf(shape.patchStrategy),
    mergeKey: shape.patchMergeKey ?? "",
    place: { shape: elementShape(place.registry, shape), registry: place.registry },
  };
}

/** What Go's reflection calls the kind of a place. */
export function placeKind(place: PatchPlace): string {
  const shape = resolveShape(place.registry, place.shape);
  return shape.type === "map" ? "map" : shape.type === "object" ? "struct" : shape.type === "list" ? "slice" : "string";
}

function fieldShape(place: PatchPlace, field: string): Shape {
  const shape = resolveShape(place.registry, place.shape);
  if (shape.type === "object") {
    const found = Object.hasOwn(shape.fields, field) ? shape.fields[field] : undefined;
    if (found) return found.shape;
  } else if (shape.type !== "scalar") {
    throw plainServerError(`merging an object in json but data type is not struct, instead is: ${placeKind(place)}`);
  }
  throw plainServerError(
    `unable to find api field in struct ${typeName(place.shape)} for the json field ${JSON.stringify(field)}`,
  );
}

function elementShape(registry: SchemaRegistry, list: ListShape): Shape {
  if (resolveShape(registry, list.items).type === "list") throw plainServerError("unexpected slice of slice");
  return list.items;
}

/** `merge,retainKeys` says merge; the directive itself comes with the patch. */
const strategyOf = (strategies: string | undefined): string =>
  (strategies ?? "")
    .split(",")
    .filter((strategy) => strategy !== "retainKeys")
    .join(",");

/** The Go name of a type: the last part of its name in the OpenAPI document. */
const typeName = (shape: Shape): string =>
  shape.type === "ref" ? shape.name.slice(shape.name.lastIndexOf(".") + 1) : "";
