// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, KubeObject } from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { KindRegistry, UpdatedObject } from "../registry/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { WriteOptions, Written } from "../resource-store.ts";
import { readApplied } from "./applied-configuration.ts";
import { checkName } from "./check-name.ts";
import { identityProblem } from "./body-identity.ts";
import { unroutedMediaType } from "./body-types.ts";
import type { ObjectForm } from "./object-form.ts";
import { ObjectPatch, type PatchType, patchTypeOf } from "./object-patch.ts";
import { readObject } from "./request-object.ts";
import type { ServedKind } from "./served-kind.ts";
import { readWriteQuery, type WriteQuery, writeOptions } from "./write-query.ts";

const NO_BODY = new Uint8Array();

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
      createMissing: subresource === "" && (kind.allowCreateOnUpdate ?? false),
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
    const { name } = context.info;
    const query = readWriteQuery(context.info.query, "PatchOptions", { apply: type === "apply" });
    const options = writeOptions(context, query);
    const { created, ...written } = await this.#served.store.change({
      namespace,
      name,
      options,
      createMissing: type === "apply" && context.info.subresource === "",
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
    const body = context.request.body ?? NO_BODY;
    if (type === "apply") {
      const applied = readApplied(body, query, context.warnings);
      return (current) => {
        const updated = this.#served.store.applied(current, applied, { ...options, force: query.force });
        checkName(applied, context.info.name, namespace);
        return updated;
      };
    }
    const { codec, kind, schemas } = this.#served;
    const patch = new ObjectPatch(
      type,
      body,
      {
        shape: { type: "ref", name: kind.type },
        schemas,
        identityProblem: (stated) => identityProblem(stated, kind, this.#kinds),
        decodeValue: (value, strict) => codec.decodeValue(value, { strict }),
      },
      query.fieldValidation,
    );
    return (current) => {
      const object = patch.apply(current!, context.warnings);
      checkName(object, context.info.name, namespace);
      return { object };
    };
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
