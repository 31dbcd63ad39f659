// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import type { CompactSchema } from "../../apimachinery/index.ts";
import {
  groupVersionId,
  KindOperations,
  PATCH_TYPE,
  type Operation,
  type PathOperations,
  type Payload,
} from "./operations.ts";
import { queryParameter } from "./query-parameters.ts";
import { OPENAPI_V3, TypeSchemas, unknownTypes, type Descriptions, type Json } from "./type-schemas.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const ENCODINGS = ["application/json", "application/vnd.kubernetes.protobuf", "application/yaml"];
const STREAM_ENCODINGS = [
  "application/json",
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf",
  "application/vnd.kubernetes.protobuf;stream=watch",
  "application/yaml",
];
const PATCHES = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];
const CODE_TEXTS: Readonly<Record<number, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };
const NAMESPACE_TEXT = "object name and auth scope, such as for teams and projects";

/** One document of OpenAPI v3 for a group version: its paths and the types that they speak of. */
export class DocumentV3 {
  readonly #types: TypeSchemas;
  readonly #descriptions: Descriptions;
  readonly #used = new Set<string>();

  constructor(schema: CompactSchema, descriptions: Descriptions) {
    this.#types = new TypeSchemas(schema, OPENAPI_V3, descriptions);
    this.#descriptions = descriptions;
  }

  /** Paths and components of one group version. */
  groupVersion(group: string, version: string, kinds: readonly Kind[]): Json {
    this.#used.clear();
    const tag = `${(group || "core").split(".")[0]}_${version}`;
    const base = group ? `/apis/${group}/${version}` : `/api/${version}`;
    const operations = [
      resourcesPath(base, group, version),
      ...kinds.flatMap((kind) => new KindOperations(kind).paths()),
    ];
    const paths = operations
      .map((entry): [string, Json] => [entry.path, this.#pathItem(entry, tag)])
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      openapi: "3.0.0",
      info: { title: "Kubernetes", version: "1.35" },
      paths: Object.fromEntries(paths),
      components: {
        schemas: { ...this.#types.closure(this.#used), ...unknownTypes(this.#types, kinds) },
        securitySchemes: {
          BearerToken: {
            type: "apiKey",
            description: "Bearer Token authentication",
            name: "authorization",
            in: "header",
          },
        },
      },
    };
  }

  #pathItem({ operations, shared, named }: PathOperations, tag: string): Json {
    const item: Json = {};
    for (const operation of operations) item[operation.method] = this.#operation(operation, tag);
    if (shared.length > 0) item["parameters"] = shared.map((name) => this.#parameter(name, "", named));
    return item;
  }

  #operation(operation: Operation, tag: string): Json {
    const { method, parameters, body, kind, action } = operation;
    return {
      tags: [tag],
      description: operation.description,
      operationId: operation.id,
      ...(parameters.length > 0 ? { parameters: parameters.map((name) => this.#parameter(name, method)) } : {}),
      ...(body ? { requestBody: this.#body(body) } : {}),
      responses: this.#responses(operation),
      ...(action ? { "x-kubernetes-action": action } : {}),
      ...(kind && action ? { "x-kubernetes-group-version-kind": kind } : {}),
    };
  }

  #parameter(name: string, method: string, named = ""): Json {
    if (name === "namespace" || name === "name" || name === "path") {
      const text =
        name === "namespace" ? NAMESPACE_TEXT : name === "name" ? `name of the ${named}` : "path to the resource";
      return { name, in: "path", description: text, required: true, schema: { type: "string", uniqueItems: true } };
    }
    const { type, text } = queryParameter(this.#descriptions, name, method);
    return { name, in: "query", ...text, schema: { type, uniqueItems: true } };
  }

  #schemaOf(payload: Payload): Json {
    if (payload.type !== "object") return { type: "string" };
    this.#used.add(payload.typeName);
    return this.#types.reference(payload.typeName);
  }

  #content(payload: Payload, encodings: readonly string[]): Json {
    return Object.fromEntries(encodings.map((encoding) => [encoding, { schema: this.#schemaOf(payload) }]));
  }

  #body({ typeName, required }: NonNullable<Operation["body"]>): Json {
    const encodings = typeName === PATCH_TYPE ? PATCHES : ["*/*"];
    return { content: this.#content({ type: "object", typeName }, encodings), ...(required ? { required } : {}) };
  }

  #responses({ answer, codes, streams, action }: Operation): Json {
    const encodings = action === "connect" ? ["*/*"] : streams ? STREAM_ENCODINGS : ENCODINGS;
    const responses: Json = {};
    for (const code of [200, ...codes]) {
      responses[code] = { description: CODE_TEXTS[code], content: this.#content(answer, encodings) };
    }
    responses[401] = { description: "Unauthorized" };
    return responses;
  }
}

const resourcesPath = (base: string, group: string, version: string): PathOperations => ({
  path: `${base}/`,
  shared: [],
  operations: [
    {
      method: "get",
      id: `get${groupVersionId(group, version)}APIResources`,
      description: "get available resources",
      parameters: [],
      answer: { type: "object", typeName: `${META}.APIResourceList` },
      codes: [],
    },
  ],
});
