// SPDX-License-Identifier: Apache-2.0

import { ProtobufWriter, WIRE_VARINT } from "../../apimachinery/index.ts";
import type { Json } from "./type-schemas.ts";

/** Writes one value under a field number. */
export type Field = (value: unknown, tag: number, writer: ProtobufWriter) => void;
/** The fields of a message by their names in JSON. */
export type Fields = Readonly<Record<string, readonly [tag: number, field: Field]>>;

const EXTENSION_PREFIX = "x-";
/** Entries of a map, and the values inside the messages of one field. */
const NAME = 1;
const VALUE = 2;
/** Values of any form are written as YAML, of which JSON is a part. */
const YAML = 2;

export const text: Field = (value, tag, writer) => writer.stringField(tag, String(value));

export const flag: Field = (value, tag, writer) => {
  writer.byte(value === true ? 1 : 0);
  writer.tag(tag, WIRE_VARINT);
};

export const any: Field = (value, tag, writer) => {
  const mark = writer.length;
  writer.stringField(YAML, JSON.stringify(value));
  writer.messageField(tag, mark);
};

/** A list; what the writer does backwards, it is given backwards. */
export const list =
  (item: Field): Field =>
  (value, tag, writer) => {
    const items = value as readonly unknown[];
    for (let i = items.length - 1; i >= 0; i--) item(items[i], tag, writer);
  };

export const texts = list(text);

/** A message of one field. */
export const within =
  (inner: number, field: Field): Field =>
  (value, tag, writer) => {
    const mark = writer.length;
    field(value, inner, writer);
    writer.messageField(tag, mark);
  };

function entry(name: string, value: unknown, options: { tag: number; field: Field; writer: ProtobufWriter }): void {
  const { tag, field, writer } = options;
  const mark = writer.length;
  field(value, VALUE, writer);
  writer.stringField(NAME, name);
  writer.messageField(tag, mark);
}

/** A map as a list of its entries. */
export const entries =
  (field: Field): Field =>
  (value, tag, writer) => {
    for (const [name, item] of Object.entries(value as Json).reverse()) entry(name, item, { tag, field, writer });
  };

export function writeFields(value: Json, fields: Fields, extensions: number, writer: ProtobufWriter): void {
  for (const [name, item] of Object.entries(value).reverse()) {
    if (item === undefined) continue;
    const known = fields[name];
    if (known) known[1](item, known[0], writer);
    else if (name.startsWith(EXTENSION_PREFIX)) entry(name, item, { tag: extensions, field: any, writer });
  }
}

/** A message; what is written under names of its own stands in the list of extensions. */
export const message =
  (fields: Fields, extensions: number): Field =>
  (value, tag, writer) => {
    const mark = writer.length;
    writeFields(value as Json, fields, extensions, writer);
    writer.messageField(tag, mark);
  };
