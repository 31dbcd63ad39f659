// SPDX-License-Identifier: Apache-2.0

import { type DeepReadonly, type KubeObject, notFound, objectCodec } from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { KindRegistry } from "../registry/index.ts";
import type { RequestContext } from "../request-context.ts";
import { unsupportedPatchType } from "./media-types.ts";
import { ObjectPatch, patchTypeOf } from "./object-patch.ts";
import { readObject } from "./request-object.ts";
import { SCALE_IDENTITY, SCALE_TYPE, scaleOf, withScale } from "./scale.ts";
import type { ServedKind } from "./served-kind.ts";
import { objectAnswer } from "./status-answer.ts";
import { readWriteQuery, type WriteQuery, writeOptions } from "./write-query.ts";

const NO_BODY = new Uint8Array();

/** Answers the /scale subresource of one kind. */
export class ScaleEndpoint {
  readonly #served: ServedKind;
  readonly #kinds: KindRegistry;

  constructor(served: ServedKind, kinds: KindRegistry) {
    this.#served = served;
    this.#kinds = kinds;
  }

  async get(context: RequestContext, namespace: string): Promise<ApiResponse> {
    const { storage, kind } = this.#served.store;
    const { name } = context.info;
    const entry = await storage.read(namespace, name, context.request);
    if (!entry) throw notFound(storage.groupResource, name);
    return objectAnswer(scaleOf(kind, storage.objectOf(entry)), 200);
  }

  async update(context: RequestContext, namespace: string): Promise<ApiResponse> {
    const query = readWriteQuery(context.info.query, "UpdateOptions");
    const type = { ...SCALE_IDENTITY, typeName: SCALE_TYPE, schemas: this.#served.schemas };
    const scale = readObject(context, type, { fieldValidation: query.fieldValidation, kinds: this.#kinds });
    return this.#write(context, namespace, query, () => scale);
  }

  async patch(context: RequestContext, namespace: string): Promise<ApiResponse> {
    const type = patchTypeOf(context.request.headers["content-type"]);
    if (!type || type === "apply") throw unsupportedPatchType();
    const query = readWriteQuery(context.info.query, "PatchOptions", { apply: false });
    const { schemas } = this.#served;
    const codec = objectCodec(schemas, SCALE_TYPE);
    const patch = new ObjectPatch(
      type,
      context.request.body ?? NO_BODY,
      {
        shape: { type: "ref", name: SCALE_TYPE },
        schemas,
        decodeValue: (value, strict) => codec.decodeValue(value, { strict }),
      },
      query.fieldValidation,
    );
    return this.#write(context, namespace, query, (current) => patch.apply(current, context.warnings));
  }

  async #write(
    context: RequestContext,
    namespace: string,
    query: WriteQuery,
    scaled: (current: DeepReadonly<KubeObject>) => KubeObject,
  ): Promise<ApiResponse> {
    const { store, kind } = this.#served;
    const written = await store.change({
      namespace,
      name: context.info.name,
      options: writeOptions(context, query),
      createMissing: false,
      change: (current) => ({ object: withScale(kind, current!, scaled(scaleOf(kind, current!))) }),
    });
    return objectAnswer(scaleOf(kind, written.object), 200);
  }
}
