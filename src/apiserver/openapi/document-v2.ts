// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import type { CompactSchema } from "../../apimachinery/index.ts";
import type { ServedGroup } from "../discovery/resource-lists.ts";
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
import { SharedParameters } from "./shared-parameters.ts";
import { OPENAPI_V2, TypeSchemas, unknownTypes, type Descriptions, type Json } from "./type-schemas.ts";

const CODE_TEXTS: Readonly<Record<number, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };

/** The one document of OpenAPI v2 (Swagger): older clients read it. */
export class DocumentV2 {
  readonly #schema: CompactSchema;
  readonly #types: TypeSchemas;
  readonly #descriptions: Descriptions;
  readonly #used = new Set<string>();
  readonly #shared = new SharedParameters();

  constructor(schema: CompactSchema, descriptions: Descriptions) {
    this.#schema = schema;
    this.#types = new TypeSchemas(schema, OPENAPI_V2, descriptions);
    this.#descriptions = descriptions;
  }

  all(groups: readonly ServedGroup[], version: string): Json {
    this.#used.clear();
    const paths = this.#taggedPaths(groups)
      .map(([entry, tag]) => [entry.path, this.#pathItem(entry, tag)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const kinds = groups.flatMap(({ versions }) => versions.flatMap((served) => served.kinds));
    return {
      swagger: "2.0",
      info: { title: "Kubernetes", version },
      paths: Object.fromEntries(paths),
      definitions: { ...this.#types.closure(this.#used), ...unknownTypes(this.#types, kinds) },
      parameters: this.#shared.all(),
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

  #taggedPaths(groups: readonly ServedGroup[]): (readonly [PathOperations, string])[] {
    const server = Object.values(SERVER_PATHS).map(({ path, tag }) => [path, tag] as const);
    return [...server, ...groups.flatMap((group) => this.#groupPaths(group))];
  }

  #groupPaths({ name, versions }: ServedGroup): (readonly [PathOperations, string])[] {
    const word = groupWord(name);
    const ofVersions = versions.flatMap(({ version, kinds }) =>
      [versionPath(name, version), ...kinds.flatMap((kind) => this.#pathsOf(kind))].map(
        (path) => [path, `${word}_${version}`] as const,
      ),
    );
    return [[groupPath(name), word], ...ofVersions];
  }

  #pathsOf(kind: Kind): PathOperations[] {
    return new KindOperations(kind, this.#schema.connectParameters).paths();
  }

  #pathItem({ operations, shared, named }: PathOperations, tag: string): Json {
    const item: Json = {};
    for (const operation of operations) item[operation.method] = this.#operation(operation, tag);
    if (shared.length > 0) item["parameters"] = shared.map((name) => this.#parameter(name, { method: "", named }));
    return item;
  }

  #operation(operation: Operation, tag: string): Json {
    const { body, kind, action, method } = operation;
    const { consumes, produces } = mediaTypesOf(operation);
    const parameters = operation.parameters.map((name) => this.#parameter(name, { method, named: "" }));
    if (body) parameters.unshift(this.#body(body));
    return {
      description: operation.description,
      ...(consumes.length > 0 ? { consumes } : {}),
      produces,
      schemes: ["https"],
      tags: [tag],
      operationId: operation.id,
      ...(parameters.length > 0 ? { parameters } : {}),
      responses: this.#responses(operation),
      ...(action ? { "x-kubernetes-action": action } : {}),
      ...(kind ? { "x-kubernetes-group-version-kind": kind } : {}),
    };
  }

  #parameter(parameter: string, of: { readonly method: string; readonly named: string }): Json {
    const { type, text, name, in: place } = parameterFacts(this.#descriptions, parameter, of);
    return this.#shared.reference({
      uniqueItems: true,
      type,
      ...text,
      name,
      in: place,
      ...(place === "path" ? { required: true } : {}),
    });
  }

  #schemaOf(payload: Payload): Json {
    if (payload.type !== "object") return { type: "string" };
    this.#used.add(payload.typeName);
    return this.#types.reference(payload.typeName);
  }

  #body({ typeName, required }: NonNullable<Operation["body"]>): Json {
    const schema = this.#schemaOf({ type: "object", typeName });
    return this.#shared.reference({ name: "body", in: "body", ...(required ? { required } : {}), schema });
  }

  #responses({ answer, codes }: Operation): Json {
    const responses: Json = {};
    for (const code of [200, ...codes])
      responses[code] = { description: CODE_TEXTS[code], schema: this.#schemaOf(answer) };
    responses[401] = { description: "Unauthorized" };
    return responses;
  }
}
