// SPDX-License-Identifier: Apache-2.0

import type { JsonObject } from "../json-value.ts";
import type { FieldSchema } from "../schema.ts";
import type { MapStructure, Structure } from "./structure.ts";

/**
 * What the original prints of an object in which nothing is set: structs that are no pointers, and the zero values of
 * fields without omitempty. A create is compared with it, so nobody owns these.
 */
export function emptyObjectOf(structure: Structure): JsonObject {
  const empty: JsonObject = {};
  if (structure.type !== "map") return empty;
  for (const [name, schema] of Object.entries(structure.declared)) {
    const value = zeroValue(schema, structure, name);
    if (value !== undefined) empty[name] = value;
  }
  return empty;
}

function zeroValue(schema: FieldSchema, structure: MapStructure, name: string): unknown {
  if (schema.omitZero) return undefined;
  if (schema.pointer) return schema.keptEmpty ? null : undefined;
  const field = structure.field(name);
  if (schema.shape.type === "ref" && field?.type === "map") return emptyObjectOf(field);
  if (!schema.keptEmpty) return undefined;
  return field?.type === "scalar" ? zeroScalar(field.scalar) : null;
}

function zeroScalar(scalar: string): unknown {
  switch (scalar) {
    case "string":
    case "quantity":
    case "duration":
      return scalar === "string" ? "" : "0";
    case "boolean":
      return false;
    case "int32":
    case "int64":
    case "number":
    case "intOrString":
      return 0;
    default:
      return null;
  }
}
