// SPDX-License-Identifier: Apache-2.0

import { ProtobufWriter } from "../../apimachinery/index.ts";
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

const parameter: Field = (value, tag, writer) =>
  (value as Json)["in"] === "body"
    ? within(1, bodyParameter)(value, tag, writer)
    : within(2, otherParameter)(value, tag, writer);

const reference = message({ $ref: [1, text] }, UNUSED);
const parameterItem: Field = (value, tag, writer) =>
  (value as Json)["$ref"] === undefined
    ? within(1, parameter)(value, tag, writer)
    : within(2, reference)(value, tag, writer);

const response = message({ description: [1, text], schema: [2, within(1, schema)] }, 5);

const operation = message(
  {
    tags: [1, texts],
    description: [3, text],
    operationId: [5, text],
    produces: [6, texts],
    consumes: [7, texts],
    parameters: [8, list(parameterItem)],
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
    parameters: [9, list(parameterItem)],
  },
  10,
);

const apiKey = message({ type: [1, text], name: [2, text], in: [3, text], description: [4, text] }, 5);

const DOCUMENT: Fields = {
  swagger: [1, text],
  info: [2, message({ title: [1, text], version: [2, text] }, 7)],
  paths: [8, within(2, entries(pathItem))],
  definitions: [9, within(1, entries(schema))],
  parameters: [10, within(1, entries(parameter))],
  security: [12, list(within(1, entries(within(1, texts))))],
  securityDefinitions: [13, within(1, entries(within(2, apiKey)))],
};

/** An OpenAPI v2 document as kubectl wants it: in the protobuf form of gnostic. */
export function encodeDocumentV2(document: Json): Uint8Array {
  const writer = new ProtobufWriter();
  writeFields(document, DOCUMENT, 16, writer);
  return writer.finish();
}
