// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import {
  fullTypeName,
  parseField,
  type CompactSchema,
  type CompactType,
  type FieldSchema,
  type Shape,
} from "../../apimachinery/index.ts";

export type Json = Record<string, unknown>;

/** Texts of a type: its own, and those of its fields. */
export type Descriptions = Readonly<Record<string, readonly [own: string, fields: Readonly<Record<string, string>>]>>;

/** What differs between the two versions of OpenAPI. */
export interface Dialect {
  readonly refPrefix: string;
  /** In version 3 a reference with siblings stands in allOf. */
  readonly wrapsRefs: boolean;
  /** Scalar types that are written differently. */
  readonly scalarTypes: Readonly<Record<string, Json>>;
  /** Whether fields state defaults: their own, and Go's zero values. */
  readonly statesDefaults: boolean;
}

const SCALARS: Readonly<Record<string, Json>> = {
  string: { type: "string" },
  boolean: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  number: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
  any: { type: "object" },
};

const ZEROS: Readonly<Record<string, unknown>> = { string: "", boolean: false, int32: 0, int64: 0, number: 0 };

/** Types with a name of their own that are one scalar in JSON. */
const NAMED_SCALARS: Readonly<Record<string, Json>> = {
  time: { type: "string", format: "date-time" },
  microTime: { type: "string", format: "date-time" },
  duration: { type: "string" },
  any: { type: "object" },
};

/** Types that may be anything at all, where others of this sort are objects. */
const ANYTHING = /\.JSON(?:SchemaPropsOr\w+)?$/;

const V3_SCALARS: Readonly<Record<string, Json>> = {
  ...NAMED_SCALARS,
  quantity: { oneOf: [{ type: "string" }, { type: "number" }] },
  intOrString: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
};

const V2_SCALARS: Readonly<Record<string, Json>> = {
  ...NAMED_SCALARS,
  quantity: { type: "string" },
  intOrString: { type: "string", format: "int-or-string" },
};

export const OPENAPI_V3: Dialect = {
  refPrefix: "#/components/schemas/",
  wrapsRefs: true,
  scalarTypes: V3_SCALARS,
  statesDefaults: true,
};

export const OPENAPI_V2: Dialect = {
  refPrefix: "#/definitions/",
  wrapsRefs: false,
  scalarTypes: V2_SCALARS,
  statesDefaults: false,
};

/** Schemas of the API's types in one dialect, made from the compact schema. */
export class TypeSchemas {
  readonly #schema: CompactSchema;
  readonly #dialect: Dialect;
  readonly #descriptions: Descriptions;
  readonly #shorts = new Map<string, string>();

  constructor(schema: CompactSchema, dialect: Dialect, descriptions: Descriptions) {
    this.#schema = schema;
    this.#dialect = dialect;
    this.#descriptions = descriptions;
    for (const short of Object.keys(schema.types)) this.#shorts.set(fullTypeName(schema.packages, short), short);
  }

  has(name: string): boolean {
    return this.#shorts.has(name);
  }

  reference(name: string): Json {
    return { $ref: this.#dialect.refPrefix + name };
  }

  /** The given types and everything that they refer to, in order of name. */
  closure(names: Iterable<string>): Json {
    const found = new Map<string, Json>();
    const queue = [...names];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      if (found.has(name) || !this.has(name)) continue;
      const refs = new Set<string>();
      found.set(name, this.#typeSchema(name, refs));
      queue.push(...refs);
    }
    return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #typeSchema(name: string, refs: Set<string>): Json {
    const short = this.#shorts.get(name)!;
    const type = this.#schema.types[short]!;
    const [description = ""] = this.#descriptions[name] ?? [];
    const own = description ? { description } : {};
    if (type.scalar) return ANYTHING.test(name) ? own : { ...own, ...this.#dialect.scalarTypes[type.scalar] };
    const { properties, required } = this.#properties(name, short, type, refs);
    return {
      ...own,
      type: "object",
      ...(required.length > 0 ? { required } : {}),
      ...(Object.keys(properties).length > 0 ? { properties } : {}),
      ...(type.kinds ? { "x-kubernetes-group-version-kind": type.kinds.map(groupVersionKind) } : {}),
      ...(type.atomic ? { "x-kubernetes-map-type": "atomic" } : {}),
      ...(type.unions ? { "x-kubernetes-unions": type.unions } : {}),
    };
  }

  #properties(
    name: string,
    short: string,
    type: CompactType,
    refs: Set<string>,
  ): { properties: Json; required: string[] } {
    const typePackage = short.slice(0, short.lastIndexOf("."));
    const texts = this.#descriptions[name]?.[1] ?? {};
    const properties: [string, Json][] = [];
    const required: string[] = [];
    for (const [field, line] of Object.entries(type.fields ?? {})) {
      const { schema, later, required: isRequired, enum: values } = parseField(line, typePackage, this.#schema);
      if (later) continue;
      if (isRequired) required.push(field);
      const text = texts[field];
      const own = text ? { description: text } : {};
      const body = { ...own, ...this.#fieldSchema(schema, refs), ...mergeType(line) };
      properties.push([field, this.#wrapped(values ? withEnum(body, values) : body)]);
    }
    properties.sort(([a], [b]) => (a < b ? -1 : 1));
    return { properties: Object.fromEntries(properties), required };
  }

  #fieldSchema(field: FieldSchema, refs: Set<string>): Json {
    const { shape } = field;
    const body = this.#shapeSchema(shape, refs);
    if (!this.#dialect.statesDefaults) return { ...body, ...patchExtensions(shape) };
    return { ...body, ...patchExtensions(shape), ...this.#zeroOf(field), ...defaultOf(field.default) };
  }

  /** What Go has where nothing is given: an empty struct, or the zero of a value that is written although empty. */
  #zeroOf({ shape, pointer, keptEmpty }: FieldSchema): Json {
    if (pointer) return {};
    if (shape.type === "ref") return this.#isStruct(shape.name) ? { default: {} } : {};
    return shape.type === "scalar" && keptEmpty ? defaultOf(ZEROS[shape.scalar]) : {};
  }

  #isStruct(name: string): boolean {
    return !this.#schema.types[this.#shorts.get(name) ?? ""]?.scalar;
  }

  /** In version 3, a reference that has siblings stands within. */
  #wrapped(body: Json): Json {
    const { $ref, ...siblings } = body;
    if ($ref === undefined || !this.#dialect.wrapsRefs || Object.keys(siblings).length === 0) return body;
    return { ...siblings, allOf: [{ $ref }] };
  }

  #shapeSchema(shape: Shape, refs: Set<string>): Json {
    switch (shape.type) {
      case "scalar":
        return { ...SCALARS[shape.scalar] };
      case "ref":
        refs.add(shape.name);
        return this.reference(shape.name);
      case "list":
        return { type: "array", items: this.#elementSchema(shape.items, refs) };
      case "map":
        return {
          type: "object",
          additionalProperties: this.#elementSchema(shape.values, refs),
        };
      default:
        return { type: "object" };
    }
  }

  #elementSchema(shape: Shape, refs: Set<string>): Json {
    const body = this.#shapeSchema(shape, refs);
    if (!this.#dialect.statesDefaults) return body;
    if (shape.type === "scalar") return { ...body, ...defaultOf(ZEROS[shape.scalar]) };
    if (shape.type !== "ref") return body;
    return this.#isStruct(shape.name) ? this.#wrapped({ default: {}, ...body }) : body;
  }
}

/** Kinds that came at run time: their types are not in the built-in schema, and are told as open objects. */
export function unknownTypes(types: TypeSchemas, kinds: readonly Kind[]): Json {
  const found: Json = {};
  for (const { type, group, version, kind } of kinds) {
    if (types.has(type)) continue;
    const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    found[type] = { ...open, "x-kubernetes-group-version-kind": [{ group, kind, version }] };
    found[`${type}List`] = { ...open, "x-kubernetes-group-version-kind": [{ group, kind: `${kind}List`, version }] };
  }
  return found;
}

const defaultOf = (value: unknown): Json => (value === undefined ? {} : { default: value });

/** The values of a list or map are those of its elements. */
function withEnum(body: Json, values: readonly string[]): Json {
  for (const inner of ["items", "additionalProperties"]) {
    if (body[inner]) return { ...body, [inner]: { ...(body[inner] as Json), enum: values } };
  }
  return { ...body, enum: values };
}

function groupVersionKind(text: string): Json {
  const [group = "", version = "", kind = ""] = text.split("/");
  return { group, kind, version };
}

function patchExtensions(shape: Shape): Json {
  if (shape.type !== "list" && shape.type !== "ref") return {};
  const merge = shape.type === "list" ? shape.patchMergeKey : undefined;
  return {
    ...(merge ? { "x-kubernetes-patch-merge-key": merge } : {}),
    ...(shape.patchStrategy ? { "x-kubernetes-patch-strategy": shape.patchStrategy } : {}),
  };
}

/** The type of a list or map as the source states it; where it says nothing, neither does the document. */
function mergeType(line: string): Json {
  const stated = / list=(\S+)/.exec(line)?.[1];
  const map = / map=(\S+)/.exec(line)?.[1];
  if (!stated) return map ? { "x-kubernetes-map-type": map } : {};
  if (stated === "atomic" || stated === "set") return { "x-kubernetes-list-type": stated };
  return { "x-kubernetes-list-map-keys": stated.split(","), "x-kubernetes-list-type": "map" };
}
