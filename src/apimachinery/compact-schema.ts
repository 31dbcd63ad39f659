// SPDX-License-Identifier: Apache-2.0

import { assert } from "../base/index.ts";
import type { FieldSchema, ObjectShape, ScalarKind, ScalarShape, SchemaRegistry, Shape } from "./schema.ts";

/** One type of the compact form. Short names are `package.Name`, as in `core.v1.Pod`. */
export interface CompactType {
  /** Set for types that are one scalar in JSON (Quantity, Time, RawExtension, …). */
  readonly scalar?: ScalarKind;
  /** `group/version/Kind`; the core group is empty. */
  readonly kinds?: readonly string[];
  /** In the document, but not in the version that is served. */
  readonly later?: boolean;
  /** Served, but in no OpenAPI document. */
  readonly hidden?: boolean;
  readonly atomic?: boolean;
  /** x-kubernetes-unions as the document has it. */
  readonly unions?: readonly unknown[];
  /** Field name → field line; see parseField. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** The committed form of a Kubernetes version's types. */
export interface CompactSchema {
  readonly version: string;
  /** Short package name → OpenAPI prefix: `core.v1` → `io.k8s.api.core.v1`. */
  readonly packages: Readonly<Record<string, string>>;
  /** `pods/log` → its query parameters: `container:string follow:boolean`. */
  readonly connectParameters: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, CompactType>>;
}

const SCALARS: ReadonlySet<string> = new Set<ScalarKind>([
  "string",
  "boolean",
  "int32",
  "int64",
  "number",
  "bytes",
  "quantity",
  "time",
  "microTime",
  "duration",
  "intOrString",
  "any",
]);

const scalarShapes = new Map<string, ScalarShape>();

function scalarShape(scalar: string): ScalarShape {
  let shape = scalarShapes.get(scalar);
  if (!shape) {
    shape = { type: "scalar", scalar: scalar as ScalarKind };
    scalarShapes.set(scalar, shape);
  }
  return shape;
}

/** The OpenAPI name of a short one. */
export function fullTypeName(packages: Readonly<Record<string, string>>, short: string): string {
  const dot = short.lastIndexOf(".");
  const prefix = packages[short.slice(0, dot)];
  assert(prefix !== undefined, `the schema has no package for the type ${short}`);
  return `${prefix}.${short.slice(dot + 1)}`;
}

interface Attributes {
  [name: string]: string | undefined;
}

function listShape(items: Shape, attributes: Attributes): Shape {
  const list = attributes["list"];
  const merge = attributes["merge"];
  return {
    type: "list",
    items,
    listType: list === undefined || list === "atomic" ? "atomic" : list === "set" ? "set" : "map",
    ...(list && list !== "atomic" && list !== "set" ? { mapKeys: list.split(",") } : {}),
    ...(attributes["patch"] ? { patchStrategy: attributes["patch"] } : {}),
    ...(merge ? { patchMergeKey: merge } : {}),
  };
}

/**
 * Reads a type expression: a scalar's name, `package.Name` (the package left out within the same one), `[]` before a
 * list's items and `{}` before a map's values. A leading `*` says that the Go field is a pointer.
 */
function shapeOf(expression: string, typePackage: string, schema: CompactSchema, attributes: Attributes): Shape {
  if (expression.startsWith("[]")) return listShape(shapeOf(expression.slice(2), typePackage, schema, {}), attributes);
  const atomic = attributes["map"] ? { atomic: attributes["map"] === "atomic" } : {};
  if (expression.startsWith("{}"))
    return { type: "map", values: shapeOf(expression.slice(2), typePackage, schema, {}), ...atomic };
  if (SCALARS.has(expression)) return scalarShape(expression);
  const short = expression.includes(".") ? expression : `${typePackage}.${expression}`;
  return {
    type: "ref",
    name: fullTypeName(schema.packages, short),
    ...atomic,
    ...(attributes["patch"] ? { patchStrategy: attributes["patch"] } : {}),
  };
}

/** A field line taken apart. */
export interface CompactField {
  readonly schema: FieldSchema;
  readonly required: boolean;
  /** In the document, but not in the version that is served: unknown to the engine. */
  readonly later: boolean;
  readonly enum: readonly string[] | undefined;
}

/**
 * Reads a field line: the type expression, then words. Numbers are the protobuf field's (`2/1` where JSON inlines a
 * message); `required`; `kept` (written even when empty); `omitzero`; `later`; `list=set` or `list=key,key`;
 * `map=atomic` or `map=granular`; `patch=STRATEGY`; `merge=KEY`; `default=JSON`; `go=TYPE`; `in=STRUCT` (embedded);
 * `enum=A,B` (a space within a value is `%20`).
 */
export function parseField(line: string, typePackage: string, schema: CompactSchema): CompactField {
  const [head, ...words] = line.split(" ");
  const attributes: Attributes = {};
  let protobufTags: number[] | undefined;
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals > 0) attributes[word.slice(0, equals)] = word.slice(equals + 1);
    else if (word.charCodeAt(0) <= 57) protobufTags = word.split("/").map(Number);
    else attributes[word] = "";
  }
  assert(head !== undefined && head !== "", "a field line starts with a type");
  const pointer = head.startsWith("*");
  const defaultText = attributes["default"];
  return {
    required: attributes["required"] !== undefined,
    later: attributes["later"] !== undefined,
    enum: attributes["enum"]?.replaceAll("%20", " ").split(","),
    schema: {
      shape: shapeOf(pointer ? head.slice(1) : head, typePackage, schema, attributes),
      ...(defaultText === undefined ? {} : { default: JSON.parse(defaultText) as unknown }),
      ...(protobufTags === undefined ? {} : { protobufTags }),
      ...(pointer ? { pointer: true } : {}),
      ...(attributes["kept"] === undefined ? {} : { keptEmpty: true }),
      ...(attributes["omitzero"] === undefined ? {} : { omitZero: true }),
      ...(attributes["in"] === undefined ? {} : { embedded: attributes["in"] }),
      ...(attributes["go"] === undefined ? {} : { goType: attributes["go"] }),
    },
  };
}

function typeShape(short: string, type: CompactType, schema: CompactSchema): ObjectShape | ScalarShape {
  if (type.scalar) return scalarShape(type.scalar);
  const typePackage = short.slice(0, short.lastIndexOf("."));
  const fields: Record<string, FieldSchema> = {};
  const required: string[] = [];
  for (const [name, line] of Object.entries(type.fields ?? {})) {
    const field = parseField(line, typePackage, schema);
    if (field.later) continue;
    fields[name] = field.schema;
    if (field.required) required.push(name);
  }
  return {
    type: "object",
    fields,
    ...(required.length ? { required } : {}),
    ...(type.atomic ? { atomic: true } : {}),
  };
}

/** The registry over a compact schema; each type is read on first use. */
export function compactSchemaRegistry(schema: CompactSchema): SchemaRegistry {
  const shapes = new Map<string, ObjectShape | ScalarShape>();
  const shorts = new Map<string, string>();
  for (const short of Object.keys(schema.types)) shorts.set(fullTypeName(schema.packages, short), short);
  return {
    has: (name) => shorts.has(name),
    type(name) {
      const known = shapes.get(name);
      if (known) return known;
      const short = shorts.get(name);
      assert(short !== undefined, `the schema of ${schema.version} has no type ${name}`);
      const shape = typeShape(short, schema.types[short]!, schema);
      shapes.set(name, shape);
      return shape;
    },
  };
}
