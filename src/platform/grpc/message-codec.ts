// SPDX-License-Identifier: Apache-2.0

import { assert } from "../../base/index.ts";
import { WIRE, WireReader, WireWriter } from "./wire.ts";

/** A decoded or to be encoded message: camelCase fields, enums by name, integers as numbers. */
export type MessageObject = { [field: string]: unknown };

/**
 * Messages in a compact notation, one line of fields each: `name:type=number`. The type is string when left out; `int`
 * (any integer), `bool`, `bytes`, `double`, `map` (of strings), an enum, or another message; `[]` repeats it.
 * An enum is a list of its names from zero.
 */
export interface MessageTable {
  readonly messages: Readonly<Record<string, string>>;
  readonly enums: Readonly<Record<string, string>>;
}

type ScalarType = "string" | "int" | "bool" | "bytes" | "double" | "map";
const SCALARS: ReadonlySet<string> = new Set<ScalarType>(["string", "int", "bool", "bytes", "double", "map"]);

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly repeated: boolean;
}

interface Message {
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

/** Encodes and decodes the messages of a table. */
export class MessageCodec {
  readonly #messages = new Map<string, Message>();
  readonly #enums = new Map<string, readonly string[]>();

  constructor(...tables: readonly MessageTable[]) {
    for (const table of tables) {
      for (const [name, values] of Object.entries(table.enums)) this.#enums.set(name, values.split(/\s+/));
      for (const [name, line] of Object.entries(table.messages)) this.#messages.set(name, parseMessage(line));
    }
    for (const [name, message] of this.#messages) {
      for (const { type } of message.fields) {
        const known = SCALARS.has(type) || this.#messages.has(type) || this.#enums.has(type);
        assert(known, `Message ${name} has a field of unknown type ${type}`);
      }
    }
  }

  encode(type: string, object: object): Buffer {
    const writer = new WireWriter();
    this.#write(writer, type, object as MessageObject);
    return writer.finish();
  }

  decode(type: string, bytes: Uint8Array): MessageObject {
    const reader = new WireReader(bytes);
    const message = this.#message(type);
    const object = this.#defaults(message);
    while (!reader.done) {
      const tag = reader.varint();
      const field = message.byNumber.get(Math.floor(tag / 8));
      if (field) this.#readField(reader, field, tag & 7, object);
      else reader.skip(tag & 7);
    }
    return object;
  }

  #message(type: string): Message {
    const message = this.#messages.get(type);
    assert(message, `Message ${type} is not in the table`);
    return message;
  }

  /** Absent scalars have protobuf's defaults; absent messages are undefined. */
  #defaults(message: Message): MessageObject {
    const object: MessageObject = {};
    for (const { name, type, repeated } of message.fields) {
      if (repeated) object[name] = [];
      else if (type === "string") object[name] = "";
      else if (type === "int" || type === "double") object[name] = 0;
      else if (type === "bool") object[name] = false;
      else if (type === "bytes") object[name] = EMPTY;
      else if (type === "map") object[name] = {};
      else object[name] = this.#enums.get(type)?.[0];
    }
    return object;
  }

  #readField(reader: WireReader, field: Field, wire: number, object: MessageObject): void {
    const { name, type } = field;
    if (type === "map") {
      readMapEntry(reader, object[name] as Record<string, string>);
      return;
    }
    if (!field.repeated) {
      object[name] = this.#readValue(reader, type);
      return;
    }
    const list = object[name] as unknown[];
    if (wire === WIRE.bytes && this.#isPacked(type)) {
      const packed = new WireReader(reader.bytes());
      while (!packed.done) list.push(this.#readValue(packed, type));
    } else list.push(this.#readValue(reader, type));
  }

  #isPacked(type: string): boolean {
    return type === "int" || type === "bool" || type === "double" || this.#enums.has(type);
  }

  #readValue(reader: WireReader, type: string): unknown {
    if (type === "string") return reader.string();
    if (type === "int") return reader.varint();
    if (type === "bool") return reader.varint() !== 0;
    if (type === "bytes") return reader.bytes();
    if (type === "double") return reader.double();
    const names = this.#enums.get(type);
    if (!names) return this.decode(type, reader.bytes());
    const value = reader.varint();
    return names[value] ?? `${value}`;
  }

  #write(writer: WireWriter, type: string, object: MessageObject): void {
    for (const field of this.#message(type).fields) {
      const value = object[field.name];
      if (value === undefined || value === null) continue;
      if (field.type === "map") writeMap(writer, field.number, value as Record<string, string>);
      else if (!field.repeated) this.#writeValue(writer, field, value, false);
      else for (const item of value as readonly unknown[]) this.#writeValue(writer, field, item, true);
    }
  }

  /** A single scalar with its default value is left out; in a list it counts. */
  #writeValue(writer: WireWriter, { number, type }: Field, value: unknown, always: boolean): void {
    if (type === "string") {
      if (value === "" && !always) return;
      writer.tag(number, WIRE.bytes);
      writer.string(value as string);
    } else if (type === "bytes") {
      if ((value as Uint8Array).length === 0 && !always) return;
      writer.tag(number, WIRE.bytes);
      writer.bytes(value as Uint8Array);
    } else if (type === "double") {
      writer.tag(number, WIRE.fixed64);
      writer.double(value as number);
    } else if (this.#messages.has(type)) {
      writer.tag(number, WIRE.bytes);
      writer.bytes(this.encode(type, value as MessageObject));
    } else {
      const integer = this.#integer(type, value);
      if (integer === 0 && !always) return;
      writer.tag(number, WIRE.varint);
      writer.varint(integer);
    }
  }

  #integer(type: string, value: unknown): number {
    if (type === "int") return value as number;
    if (type === "bool") return value ? 1 : 0;
    const index = this.#enums.get(type)?.indexOf(value as string) ?? -1;
    assert(index >= 0, `${type} has no value ${String(value)}`);
    return index;
  }
}

const EMPTY = new Uint8Array(0);
const FIELD = /^([A-Za-z]\w*)(?::(\w+)(\[\])?)?=(\d+)$/;

function parseMessage(line: string): Message {
  const fields = line
    .split(/\s+/)
    .filter(Boolean)
    .map((text) => {
      const match = FIELD.exec(text);
      assert(match, `${text} is not a field`);
      const [, name = "", type = "string", list, number] = match;
      return { name, type, repeated: list !== undefined, number: Number(number) };
    });
  return { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
}

function readMapEntry(reader: WireReader, into: Record<string, string>): void {
  const entry = new WireReader(reader.bytes());
  let key = "";
  let value = "";
  while (!entry.done) {
    const tag = entry.varint();
    if (tag === 8 + WIRE.bytes) key = entry.string();
    else if (tag === 16 + WIRE.bytes) value = entry.string();
    else entry.skip(tag & 7);
  }
  into[key] = value;
}

function writeMap(writer: WireWriter, number: number, map: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(map)) {
    const entry = new WireWriter();
    entry.tag(1, WIRE.bytes);
    entry.string(key);
    entry.tag(2, WIRE.bytes);
    entry.string(value);
    writer.tag(number, WIRE.bytes);
    writer.bytes(entry.finish());
  }
}
