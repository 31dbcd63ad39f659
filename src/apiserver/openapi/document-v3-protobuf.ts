// SPDX-License-Identifier: Apache-2.0

import { ProtobufWriter, WIRE_FIXED64 } from "../../apimachinery/index.ts";
import {
  any,
  entries,
  flag,
  list,
  message,
  text,
  texts,
  within,
  writeFields,
  type Field,
  type Fields,
} from "./protobuf-fields.ts";
import type { Json } from "./type-schemas.ts";

/** The number of extensions where a message has none. */
const UNUSED = 0;

const reference = message({ $ref: [1, text] }, UNUSED);

/** Either the thing itself or what refers to it. */
const orReference =
  (field: Field): Field =>
  (value, tag, writer) =>
    (value as Json)["$ref"] === undefined
      ? within(1, field)(value, tag, writer)
      : within(2, reference)(value, tag, writer);

const schema: Field = (value, tag, writer) => orReference(schemaMessage)(value, tag, writer);

/** Values of defaults that are no scalars have no place in the message, which stands empty for them. */
const defaultValue: Field = (value, tag, writer) => {
  const mark = writer.length;
  if (typeof value === "string") text(value, 3, writer);
  else if (typeof value === "boolean") flag(value, 2, writer);
  else if (typeof value === "number") {
    writer.double(value);
    writer.tag(1, WIRE_FIXED64);
  }
  writer.messageField(tag, mark);
};

const additionalProperties: Field = (value, tag, writer) =>
  typeof value === "boolean" ? within(2, flag)(value, tag, writer) : within(1, schema)(value, tag, writer);

const schemaMessage = message(
  {
    title: [9, text],
    required: [23, texts],
    enum: [24, list(any)],
    type: [25, text],
    allOf: [26, list(schema)],
    oneOf: [27, list(schema)],
    anyOf: [28, list(schema)],
    items: [30, within(1, schema)],
    properties: [31, within(1, entries(schema))],
    additionalProperties: [32, additionalProperties],
    default: [33, defaultValue],
    description: [34, text],
    format: [35, text],
    nullable: [1, flag],
    pattern: [16, text],
    uniqueItems: [20, flag],
  },
  36,
);

const mediaTypes = within(1, entries(message({ schema: [1, schema] }, 5)));

const parameter = orReference(
  message({ name: [1, text], in: [2, text], description: [3, text], required: [4, flag], schema: [10, schema] }, 14),
);

const requestBody = orReference(message({ description: [1, text], content: [2, mediaTypes], required: [3, flag] }, 4));
const response = orReference(message({ description: [1, text], content: [3, mediaTypes] }, 5));

const operation = message(
  {
    tags: [1, texts],
    summary: [2, text],
    description: [3, text],
    operationId: [5, text],
    parameters: [6, list(parameter)],
    requestBody: [7, requestBody],
    responses: [8, within(2, entries(response))],
    deprecated: [10, flag],
  },
  13,
);

const pathItem = message(
  {
    get: [4, operation],
    put: [5, operation],
    post: [6, operation],
    delete: [7, operation],
    options: [8, operation],
    head: [9, operation],
    patch: [10, operation],
    parameters: [13, list(parameter)],
  },
  14,
);

const securityScheme = orReference(
  message({ type: [1, text], description: [2, text], name: [3, text], in: [4, text] }, 9),
);

const DOCUMENT: Fields = {
  openapi: [1, text],
  info: [2, message({ title: [1, text], version: [6, text] }, 7)],
  paths: [4, within(1, entries(pathItem))],
  components: [
    5,
    message({ schemas: [1, within(1, entries(schema))], securitySchemes: [7, within(1, entries(securityScheme))] }, 10),
  ],
};

/** An OpenAPI v3 document in the protobuf form of gnostic. */
export function encodeDocumentV3(document: Json): Uint8Array {
  const writer = new ProtobufWriter();
  writeFields(document, DOCUMENT, 9, writer);
  return writer.finish();
}
