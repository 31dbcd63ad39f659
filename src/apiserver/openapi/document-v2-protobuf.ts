// SPDX-License-Identifier: Apache-2.0

import { ProtobufWriter, WIRE_VARINT } from "../../apimachinery/index.ts";
import type { Json } from "./type-schemas.ts";

/** Writes one value under a field number. */
type Field = (value: unknown, tag: number, writer: ProtobufWriter) => void;
/** The fields of a message by their names in JSON. */
type Fields = Readonly<Record<string, readonly [tag: number, field: Field]>>;

const EXTENSION_PREFIX = "x-";
/** Entries of a map, and the values inside the messages of one field. */
const NAME = 1;
const VALUE = 2;
/** Values of any form are written as YAML, of which JSON is a part. */
const YAML = 2;

const text: Field = (value, tag, writer) => writer.stringField(tag, String(value));

const flag: Field = (value, tag, writer) => {
  writer.byte(value === true ? 1 : 0);
  writer.tag(tag, WIRE_VARINT);
};

const any: Field = (value, tag, writer) => {
  const mark = writer.length;
  writer.stringField(YAML, JSON.stringify(value));
  writer.messageField(tag, mark);
};

/** A list; what the writer does backwards, it is given backwards. */
const list =
  (item: Field): Field =>
  (value, tag, writer) => {
    const items = value as readonly unknown[];
    for (let i = items.length - 1; i >= 0; i--) item(items[i], tag, writer);
  };

const texts = list(text);

/** A message of one field. */
const within =
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
const entries =
  (field: Field): Field =>
  (value, tag, writer) => {
    for (const [name, item] of Object.entries(value as Json).reverse()) entry(name, item, { tag, field, writer });
  };

function writeFields(value: Json, fields: Fields, extensions: number, writer: ProtobufWriter): void {
  for (const [name, item] of Object.entries(value).reverse()) {
    if (item === undefined) continue;
    const known = fields[name];
    if (known) known[1](item, known[0], writer);
    else if (name.startsWith(EXTENSION_PREFIX)) entry(name, item, { tag: extensions, field: any, writer });
  }
}

/** A message; what is written under names of its own stands in the list of extensions. */
const message =
  (fields: Fields, extensions: number): Field =>
  (value, tag, writer) => {
    const mark = writer.length;
    writeFields(value as Json, fields, extensions, writer);
    writer.messageField(tag, mark);
  };

const schema: Field = (value, tag, writer) => schemaMessage(value, tag, writer);

const typeNames: Field = (value, tag, writer) => texts([value].flat(), tag, writer);

const additionalProperties: Field = (value, tag, writer) =>
  typeof value === "boolean" ? within(2, flag)(value, tag, writer) : within(1, schema)(value, tag, writer);

const schemaMessage = message(
  {
    $ref: [1, text],
    format: [2, text],
    title: [3, text],
    description: [4, text],
    default: [5, any],
    required: [19, texts],
    enum: [20, list(any)],
    additionalProperties: [21, additionalProperties],
    type: [22, within(1, typeNames)],
    items: [23, within(1, schema)],
    allOf: [24, list(schema)],
    properties: [25, within(1, entries(schema))],
  },
  31,
);

const bodyParameter = message(
  { description: [1, text], name: [2, text], in: [3, text], required: [4, flag], schema: [5, schema] },
  6,
);

const PARAMETER: Fields = { required: [1, flag], in: [2, text], description: [3, text], name: [4, text] };
const queryParameter = message({ ...PARAMETER, type: [6, text], uniqueItems: [20, flag] }, 23);
const pathParameter = message({ ...PARAMETER, type: [5, text], uniqueItems: [19, flag] }, 22);
const otherParameter: Field = (value, tag, writer) =>
  (value as Json)["in"] === "path"
    ? within(4, pathParameter)(value, tag, writer)
    : within(3, queryParameter)(value, tag, writer);

const parameter: Field = within(1, (value, tag, writer) =>
  (value as Json)["in"] === "body"
    ? within(1, bodyParameter)(value, tag, writer)
    : within(2, otherParameter)(value, tag, writer),
);

const response = message({ description: [1, text], schema: [2, within(1, schema)] }, 5);

const operation = message(
  {
    tags: [1, texts],
    description: [3, text],
    operationId: [5, text],
    produces: [6, texts],
    consumes: [7, texts],
    parameters: [8, list(parameter)],
    responses: [9, within(1, entries(within(1, response)))],
    schemes: [10, texts],
    deprecated: [11, flag],
  },
  13,
);

const pathItem = message(
  {
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    options: [6, operation],
    head: [7, operation],
    patch: [8, operation],
    parameters: [9, list(parameter)],
  },
  10,
);

const apiKey = message({ type: [1, text], name: [2, text], in: [3, text], description: [4, text] }, 5);

const DOCUMENT: Fields = {
  swagger: [1, text],
  info: [2, message({ title: [1, text], version: [2, text] }, 7)],
  paths: [8, within(2, entries(pathItem))],
  definitions: [9, within(1, entries(schema))],
  security: [12, list(within(1, entries(within(1, texts))))],
  securityDefinitions: [13, within(1, entries(within(2, apiKey)))],
};

/** An OpenAPI v2 document as kubectl wants it: in the protobuf form of gnostic. */
export function encodeDocumentV2(document: Json): Uint8Array {
  const writer = new ProtobufWriter();
  writeFields(document, DOCUMENT, 16, writer);
  return writer.finish();
}
