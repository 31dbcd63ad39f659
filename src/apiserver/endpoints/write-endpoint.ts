// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  type DeepReadonly,
  isJsonObject,
  jsonText,
  type KubeObject,
  parseYaml,
  type YamlDocument,
  YamlError,
} from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import { addWarning, type KindRegistry, type UpdatedObject } from "../registry/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { WriteOptions, Written } from "../resource-store.ts";
import { unsupportedPatchType } from "./media-types.ts";
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
    if (!type) throw unsupportedPatchType();
    if (type === "strategic" && this.#served.custom) throw unsupportedPatchType();
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
      checkName(applied, context.info.name, namespace);
      return (current) => this.#served.store.applied(current, applied, { ...options, force: query.force });
    }
    const { codec, kind, schemas } = this.#served;
    const patch = new ObjectPatch(
      type,
      body,
      {
        shape: { type: "ref", name: kind.type },
        schemas,
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

/** The object that a client applies, as it wrote it. */
function readApplied(body: Uint8Array, query: WriteQuery, warnings: string[]): KubeObject {
  let document: YamlDocument;
  try {
    document = parseYaml(jsonText(body));
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw badRequest(`error decoding YAML: ${error.message}`);
  }
  const { value, duplicateKeys } = document;
  if (!isJsonObject(value)) throw badRequest("error decoding YAML: the body is no object");
  if (duplicateKeys.length > 0 && query.fieldValidation === "Strict") {
    throw badRequest(`error strict decoding YAML: ${duplicateKeys.join(", ")}`);
  }
  if (query.fieldValidation === "Warn") for (const text of duplicateKeys) addWarning(warnings, text);
  value["metadata"] ??= {};
  return value as KubeObject;
}

/** 400 when an object is not the one that the path names. */
function checkName(object: KubeObject, name: string, namespace: string): void {
  const { metadata } = object;
  if (!metadata.name) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (namespace !== "" && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest(
      `the namespace of the object (${metadata.namespace}) does not match the namespace on the request (${namespace})`,
    );
  }
}
