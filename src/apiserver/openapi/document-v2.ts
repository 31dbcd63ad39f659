// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import type { CompactSchema } from "../../apimachinery/index.ts";
import { KindOperations, PATCH_TYPE, type Operation, type PathOperations, type Payload } from "./operations.ts";
import { queryParameter } from "./query-parameters.ts";
import { OPENAPI_V2, TypeSchemas, unknownTypes, type Descriptions, type Json } from "./type-schemas.ts";

const ENCODINGS = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const STREAM_ENCODINGS = [
  ...ENCODINGS,
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf;stream=watch",
];
const PATCHES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];
const CODE_TEXTS: Readonly<Record<number, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };
const NAMESPACE_TEXT = "object name and auth scope, such as for teams and projects";

/** The one document of OpenAPI v2 (Swagger): older clients read it. */
export class DocumentV2 {
  readonly #types: TypeSchemas;
  readonly #descriptions: Descriptions;
  readonly #used = new Set<string>();

  constructor(schema: CompactSchema, descriptions: Descriptions) {
    this.#types = new TypeSchemas(schema, OPENAPI_V2, descriptions);
    this.#descriptions = descriptions;
  }

  all(kinds: readonly Kind[], gitVersion: string): Json {
    this.#used.clear();
    const paths = kinds
      .flatMap((kind) =>
        new KindOperations(kind).paths().map((entry) => [entry.path, this.#pathItem(entry, kind)] as const),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      swagger: "2.0",
      info: { title: "Kubernetes", version: gitVersion },
      paths: Object.fromEntries(paths),
      definitions: { ...this.#types.closure(this.#used), ...unknownTypes(this.#types, kinds) },
      securityDefinitions: {
        BearerToken: {
          description: "Bearer Token authentication",
          type: "apiKey",
          name: "authorization",
          in: "header",
        },
      },
      security: [{ BearerToken: [] }],
    };
  }

  #pathItem({ operations, shared, named }: PathOperations, kind: Kind): Json {
    const item: Json = {};
    for (const operation of operations) item[operation.method] = this.#operation(operation, kind);
    if (shared.length > 0) item["parameters"] = shared.map((name) => this.#parameter(name, "", named));
    return item;
  }

  #operation(operation: Operation, { group, version }: Kind): Json {
    const { body, kind, action, streams } = operation;
    const parameters = operation.parameters.map((name) => this.#parameter(name, operation.method));
    if (body) parameters.unshift(this.#body(body));
    return {
      description: operation.description,
      consumes: body?.typeName === PATCH_TYPE ? PATCHES : ["*/*"],
      produces: action === "connect" ? ["*/*"] : streams ? STREAM_ENCODINGS : ENCODINGS,
      schemes: ["https"],
      tags: [`${(group || "core").split(".")[0]}_${version}`],
      operationId: operation.id,
      ...(parameters.length > 0 ? { parameters } : {}),
      responses: this.#responses(operation),
      ...(action ? { "x-kubernetes-action": action } : {}),
      ...(kind ? { "x-kubernetes-group-version-kind": kind } : {}),
    };
  }

  #parameter(name: string, method: string, named = ""): Json {
    if (name === "namespace" || name === "name" || name === "path") {
      const text =
        name === "namespace" ? NAMESPACE_TEXT : name === "name" ? `name of the ${named}` : "path to the resource";
      return { uniqueItems: true, type: "string", description: text, name, in: "path", required: true };
    }
    const { type, text } = queryParameter(this.#descriptions, name, method);
    return { uniqueItems: true, type, ...text, name, in: "query" };
  }

  #schemaOf(payload: Payload): Json {
    if (payload.type !== "object") return { type: "string" };
    this.#used.add(payload.typeName);
    return this.#types.reference(payload.typeName);
  }

  #body({ typeName, required }: NonNullable<Operation["body"]>): Json {
    const schema = this.#schemaOf({ type: "object", typeName });
    return { name: "body", in: "body", ...(required ? { required } : {}), schema };
  }

  #responses({ answer, codes }: Operation): Json {
    const responses: Json = {};
    for (const code of [200, ...codes])
      responses[code] = { description: CODE_TEXTS[code], schema: this.#schemaOf(answer) };
    responses[401] = { description: "Unauthorized" };
    return responses;
  }
}
