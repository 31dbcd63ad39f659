// SPDX-License-Identifier: Apache-2.0

import {
  formatTime,
  ManagedFieldsUpdater,
  objectCodec,
  type KubeObject,
  type SchemaRegistry,
  type Status,
} from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import { checkRoute, negotiateAnswer } from "../endpoints/media-types.ts";
import { passingObject } from "../endpoints/passing-object.ts";
import { readObject } from "../endpoints/request-object.ts";
import { readWriteQuery, writeOptions, type WriteQuery } from "../endpoints/write-query.ts";
import { managerOf, type KindRegistry } from "../registry/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { WriteOptions } from "../resource-store.ts";

/** A type that travels in requests and answers without being what the path's resource stores. */
export interface WireType {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Its name in the schema. */
  readonly type: string;
}

/** What a request to create such an object holds. */
export interface ReadRequest {
  readonly object: KubeObject;
  readonly query: WriteQuery;
  readonly options: WriteOptions;
}

export interface ObjectIoParts {
  readonly kinds: KindRegistry;
  readonly schemas: SchemaRegistry;
  readonly clock: Clock;
}

/** Reads and answers objects of any type in any encoding; shared by reviews, bindings, tokens and the like. */
export class ObjectIo {
  readonly #parts: ObjectIoParts;
  readonly #updaters = new Map<string, ManagedFieldsUpdater>();

  constructor(parts: ObjectIoParts) {
    this.#parts = parts;
  }

  read(context: RequestContext, type: WireType): ReadRequest {
    checkRoute(context, "object");
    negotiateAnswer(context, "passing");
    const { kinds, schemas } = this.#parts;
    const query = readWriteQuery(context.info.query, "CreateOptions");
    const wanted = { group: type.group, version: type.version, kind: type.kind, typeName: type.type, schemas };
    const object = readObject(context, wanted, { fieldValidation: query.fieldValidation, kinds });
    object.metadata ??= {};
    // What is not in a namespace is in none, whatever it says.
    if (context.info.namespace === "") delete object.metadata.namespace;
    return { object, query, options: writeOptions(context, query) };
  }

  /** Records the writer in the managed fields, as creating a stored object does. */
  trackManager(object: KubeObject, type: WireType, options: WriteOptions): void {
    let updater = this.#updaters.get(type.type);
    if (!updater) {
      updater = new ManagedFieldsUpdater({
        registry: this.#parts.schemas,
        shape: { type: "ref", name: type.type },
        apiVersion: apiVersionOf(type),
        kind: type.kind,
      });
      this.#updaters.set(type.type, updater);
    }
    object.kind = type.kind;
    object.apiVersion = apiVersionOf(type);
    updater.update(undefined, object, { manager: managerOf(options), now: this.now });
  }

  get now(): string {
    return formatTime(this.#parts.clock.nowMs());
  }

  /** Answers an object in the encoding that the client accepts. */
  respond(context: RequestContext, status: number, object: KubeObject, type: WireType): ApiResponse {
    const { schemas, clock } = this.#parts;
    const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
    const whole = objectCodec(schemas, type.type).canonical({
      kind: type.kind,
      apiVersion: apiVersionOf(type),
      metadata,
      ...rest,
    } as KubeObject);
    const passing = { schemas, typeName: type.type, goType: `*${type.group.split(".")[0] || "core"}.${type.kind}` };
    return passingObject(context, status, whole, { type: passing, nowMs: clock.nowMs() });
  }

  /** Answers that something was done. */
  respondSuccess(context: RequestContext, status: number): ApiResponse {
    const success: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: status };
    return this.respond(context, status, success as unknown as KubeObject, STATUS_TYPE);
  }
}

const STATUS_TYPE: WireType = {
  group: "",
  version: "v1",
  kind: "Status",
  type: "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
};

const apiVersionOf = ({ group, version }: WireType): string => (group ? `${group}/${version}` : version);
