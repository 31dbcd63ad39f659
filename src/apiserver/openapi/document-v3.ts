// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import type { CompactSchema } from "../../apimachinery/index.ts";
import {
  groupWord,
  KindOperations,
  mediaTypesOf,
  type Operation,
  type PathOperations,
  type Payload,
} from "./operations.ts";
import { parameterFacts } from "./query-parameters.ts";
import { groupPath, SERVER_PATHS, versionPath } from "./service-operations.ts";
import { OPENAPI_V3, TypeSchemas, unknownTypes, type Descriptions, type Json } from "./type-schemas.ts";

const CODE_TEXTS: Readonly<Record<number, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };
const VERSION = "1.35";

/** One document of OpenAPI v3 for a group version: its paths and the types that they speak of. */
export class DocumentV3 {
  readonly #schema: CompactSchema;
  readonly #types: TypeSchemas;
  readonly #descriptions: Descriptions;
  readonly #used = new Set<string>();

  constructor(schema: CompactSchema, descriptions: Descriptions) {
    this.#schema = schema;
    this.#types = new TypeSchemas(schema, OPENAPI_V3, descriptions);
    this.#descriptions = descriptions;
  }

  /** Paths and components of one group version. */
  groupVersion(group: string, version: string, kinds: readonly Kind[]): Json {
    const { connectParameters } = this.#schema;
    const paths = kinds.flatMap((kind) => new KindOperations(kind, connectParameters).paths());
    return this.#document([versionPath(group, version), ...paths], `${groupWord(group)}_${version}`, kinds);
  }

  /** What discovery says of a group. */
  group(group: string): Json {
    return this.#document([groupPath(group)], groupWord(group));
  }

  /** One of the server's own paths. */
  server(name: keyof typeof SERVER_PATHS): Json {
    const { path, tag } = SERVER_PATHS[name]!;
    return this.#document([path], tag);
  }

  #document(operations: readonly PathOperations[], tag: string, kinds: readonly Kind[] = []): Json {
    this.#used.clear();
    const paths = operations
      .map((entry): [string, Json] => [entry.path, this.#pathItem(entry, tag)])
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const schemas = { ...this.#types.closure(this.#used), ...unknownTypes(this.#types, kinds) };
    return {
      openapi: "3.0.0",
      info: { title: "Kubernetes", version: VERSION },
      paths: Object.fromEntries(paths),
      components: {
        ...(Object.keys(schemas).length > 0 ? { schemas } : {}),
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
    if (shared.length > 0) item["parameters"] = shared.map((name) => this.#parameter(name, { method: "", named }));
    return item;
  }

  #operation(operation: Operation, tag: string): Json {
    const { method, parameters, body, kind, action } = operation;
    const own = parameters.map((name) => this.#parameter(name, { method, named: "" }));
    return {
      tags: [tag],
      description: operation.description,
      operationId: operation.id,
      ...(own.length > 0 ? { parameters: own } : {}),
      ...(body ? { requestBody: this.#body(operation, body) } : {}),
      responses: this.#responses(operation),
      ...(action ? { "x-kubernetes-action": action } : {}),
      ...(kind && action ? { "x-kubernetes-group-version-kind": kind } : {}),
    };
  }

  #parameter(parameter: string, of: { readonly method: string; readonly named: string }): Json {
    const { name, type, text, in: place } = parameterFacts(this.#descriptions, parameter, of);
    const required = place === "path" ? { required: true } : {};
    return { name, in: place, ...text, ...required, schema: { type, uniqueItems: true } };
  }

  #schemaOf(payload: Payload): Json {
    if (payload.type !== "object") return { type: "string" };
    this.#used.add(payload.typeName);
    return this.#types.reference(payload.typeName);
  }

  #content(payload: Payload, encodings: readonly string[]): Json {
    return Object.fromEntries([...encodings].sort().map((encoding) => [encoding, { schema: this.#schemaOf(payload) }]));
  }

  #body(operation: Operation, { typeName, required }: NonNullable<Operation["body"]>): Json {
    const { consumes } = mediaTypesOf(operation);
    return { content: this.#content({ type: "object", typeName }, consumes), ...(required ? { required } : {}) };
  }

  #responses(operation: Operation): Json {
    const { produces } = mediaTypesOf(operation);
    const responses: Json = {};
    for (const code of [200, ...operation.codes]) {
      responses[code] = { description: CODE_TEXTS[code], content: this.#content(operation.answer, produces) };
    }
    responses[401] = { description: "Unauthorized" };
    return responses;
  }
}
