// SPDX-License-Identifier: Apache-2.0

import { assert } from "../base/index.ts";
import { type JsonObject, setJsonField } from "./json-value.ts";
import { objectCodec } from "./object-codec.ts";
import type { KubeObject } from "./object.ts";
import { ProtobufError, ProtobufReader } from "./protobuf-reader.ts";
import { SCALAR_CODECS, type ScalarCodec } from "./protobuf-scalars.ts";
import { ProtobufWriter, WIRE_BYTES } from "./protobuf-writer.ts";
import type { FieldSchema, SchemaRegistry, Shape } from "./schema.ts";
import { compareText } from "./text-order.ts";

/** Reads and writes the values of one shape, tag included. */
type ValueCodec = ScalarCodec;

interface MessageField {
  readonly tag: number;
  readonly goName: string;
  readonly wireType: number;
  /** Writes the field of an object, if it is to be written. */
  write(object: JsonObject, writer: ProtobufWriter): void;
  read(reader: ProtobufReader, object: JsonObject): void;
}

/** Lists that are messages of their own in protobuf, with the items in field 1. */
const WRAPPED_LISTS: ReadonlySet<string> = new Set(["v1.Verbs", "map[string]v1.ExtraValue"]);

const MAX_DEPTH = 1000;
let depth = 0;

/** The layout of a message: its fields by number, each knowing how to read and write itself. */
class Message {
  private fields: MessageField[] = [];
  private readonly byTag = new Map<number, MessageField>();

  setFields(fields: MessageField[]): void {
    this.fields = fields.sort((a, b) => a.tag - b.tag);
    for (const field of fields) this.byTag.set(field.tag, field);
  }

  write(object: JsonObject, writer: ProtobufWriter): void {
    for (let i = this.fields.length - 1; i >= 0; i--) this.fields[i]!.write(object, writer);
  }

  read(reader: ProtobufReader, object: JsonObject): JsonObject {
    if (++depth > MAX_DEPTH) throw new ProtobufError("proto: exceeded max depth");
    try {
      while (!reader.done) this.readField(reader, object);
    } finally {
      depth--;
    }
    return object;
  }

  private readField(reader: ProtobufReader, object: JsonObject): void {
    const key = reader.varint();
    const tag = Math.floor(key / 8);
    const wireType = key % 8;
    if (wireType === 4) throw new ProtobufError("proto: wiretype end group for non-group");
    if (tag <= 0) throw new ProtobufError(`proto: illegal tag ${tag} (wire type ${key})`);
    const field = this.byTag.get(tag);
    if (!field) return reader.skip(wireType);
    if (wireType !== field.wireType)
      throw new ProtobufError(`proto: wrong wireType = ${wireType} for field ${field.goName}`);
    field.read(reader, object);
  }
}

const goNameOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** The fields that share the first number belong to a message that JSON inlines. */
interface PlacedField {
  readonly name: string;
  readonly schema: FieldSchema;
  readonly tags: readonly number[];
}

/** Protobuf layouts of a schema's types; each is made on first use. */
class ProtobufTypes {
  private readonly messages = new Map<string, Message>();
  private readonly registry: SchemaRegistry;

  constructor(registry: SchemaRegistry) {
    this.registry = registry;
  }

  message(name: string): Message {
    const known = this.messages.get(name);
    if (known) return known;
    const shape = this.registry.type(name);
    assert(shape.type === "object", `${name} is no message`);
    const message = new Message();
    this.messages.set(name, message);
    const placed = Object.entries(shape.fields).flatMap(([field, schema]) =>
      schema.protobufTags ? [{ name: field, schema, tags: schema.protobufTags }] : [],
    );
    message.setFields(this.fieldsOf(placed));
    return message;
  }

  private fieldsOf(placed: readonly PlacedField[]): MessageField[] {
    const fields: MessageField[] = [];
    const inlined = new Map<number, PlacedField[]>();
    for (const field of placed) {
      const [tag, ...inner] = field.tags;
      if (inner.length === 0) fields.push(this.field(field.name, tag!, field.schema));
      else inlined.set(tag!, [...(inlined.get(tag!) ?? []), { ...field, tags: inner }]);
    }
    for (const [tag, inner] of inlined) fields.push(this.inlinedField(tag, inner));
    return fields;
  }

  private inlinedField(tag: number, inner: readonly PlacedField[]): MessageField {
    const message = new Message();
    message.setFields(this.fieldsOf(inner));
    return {
      tag,
      goName: goNameOf(inner[0]!.schema.embedded?.split(".")[0] ?? ""),
      wireType: WIRE_BYTES,
      write(object, writer) {
        const mark = writer.length;
        message.write(object, writer);
        writer.messageField(tag, mark);
      },
      read: (reader, object) => void message.read(reader.nested(), object),
    };
  }

  private field(name: string, tag: number, schema: FieldSchema): MessageField {
    const { shape } = schema;
    const goName = goNameOf(name);
    if (shape.type === "list" && !WRAPPED_LISTS.has(schema.goType ?? ""))
      return this.listField(name, tag, this.valueCodec(shape.items, schema.goType));
    if (shape.type === "map") return this.mapField(name, tag, this.valueCodec(shape.values, schema.goType));
    const codec = this.valueCodec(shape, schema.goType);
    // Go writes what is no pointer, zero or not; of bytes, nil ones are left out.
    const optional = schema.pointer || (shape.type === "scalar" && shape.scalar === "bytes") || shape.type === "list";
    return {
      tag,
      goName,
      wireType: codec.wireType,
      write(object, writer) {
        const value = object[name];
        if (!optional || (value !== undefined && value !== null)) codec.write(tag, value, writer);
      },
      read(reader, object) {
        object[name] = codec.read(reader);
      },
    };
  }

  private listField(name: string, tag: number, codec: ValueCodec): MessageField {
    return {
      tag,
      goName: goNameOf(name),
      wireType: codec.wireType,
      write(object, writer) {
        const items = object[name] as unknown[] | null | undefined;
        if (items) for (let i = items.length - 1; i >= 0; i--) codec.write(tag, items[i], writer);
      },
      read(reader, object) {
        const item = codec.read(reader);
        const items = object[name] as unknown[] | undefined;
        if (items) items.push(item);
        else object[name] = [item];
      },
    };
  }

  private mapField(name: string, tag: number, codec: ValueCodec): MessageField {
    return {
      tag,
      goName: goNameOf(name),
      wireType: WIRE_BYTES,
      write(object, writer) {
        const map = object[name] as JsonObject | null | undefined;
        if (!map) return;
        const keys = Object.keys(map).sort(compareText);
        for (let i = keys.length - 1; i >= 0; i--) {
          const mark = writer.length;
          codec.write(2, map[keys[i]!], writer);
          writer.stringField(1, keys[i]!);
          writer.messageField(tag, mark);
        }
      },
      read(reader, object) {
        const map = (object[name] ??= {}) as JsonObject;
        const entry = reader.nested();
        let key = "";
        let value: unknown;
        while (!entry.done) {
          const entryTag = entry.varint();
          if (entryTag === 8 + WIRE_BYTES) key = entry.string();
          else if (entryTag === 16 + codec.wireType) value = codec.read(entry);
          else entry.skip(entryTag % 8);
        }
        setJsonField(map, key, value ?? null);
      },
    };
  }

  private valueCodec(shape: Shape, goType: string | undefined): ValueCodec {
    switch (shape.type) {
      case "scalar":
        return SCALAR_CODECS[shape.scalar];
      case "ref": {
        const target = this.registry.type(shape.name);
        if (target.type === "scalar") return this.unionCodec(shape.name) ?? SCALAR_CODECS[target.scalar];
        return this.messageCodec(() => this.message(shape.name));
      }
      case "list":
        return this.wrappedListCodec(this.valueCodec(shape.items, goType));
      default:
        throw new Error(`protobuf has no field of shape ${shape.type}`);
    }
  }

  private messageCodec(find: () => Message): ValueCodec {
    let message: Message | undefined;
    return {
      wireType: WIRE_BYTES,
      write(field, value, writer) {
        const mark = writer.length;
        (message ??= find()).write((value as JsonObject | null | undefined) ?? {}, writer);
        writer.messageField(field, mark);
      },
      read: (reader) => (message ??= find()).read(reader.nested(), {}),
    };
  }

  private wrappedListCodec(items: ValueCodec): ValueCodec {
    const list = this.listField("items", 1, items);
    const message = new Message();
    message.setFields([list]);
    return {
      wireType: WIRE_BYTES,
      write(field, value, writer) {
        const mark = writer.length;
        message.write({ items: value }, writer);
        writer.messageField(field, mark);
      },
      read: (reader) => message.read(reader.nested(), {})["items"] ?? [],
    };
  }

  /** JSONSchemaProps in its three unions. */
  private unionCodec(name: string): ValueCodec | undefined {
    const union = name.slice(name.lastIndexOf(".") + 1);
    if (!union.startsWith("JSONSchemaPropsOr")) return undefined;
    const props = this.messageCodec(() => this.message(name.replace(/\w+$/, "JSONSchemaProps")));
    if (union === "JSONSchemaPropsOrBool") return this.schemaOrBoolean(props);
    return this.schemaOrList(props, union === "JSONSchemaPropsOrArray" ? props : SCALAR_CODECS.string);
  }

  private schemaOrBoolean(props: ValueCodec): ValueCodec {
    return {
      wireType: WIRE_BYTES,
      write(field, value, writer) {
        const mark = writer.length;
        if (typeof value === "object" && value !== null) props.write(2, value, writer);
        SCALAR_CODECS.boolean.write(1, value !== false, writer);
        writer.messageField(field, mark);
      },
      read(reader) {
        const message = reader.nested();
        let value: unknown = false;
        while (!message.done) {
          const tag = message.varint();
          if (tag === 8) value = message.boolean();
          else if (tag === 16 + WIRE_BYTES) value = props.read(message);
          else message.skip(tag % 8);
        }
        return value;
      },
    };
  }

  private schemaOrList(props: ValueCodec, items: ValueCodec): ValueCodec {
    return {
      wireType: WIRE_BYTES,
      write(field, value, writer) {
        const mark = writer.length;
        if (Array.isArray(value)) for (let i = value.length - 1; i >= 0; i--) items.write(2, value[i], writer);
        else if (value !== null && value !== undefined) props.write(1, value, writer);
        writer.messageField(field, mark);
      },
      read(reader) {
        const message = reader.nested();
        const list: unknown[] = [];
        let schema: unknown;
        while (!message.done) {
          const tag = message.varint();
          if (tag === 8 + WIRE_BYTES) schema = props.read(message);
          else if (tag === 16 + WIRE_BYTES) list.push(items.read(message));
          else message.skip(tag % 8);
        }
        return schema ?? (list.length ? list : null);
      },
    };
  }
}

const typesByRegistry = new WeakMap<SchemaRegistry, ProtobufTypes>();

function protobufTypes(registry: SchemaRegistry): ProtobufTypes {
  let types = typesByRegistry.get(registry);
  if (!types) typesByRegistry.set(registry, (types = new ProtobufTypes(registry)));
  return types;
}

/** The message of an object in canonical form, without the envelope that names its kind. */
export function encodeProtobufMessage(registry: SchemaRegistry, typeName: string, object: object): Uint8Array {
  const writer = new ProtobufWriter();
  protobufTypes(registry)
    .message(typeName)
    .write(object as JsonObject, writer);
  return writer.finish();
}

/** The object of a message, in canonical form and without kind and apiVersion; throws ProtobufError or DecodeError. */
export function decodeProtobufMessage(registry: SchemaRegistry, typeName: string, bytes: Uint8Array): KubeObject {
  const object = protobufTypes(registry).message(typeName).read(new ProtobufReader(bytes), {});
  return objectCodec(registry, typeName).canonical(object) as unknown as KubeObject;
}
