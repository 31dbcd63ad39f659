// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "protobufjs";
import { encodeDocumentV2 } from "./document-v2-protobuf.ts";

/** The parts of gnostic's messages that the test looks at. */
const { root } = parse(`syntax = "proto3";
message Any { string yaml = 2; }
message NamedAny { string name = 1; Any value = 2; }
message Type { repeated string value = 1; }
message Items { repeated Schema schema = 1; }
message Properties { repeated NamedSchema additional = 1; }
message NamedSchema { string name = 1; Schema value = 2; }
message Schema {
  string ref = 1; string description = 4; Any default = 5; repeated string required = 19; repeated Any enum = 20;
  Type type = 22; Items items = 23; Properties properties = 25; repeated NamedAny extensions = 31;
}
message Query { bool required = 1; string in = 2; string name = 4; string type = 6; bool unique = 20; }
message Body { string name = 2; bool required = 4; Schema schema = 5; }
message NonBody { Query query = 3; }
message Parameter { Body body = 1; NonBody other = 2; }
message ParameterItem { Parameter parameter = 1; }
message SchemaItem { Schema schema = 1; }
message Response { string description = 1; SchemaItem schema = 2; }
message ResponseValue { Response response = 1; }
message NamedResponse { string name = 1; ResponseValue value = 2; }
message Responses { repeated NamedResponse code = 1; }
message Operation {
  string id = 5; repeated string consumes = 7; repeated ParameterItem parameters = 8; Responses responses = 9;
  repeated NamedAny extensions = 13;
}
message PathItem { Operation get = 2; Operation patch = 8; }
message NamedPath { string name = 1; PathItem value = 2; }
message Paths { repeated NamedPath path = 2; }
message Info { string title = 1; string version = 2; }
message Document { string swagger = 1; Info info = 2; Paths paths = 8; Properties definitions = 9; }`);

const decode = (bytes: Uint8Array) => root.lookupType("Document").decode(bytes).toJSON();

test("types keep their fields, their order and what Kubernetes adds to them", () => {
  const pod = {
    description: "A pod",
    type: "object",
    required: ["spec"],
    properties: {
      kind: { type: "string", enum: ["Pod"], default: "Pod" },
      items: { type: "array", items: { $ref: "#/definitions/Item" }, "x-kubernetes-list-type": "atomic" },
    },
    "x-kubernetes-group-version-kind": [{ group: "", kind: "Pod", version: "v1" }],
  };
  assert.deepEqual(
    decode(encodeDocumentV2({ swagger: "2.0", info: { title: "K", version: "1" }, definitions: { pod } })),
    {
      swagger: "2.0",
      info: { title: "K", version: "1" },
      definitions: {
        additional: [
          {
            name: "pod",
            value: {
              description: "A pod",
              required: ["spec"],
              type: { value: ["object"] },
              properties: {
                additional: [
                  {
                    name: "kind",
                    value: { type: { value: ["string"] }, enum: [{ yaml: '"Pod"' }], default: { yaml: '"Pod"' } },
                  },
                  {
                    name: "items",
                    value: {
                      type: { value: ["array"] },
                      items: { schema: [{ ref: "#/definitions/Item" }] },
                      extensions: [{ name: "x-kubernetes-list-type", value: { yaml: '"atomic"' } }],
                    },
                  },
                ],
              },
              extensions: [
                {
                  name: "x-kubernetes-group-version-kind",
                  value: { yaml: '[{"group":"","kind":"Pod","version":"v1"}]' },
                },
              ],
            },
          },
        ],
      },
    },
  );
});

test("paths keep their operations with parameters and answers", () => {
  const patch = {
    operationId: "patchPod",
    consumes: ["application/json"],
    parameters: [
      { name: "body", in: "body", required: true, schema: { $ref: "#/definitions/Patch" } },
      { name: "dryRun", in: "query", type: "string", uniqueItems: true },
    ],
    responses: { 200: { description: "OK", schema: { $ref: "#/definitions/Pod" } } },
    "x-kubernetes-action": "patch",
  };
  const [path] = decode(encodeDocumentV2({ paths: { "/api/v1/pods": { patch } } })).paths.path;
  assert.deepEqual(path, {
    name: "/api/v1/pods",
    value: {
      patch: {
        id: "patchPod",
        consumes: ["application/json"],
        parameters: [
          { parameter: { body: { name: "body", required: true, schema: { ref: "#/definitions/Patch" } } } },
          { parameter: { other: { query: { in: "query", name: "dryRun", type: "string", unique: true } } } },
        ],
        responses: {
          code: [
            {
              name: "200",
              value: { response: { description: "OK", schema: { schema: { ref: "#/definitions/Pod" } } } },
            },
          ],
        },
        extensions: [{ name: "x-kubernetes-action", value: { yaml: '"patch"' } }],
      },
    },
  });
});
