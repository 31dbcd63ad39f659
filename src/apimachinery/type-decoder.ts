// SPDX-License-Identifier: Apache-2.0

import { goJsonKind } from "./go-json-kind.ts";
import { assert } from "../base/index.ts";
import type { DecodeContext, FieldPlace } from "./decode-context.ts";
import { JsonNumber } from "./json-parser.ts";
import { type JsonObject, setJsonField } from "./json-value.ts";
import { countMembers, type DecodeValue, SCALAR_GO_TYPES, scalarDecoder, scalarZero } from "./scalar-decoder.ts";
import { StructuralDecoder } from "./structural-decoder.ts";
import type { FieldSchema, ListShape, MapShape, ObjectShape, ScalarKind, SchemaRegistry, Shape } from "./schema.ts";

/** A field that the canonical form always has, and what stands there when nobody set it. */
interface AlwaysField {
  readonly name: string;
  zero(): unknown;
}

interface FieldDecoder extends FieldPlace {
  /** No bytes are an empty list to Go, where an empty text is no text. */
  readonly isBytes: boolean;
  readonly decode: DecodeValue;
}

/** Decodes whole objects. */
export interface ObjectDecoder {
  decode(value: unknown, context: DecodeContext): JsonObject | undefined;
}

/** Go's name of a type: `v1.PodSpec` of `io.k8s.api.core.v1.PodSpec`. */
const goTypeName = (fullName: string): string => fullName.split(".").slice(-2).join(".");

const isObjectValue = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);

/** A copy without the fields that decoding emptied. */
function withoutUndefined(object: JsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const key in object) {
    const value = object[key];
    if (value !== undefined) setJsonField(copy, key, value);
  }
  return copy;
}

/**
 * Decodes one struct in place: checks types, drops what is unknown or empty, adds what Go always writes. What it answers
 * is the form in which the API server writes the object back.
 */
export class StructDecoder {
  private readonly fields = new Map<string, FieldDecoder>();
  private alwaysFields: AlwaysField[] | undefined;
  private readonly shape: ObjectShape;
  private readonly name: string;
  private readonly decoders: TypeDecoders;

  constructor(name: string, shape: ObjectShape, decoders: TypeDecoders) {
    this.name = name;
    this.shape = shape;
    this.decoders = decoders;
  }

  /** Fields are compiled after the decoder is registered, since types refer to themselves. */
  compile(): void {
    const goStruct = this.name.slice(this.name.lastIndexOf(".") + 1);
    for (const [name, field] of Object.entries(this.shape.fields)) {
      const embedded = field.embedded ?? (this.isOfTypeMeta(name) ? "TypeMeta" : undefined);
      const goPath = embedded ? `${embedded}.${name}` : name;
      const isBytes = field.shape.type === "scalar" && field.shape.scalar === "bytes";
      this.fields.set(name, { name, goPath, goStruct, isBytes, decode: this.decoders.fieldDecoder(field) });
    }
  }

  /** Whole objects, and options of requests, embed their kind and version. */
  private isOfTypeMeta(field: string): boolean {
    if (field !== "kind" && field !== "apiVersion") return false;
    const { fields } = this.shape;
    const isWhole = fields["metadata"] !== undefined || this.name.endsWith("Options");
    return isWhole && fields["kind"] !== undefined && fields["apiVersion"] !== undefined;
  }

  /** Computed on first use: zero values need the decoders of other structs. */
  private get always(): AlwaysField[] {
    if (!this.alwaysFields) {
      this.alwaysFields = [];
      for (const [name, field] of Object.entries(this.shape.fields)) {
        const zero = this.decoders.zeroOf(field);
        if (zero) this.alwaysFields.push({ name, zero });
      }
    }
    return this.alwaysFields;
  }

  /** The struct that nobody set a field of. */
  zero(): JsonObject {
    const object: JsonObject = {};
    for (const field of this.always) object[field.name] = field.zero();
    return object;
  }

  decode(value: unknown, context: DecodeContext): JsonObject | undefined {
    if (!isObjectValue(value)) return context.typeMismatch(goJsonKind(value), goTypeName(this.name));
    const leftOut = context.leftOutCount;
    const repeated = context.repeatedKeys?.get(value);
    const emptied = repeated ? this.decodeRepeated(value, repeated, context) : this.decodeFields(value, context);
    if (context.fill)
      for (const field of this.always) if (value[field.name] === undefined) value[field.name] = field.zero();
    if (!emptied) return value;
    const copy = withoutUndefined(value);
    context.copied(value, copy, leftOut);
    return copy;
  }

  /** Whether a field was left out. */
  private decodeFields(value: JsonObject, context: DecodeContext): boolean {
    let emptied = false;
    for (const key in value) {
      const child = value[key];
      const next = this.decodeField(value, key, context);
      if (next === child) continue;
      if (next === undefined) emptied = true;
      value[key] = next;
    }
    return emptied;
  }

  /** As decodeFields, key by key of the source, so that errors come in its order. */
  private decodeRepeated(value: JsonObject, keys: readonly string[], context: DecodeContext): boolean {
    const seen = new Set<string>();
    for (const key of keys) {
      if (!seen.has(key)) setJsonField(value, key, this.decodeField(value, key, context));
      else if (this.fields.has(key)) context.duplicateField(key);
      seen.add(key);
    }
    return true;
  }

  private decodeField(parent: JsonObject, key: string, context: DecodeContext): unknown {
    const child = parent[key];
    context.members++;
    const field = this.fields.get(key);
    if (field === undefined) {
      context.members += countMembers(child);
      context.unknownField(key);
      return undefined;
    }
    if (child === null) return undefined;
    const before = context.errors;
    const next = field.decode(child, context);
    if (context.errors !== before) context.inField(before, field);
    if (next === undefined && (typeof child === "object" || field.isBytes)) context.leftOut(parent, key, child);
    return next;
  }
}

/** Tells of a map's keys that stand more than once, at their second place and later ones. */
function reportRepeated(keys: readonly string[], context: DecodeContext): void {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) context.duplicateField(key);
    seen.add(key);
  }
}

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** The compiled decoders of a schema's types; each is made on first use. */
export class TypeDecoders {
  private readonly structs = new Map<string, StructDecoder>();
  private readonly registry: SchemaRegistry;

  constructor(registry: SchemaRegistry) {
    this.registry = registry;
  }

  /** The decoder of a whole object, built-in or custom. */
  object(name: string): ObjectDecoder {
    if (!this.registry.structural) return this.struct(name);
    const shape = this.registry.type(name);
    assert(shape.type === "object", `${name} is no object`);
    return new StructuralDecoder(shape, this.registry, this.struct(OBJECT_META));
  }

  /** The decoder of a struct type, by its OpenAPI name. */
  struct(name: string): StructDecoder {
    const known = this.structs.get(name);
    if (known) return known;
    const shape = this.registry.type(name);
    assert(shape.type === "object", `${name} is no struct`);
    const decoder = new StructDecoder(name, shape, this);
    this.structs.set(name, decoder);
    decoder.compile();
    return decoder;
  }

  /** Decodes a field's value; undefined where Go leaves an empty one out. */
  fieldDecoder(field: FieldSchema): DecodeValue {
    const decode = this.valueDecoder(field.shape, field.goType);
    const shape = this.resolved(field.shape);
    if (field.pointer || shape === "object") return decode;
    if (shape === "list" || shape === "map") return decode;
    if (field.keptEmpty || shape === "any" || ALWAYS_WRITTEN.has(shape)) return decode;
    return (value, context) => {
      const next = decode(value, context);
      return next === "" || next === 0 || next === false ? undefined : next;
    };
  }

  /** What always stands in a field, if anything does. */
  zeroOf(field: FieldSchema): (() => unknown) | undefined {
    const shape = this.resolved(field.shape);
    if (field.omitZero) return undefined;
    if (field.pointer) return field.keptEmpty ? () => null : undefined;
    if (shape === "object") {
      const struct = this.struct((field.shape as { name: string }).name);
      return () => struct.zero();
    }
    if (shape === "list" || shape === "map") return field.keptEmpty ? () => null : undefined;
    if (!field.keptEmpty && !ALWAYS_WRITTEN.has(shape)) return undefined;
    const zero = scalarZero(shape);
    return () => zero;
  }

  private resolved(shape: Shape): ScalarKind | "list" | "map" | "object" {
    if (shape.type === "scalar") return shape.scalar;
    if (shape.type !== "ref") return shape.type;
    const target = this.registry.type(shape.name);
    return target.type === "scalar" ? target.scalar : "object";
  }

  private valueDecoder(shape: Shape, goType: string | undefined): DecodeValue {
    switch (shape.type) {
      case "scalar":
        return scalarDecoder(shape.scalar, goType ?? SCALAR_GO_TYPES[shape.scalar]);
      case "list":
        return this.listDecoder(shape, goType);
      case "map":
        return this.mapDecoder(shape, goType);
      case "ref": {
        const target = this.registry.type(shape.name);
        if (target.type === "scalar")
          return this.unionDecoder(shape.name) ?? scalarDecoder(target.scalar, goType ?? goTypeName(shape.name));
        const struct = this.struct(shape.name);
        return (value, context) => struct.decode(value, context);
      }
      case "object":
        throw new Error("built-in schemas name their types");
    }
  }

  /** JSONSchemaProps in its three unions: Go decodes them apart, and so does not tell of unknown fields in them. */
  private unionDecoder(name: string): DecodeValue | undefined {
    const alternatives = SCHEMA_UNIONS[name.slice(name.lastIndexOf(".") + 1)];
    if (!alternatives) return undefined;
    const props = name.replace(/\w+$/, "JSONSchemaProps");
    return (value, context) => {
      if (isObjectValue(value)) return context.apart((inner) => this.struct(props).decode(value, inner));
      if (alternatives.boolean) return typeof value === "boolean" ? value : context.fail(alternatives.message);
      // What is neither of the two is nothing.
      if (!Array.isArray(value) || value.length === 0) return undefined;
      if (alternatives.list === "schemas")
        return context.apart((inner) => value.map((item) => this.struct(props).decode(item, inner)));
      return context.apart((inner) => value.map((item) => decodeText(item, inner)));
    };
  }

  /** The value of a list's item or a map's entry: null is the zero value, and nothing is left out. */
  private elementDecoder(shape: Shape, goType: string | undefined): DecodeValue {
    const decode = this.valueDecoder(shape, goType);
    const kind = this.resolved(shape);
    if (kind === "object") {
      const struct = this.struct((shape as { name: string }).name);
      return (value, context) => (value === null ? struct.zero() : decode(value, context));
    }
    if (kind === "list") return (value, context) => (value === null ? [] : (decode(value, context) ?? []));
    // Bytes come back from storage empty rather than null.
    const zero = kind === "bytes" ? "" : kind === "map" ? null : scalarZero(kind);
    return (value, context) => (value === null ? zero : (decode(value, context) ?? zero));
  }

  private listDecoder(shape: ListShape, goType: string | undefined): DecodeValue {
    const itemGoType = goType?.startsWith("[]") ? goType.slice(2) : undefined;
    const decodeItem = this.elementDecoder(shape.items, itemGoType);
    const listGoType = goType ?? this.goTypeOf(shape);
    return (value, context) => {
      if (!Array.isArray(value)) return context.typeMismatch(goJsonKind(value), listGoType);
      if (value.length === 0) return undefined;
      for (let i = 0; i < value.length; i++) {
        const before = context.errors;
        const item: unknown = value[i];
        const next = decodeItem(item, context);
        if (next !== item) value[i] = next;
        if (context.errors !== before) context.inIndex(before, i);
      }
      return value;
    };
  }

  private mapDecoder(shape: MapShape, goType: string | undefined): DecodeValue {
    const entryGoType = goType && /^map\[[^\]]*\](.+)$/.exec(goType)?.[1];
    const decodeEntry = this.elementDecoder(shape.values, entryGoType);
    const mapGoType = goType ?? this.goTypeOf(shape);
    return (value, context) => {
      if (!isObjectValue(value)) return context.typeMismatch(goJsonKind(value), mapGoType);
      const repeated = context.repeatedKeys?.get(value);
      if (repeated) reportRepeated(repeated, context);
      let empty = true;
      for (const key in value) {
        empty = false;
        context.members++;
        const before = context.errors;
        const entry = value[key];
        const next = decodeEntry(entry, context);
        if (next !== entry) value[key] = next;
        if (context.errors !== before) context.inKey(before, key);
      }
      return empty ? undefined : value;
    };
  }

  private goTypeOf(shape: Shape): string {
    switch (shape.type) {
      case "scalar":
        return SCALAR_GO_TYPES[shape.scalar];
      case "list":
        return `[]${this.goTypeOf(shape.items)}`;
      case "map":
        return `map[string]${this.goTypeOf(shape.values)}`;
      case "ref":
        return goTypeName(shape.name);
      case "object":
        return "struct {}";
    }
  }
}

/** Kinds of scalars that are structs in Go, which omitempty does not leave out. */
const ALWAYS_WRITTEN: ReadonlySet<string> = new Set<ScalarKind>([
  "quantity",
  "time",
  "microTime",
  "duration",
  "intOrString",
  "any",
]);

interface SchemaUnion {
  readonly boolean?: boolean;
  readonly list?: "schemas" | "strings";
  readonly message: string;
}

const decodeText = scalarDecoder("string", "string");

const SCHEMA_UNIONS: Readonly<Record<string, SchemaUnion>> = {
  JSONSchemaPropsOrBool: { boolean: true, message: "boolean or JSON schema expected" },
  JSONSchemaPropsOrArray: { list: "schemas", message: "schema or array of schemas expected" },
  JSONSchemaPropsOrStringArray: { list: "strings", message: "schema or array of strings expected" },
};
