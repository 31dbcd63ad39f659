// SPDX-License-Identifier: Apache-2.0

import {
  conflict,
  type DeepReadonly,
  type KubeObject,
  ManagedFieldsUpdater,
  objectCodec,
  ScaleManagedFields,
} from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import { apiVersionOf, type KindRegistry, managerOf, nowText } from "../registry/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { WriteOptions } from "../resource-store.ts";
import { missingObject } from "../registry/index.ts";
import { checkDuplicateKeys, readApplied } from "./applied-configuration.ts";
import { checkName } from "./check-name.ts";
import { unroutedMediaType } from "./body-types.ts";
import { ObjectPatch, patchTypeOf } from "./object-patch.ts";
import { passingObject, type PassingType, wantedForm } from "./passing-object.ts";
import type { PatchType } from "./patch-body.ts";
import { readObject } from "./request-object.ts";
import { replicasPathOf, SCALE_IDENTITY, SCALE_TYPE, scaleOf, withScale } from "./scale.ts";
import type { ServedKind } from "./served-kind.ts";
import { SCALE_COLUMNS } from "./scale-columns.ts";
import { readWriteQuery, type WriteQuery, writeOptions } from "./write-query.ts";
import { requestBody } from "./request-body.ts";

/** Makes the Scale that a request asks for, managed fields included, of the present one, which it must not change. */
type ScaleChange = (current: DeepReadonly<KubeObject>, options: WriteOptions) => KubeObject;

interface Managing {
  /** Of Scales. */
  readonly updater: ManagedFieldsUpdater;
  /** Between the object and its Scale. */
  readonly carrier: ScaleManagedFields;
}

/** Answers the /scale subresource of one kind. */
export class ScaleEndpoint {
  readonly #served: ServedKind;
  readonly #kinds: KindRegistry;
  #managing: Managing | undefined;

  get #type(): PassingType {
    return {
      schemas: this.#served.schemas,
      typeName: SCALE_TYPE,
      goType: "*autoscaling.Scale",
      columns: SCALE_COLUMNS,
    };
  }

  constructor(served: ServedKind, kinds: KindRegistry) {
    this.#served = served;
    this.#kinds = kinds;
  }

  async get(context: RequestContext, namespace: string): Promise<ApiResponse> {
    wantedForm(context, this.#type);
    const { storage, kind } = this.#served.store;
    const { name } = context.info;
    const entry = await storage.read(namespace, name, context.request);
    if (!entry) throw missingObject(storage.groupResource, name);
    return this.#answer(context, scaleOf(kind, storage.objectOf(entry)));
  }

  async update(context: RequestContext, namespace: string): Promise<ApiResponse> {
    wantedForm(context, this.#type);
    const query = readWriteQuery(context.info.query, "UpdateOptions");
    const type = { ...SCALE_IDENTITY, typeName: SCALE_TYPE, schemas: this.#served.schemas };
    const read = () => readObject(context, type, { fieldValidation: query.fieldValidation, kinds: this.#kinds });
    const first = read();
    first.metadata ??= {};
    checkName(first, context.info.name, namespace);
    return this.#write(context, namespace, { query, uid: first.metadata.uid }, (current, options) => {
      const scale = read();
      this.#updateManagers(current, scale, options);
      return scale;
    });
  }

  async patch(context: RequestContext, namespace: string): Promise<ApiResponse> {
    const type = patchTypeOf(context.request.headers["content-type"]);
    if (!type) throw unroutedMediaType();
    wantedForm(context, this.#type);
    const query = readWriteQuery(context.info.query, "PatchOptions", { apply: type === "apply" });
    const change = type === "apply" ? this.#applied(context, query) : this.#patched(context, type, query);
    return this.#write(context, namespace, { query }, (current, options) => {
      const scale = change(current, options);
      checkName(scale, context.info.name, namespace);
      return scale;
    });
  }

  #applied(context: RequestContext, query: WriteQuery): ScaleChange {
    const { updater } = this.#managers();
    const codec = objectCodec(this.#served.schemas, SCALE_TYPE);
    return (current, options) => {
      const configuration = readApplied(requestBody(context.request));
      const how = { ...this.#writer(options), force: query.force };
      const scale = updater.applyTyped(current, configuration.object, codec, how);
      checkDuplicateKeys(configuration, query, context.warnings);
      return scale;
    };
  }

  #patched(context: RequestContext, type: Exclude<PatchType, "apply">, query: WriteQuery): ScaleChange {
    const target = { ...SCALE_IDENTITY, typeName: SCALE_TYPE, schemas: this.#served.schemas, kinds: this.#kinds };
    let patch: ObjectPatch | undefined;
    return (current, options) => {
      patch ??= new ObjectPatch(type, requestBody(context.request), target, query.fieldValidation);
      const scale = patch.apply(current, context.warnings);
      this.#updateManagers(current, scale, options);
      return scale;
    };
  }

  async #write(
    context: RequestContext,
    namespace: string,
    { query, uid }: { readonly query: WriteQuery; readonly uid?: string },
    change: ScaleChange,
  ): Promise<ApiResponse> {
    const { store, kind } = this.#served;
    const options = writeOptions(context, query);
    const written = await store.change({
      namespace,
      name: context.info.name,
      options,
      uid,
      createMissing: false,
      change: (current) => ({ object: this.#scaled(current!, change, options), managed: true }),
    });
    return this.#answer(context, scaleOf(kind, written.object));
  }

  #answer(context: RequestContext, scale: KubeObject): ApiResponse {
    const nowMs = this.#served.store.parts.clock.nowMs();
    return passingObject(context, 200, scale, { type: this.#type, nowMs });
  }

  #scaled(current: DeepReadonly<KubeObject>, change: ScaleChange, options: WriteOptions): KubeObject {
    const { kind, store } = this.#served;
    const { carrier } = this.#managers();
    const { managedFields } = current.metadata;
    const before = scaleOf(kind, current);
    before.metadata.managedFields = carrier.toScale(managedFields);
    const scale = change(before, options);
    const object = withScale(kind, current, scale);
    const { name = "", uid = "" } = current.metadata;
    if (scale.metadata.uid && scale.metadata.uid !== uid) {
      const { group, resource } = store.storage.groupResource;
      const why = `Precondition failed: UID in precondition: ${scale.metadata.uid}, UID in object meta: ${uid}`;
      throw conflict({ group, resource: `${resource}/scale` }, name, why);
    }
    const entries = carrier.toResource(managedFields, scale.metadata.managedFields);
    if (entries) object.metadata.managedFields = entries;
    else delete object.metadata.managedFields;
    return object;
  }

  #updateManagers(current: DeepReadonly<KubeObject>, scale: KubeObject, options: WriteOptions): void {
    this.#managers().updater.update(current, scale, this.#writer(options));
  }

  #writer(options: WriteOptions): { manager: string; now: string; subresource: string } {
    return { manager: managerOf(options), now: nowText(this.#served.store.parts.clock), subresource: "scale" };
  }

  /** Made by the first write: most kinds have no scale, and most clusters write few. */
  #managers(): Managing {
    if (this.#managing) return this.#managing;
    const { kind, schemas } = this.#served;
    const apiVersion = apiVersionOf(kind);
    return (this.#managing = {
      updater: new ManagedFieldsUpdater({
        registry: schemas,
        shape: { type: "ref", name: SCALE_TYPE },
        apiVersion: "autoscaling/v1",
        kind: "Scale",
      }),
      carrier: new ScaleManagedFields(apiVersion, new Map([[apiVersion, replicasPathOf(kind)]])),
    });
  }
}
