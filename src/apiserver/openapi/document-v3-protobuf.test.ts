// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "protobufjs";
import { encodeDocumentV3 } from "./document-v3-protobuf.ts";

/** The parts of gnostic's messages that the test looks at. */
const { root } = parse(`syntax = "proto3";
message Any { string yaml = 2; }
message NamedAny { string name = 1; Any value = 2; }
message Reference { string ref = 1; }
message SchemaOrReference { Schema schema = 1; Reference reference = 2; }
message NamedSchema { string name = 1; SchemaOrReference value = 2; }
message Schemas { repeated NamedSchema additional = 1; }
message Items { repeated SchemaOrReference schema = 1; }
message Default { oneof value { double number = 1; bool boolean = 2; string string = 3; } }
message Schema {
  repeated string required = 23; string type = 25; repeated SchemaOrReference allOf = 26; Items items = 30;
  Schemas properties = 31; Default default = 33; string description = 34; repeated NamedAny extensions = 36;
}
message MediaType { SchemaOrReference schema = 1; }
message NamedMediaType { string name = 1; MediaType value = 2; }
message MediaTypes { repeated NamedMediaType additional = 1; }
message Parameter { string name = 1; string in = 2; bool required = 4; SchemaOrReference schema = 10; }
message ParameterOr { Parameter parameter = 1; }
message Response { string description = 1; MediaTypes content = 3; }
message ResponseOr { Response response = 1; }
message NamedResponse { string name = 1; ResponseOr value = 2; }
message Responses { repeated NamedResponse codes = 2; }
message Operation { repeated string tags = 1; string id = 5; repeated ParameterOr parameters = 6; Responses responses = 8; }
message PathItem { Operation get = 4; }
message NamedPath { string name = 1; PathItem value = 2; }
message Paths { repeated NamedPath path = 1; }
message Components { Schemas schemas = 1; }
message Document { string openapi = 1; Paths paths = 4; Components components = 5; }`);

const decode = (bytes: Uint8Array) => root.lookupType("Document").decode(bytes).toJSON();

const schema = { $ref: "#/components/schemas/Pod" };
const reference = { reference: { ref: "#/components/schemas/Pod" } };

test("an operation of a v3 document in protobuf has its parameters and answers", () => {
  const get = {
    tags: ["core_v1"],
    operationId: "readPod",
    parameters: [{ name: "name", in: "path", required: true, schema: { type: "string" } }],
    responses: { 200: { description: "OK", content: { "application/json": { schema } } } },
  };
  const [path] = decode(encodeDocumentV3({ openapi: "3.0.0", paths: { "/pods": { get } } })).paths.path;
  const content = { additional: [{ name: "application/json", value: { schema: reference } }] };
  assert.deepEqual(path, {
    name: "/pods",
    value: {
      get: {
        tags: ["core_v1"],
        id: "readPod",
        parameters: [
          { parameter: { name: "name", in: "path", required: true, schema: { schema: { type: "string" } } } },
        ],
        responses: { codes: [{ name: "200", value: { response: { description: "OK", content } } }] },
      },
    },
  });
});

test("a type of a v3 document in protobuf keeps defaults, references and what Kubernetes adds to it", () => {
  const Pod = {
    description: "A pod",
    type: "object",
    required: ["spec"],
    properties: {
      name: { type: "string", default: "" },
      count: { type: "integer", default: 1.5 },
      spec: { default: {}, allOf: [schema] },
      items: { type: "array", items: schema, "x-kubernetes-list-type": "atomic" },
    },
  };
  const [type] = decode(encodeDocumentV3({ components: { schemas: { Pod } } })).components.schemas.additional;
  const extensions = [{ name: "x-kubernetes-list-type", value: { yaml: '"atomic"' } }];
  const properties = [
    { name: "name", value: { schema: { type: "string", default: { string: "" } } } },
    { name: "count", value: { schema: { type: "integer", default: { number: 1.5 } } } },
    { name: "spec", value: { schema: { allOf: [reference], default: {} } } },
    { name: "items", value: { schema: { type: "array", items: { schema: [reference] }, extensions } } },
  ];
  const own = { description: "A pod", type: "object", required: ["spec"], properties: { additional: properties } };
  assert.deepEqual(type, { name: "Pod", value: { schema: own } });
});
