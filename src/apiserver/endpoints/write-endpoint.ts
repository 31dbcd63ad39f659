// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import { conflict, type DeepReadonly, type KubeObject } from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { KindRegistry, UpdatedObject } from "../registry/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { WriteOptions, Written } from "../resource-store.ts";
import { checkDuplicateKeys, readApplied } from "./applied-configuration.ts";
import { checkName } from "./check-name.ts";
import { unroutedMediaType } from "./body-types.ts";
import type { ObjectForm } from "./object-form.ts";
import { ObjectPatch, patchTypeOf, type PatchTarget } from "./object-patch.ts";
import type { PatchType } from "./patch-body.ts";
import { readObject } from "./request-object.ts";
import type { ServedKind } from "./served-kind.ts";
import { readWriteQuery, type WriteQuery, writeOptions } from "./write-query.ts";
import { requestBody } from "./request-body.ts";

/** Whether a write to what does not exist creates it; the status of such kinds follows their main resource. */
const createsMissing = (kind: Kind, subresource: string): boolean =>
  (kind.allowCreateOnUpdate ?? false) && (subresource === "" || subresource === "status");

const appliesToMissing = (kind: Kind, subresource: string): boolean =>
  subresource === "" ||
  createsMissing(kind, subresource) ||
  (subresource === "status" && (kind.status?.createdByApply ?? false));

/** Answers create, update and patch of one kind, and of its status. */
export class WriteEndpoint {
  readonly #served: ServedKind;
  readonly #kinds: KindRegistry;

  constructor(served: ServedKind, kinds: KindRegistry) {
    this.#served = served;
    this.#kinds = kinds;
  }

  async create(context: RequestContext, form: ObjectForm, namespace: string): Promise<ApiResponse> {
    const query = readWriteQuery(context.info.query, "CreateOptions");
    const object = this.#read(context, query);
    const written = await this.#served.store.createDecoded(namespace, object, writeOptions(context, query));
    return this.#answer(form, written, namespace, 201);
  }

  async update(context: RequestContext, form: ObjectForm, namespace: string): Promise<ApiResponse> {
    const { kind, store } = this.#served;
    const { name, subresource } = context.info;
    const query = readWriteQuery(context.info.query, "UpdateOptions");
    const object = this.#read(context, query);
    checkName(object, name, namespace);
    let first: KubeObject | undefined = object;
    const { created, ...written } = await store.change({
      namespace,
      name,
      options: writeOptions(context, query),
      uid: object.metadata.uid,
      createMissing: createsMissing(kind, subresource),
      // A second try needs what the client sent, untouched by the first: it is read again.
      change: () => {
        const next = first ?? this.#read(context, query);
        first = undefined;
        return { object: next };
      },
    });
    return this.#answer(form, written, namespace, created ? 201 : 200);
  }

  async patch(context: RequestContext, form: ObjectForm, namespace: string): Promise<ApiResponse> {
    const type = patchTypeOf(context.request.headers["content-type"]);
    if (!type) throw unroutedMediaType();
    const { name, subresource } = context.info;
    const query = readWriteQuery(context.info.query, "PatchOptions", { apply: type === "apply" });
    const options = writeOptions(context, query);
    const { created, ...written } = await this.#served.store.change({
      namespace,
      name,
      options,
      createMissing: type === "apply" && appliesToMissing(this.#served.kind, subresource),
      change: this.#change(type, context, query, options, namespace),
    });
    return this.#answer(form, written, namespace, created ? 201 : 200);
  }

  #change(
    type: PatchType,
    context: RequestContext,
    query: WriteQuery,
    options: WriteOptions,
    namespace: string,
  ): (current: DeepReadonly<KubeObject> | undefined) => UpdatedObject {
    const body = requestBody(context.request);
    if (type === "apply") {
      return (current) => {
        const configuration = readApplied(body);
        const { object } = configuration;
        const applied = this.#served.store.applied(current, object, { ...options, force: query.force });
        checkDuplicateKeys(configuration, query, context.warnings);
        return this.#identified(applied, current, context.info.name, namespace);
      };
    }
    let patch: ObjectPatch | undefined;
    return (current) => {
      patch ??= new ObjectPatch(type, body, this.#patchTarget(), query.fieldValidation);
      const object = patch.apply(current!, context.warnings);
      checkName(object, context.info.name, namespace);
      return { object };
    };
  }

  #patchTarget(): PatchTarget {
    const { kind, schemas } = this.#served;
    const { group, version } = kind;
    return { group, version, kind: kind.kind, typeName: kind.type, schemas, kinds: this.#kinds };
  }

  /** An applied object must be the one that the path names, and may not name another by its UID. */
  #identified(
    applied: UpdatedObject,
    current: DeepReadonly<KubeObject> | undefined,
    name: string,
    namespace: string,
  ): UpdatedObject {
    const { uid } = applied.object.metadata;
    if (uid && !current) {
      const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      throw conflict(this.#served.store.storage.groupResource, name, why);
    }
    checkName(applied.object, name, namespace);
    return applied;
  }

  #read(context: RequestContext, query: WriteQuery): KubeObject {
    const { kind, schemas } = this.#served;
    const { group, version } = kind;
    const type = { group, version, kind: kind.kind, typeName: kind.type, schemas };
    const object = readObject(context, type, { fieldValidation: query.fieldValidation, kinds: this.#kinds });
    object.metadata ??= {};
    return object;
  }

  #answer(form: ObjectForm, written: Written, namespace: string, status: number): ApiResponse {
    const entry = this.#served.entryOf(written, namespace);
    return { status, headers: { "content-type": form.contentType }, body: form.object(entry) };
  }
}
