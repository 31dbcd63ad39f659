// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import { copyJson, type DeepReadonly, type KubeList, type KubeObject } from "../../apimachinery/index.ts";
import type { CacheEntry } from "../cache/index.ts";
import type {
  ApplyOptions,
  CachedObject,
  DeleteOptions,
  ResourceObserver,
  ResourceStore,
  WriteOptions,
  Written,
} from "../resource-store.ts";
import { missingObject } from "./missing-object.ts";
import type { KindStorage } from "./kind-storage.ts";
import { ObjectCreator } from "./object-creator.ts";
import { type DeleteResult, ObjectDeleter } from "./object-deleter.ts";
import { ObjectUpdater, type UpdatedObject, type UpdateRequest, type UpdateResult } from "./object-updater.ts";
import { apiVersionOf } from "./stored-object.ts";
import { managerOf, nowText, resetFieldsOf, type WriteParts } from "./write-parts.ts";

const NEVER_ABORTED = new AbortController().signal;

/** An entry whose object is converted to the kind's version when it is looked at. */
const converted = (storage: KindStorage, entry: CacheEntry): CachedObject => ({
  namespace: entry.namespace,
  name: entry.name,
  revision: entry.revision,
  get object() {
    return storage.objectOf(entry);
  },
});

/** The generic registry of one kind in one version. */
export class GenericResourceStore implements ResourceStore {
  readonly kind: Kind;
  readonly storage: KindStorage;
  readonly parts: WriteParts;
  readonly #creator: ObjectCreator;
  readonly #updater: ObjectUpdater;
  readonly #deleter: ObjectDeleter;

  constructor(parts: WriteParts) {
    this.kind = parts.kind;
    this.storage = parts.storage;
    this.parts = parts;
    this.#creator = new ObjectCreator(parts);
    this.#updater = new ObjectUpdater(parts, this.#creator);
    this.#deleter = new ObjectDeleter(parts);
  }

  async get(namespace: string, name: string): Promise<DeepReadonly<KubeObject>> {
    const entry = await this.storage.read(namespace, name, { signal: NEVER_ABORTED });
    if (!entry) throw missingObject(this.storage.groupResource, name);
    return this.storage.objectOf(entry);
  }

  peek(namespace: string, name: string): DeepReadonly<KubeObject> | undefined {
    const entry = this.storage.peek(namespace, name);
    return entry && this.storage.objectOf(entry);
  }

  peekLabels(namespace: string, name: string): Readonly<Record<string, string>> | undefined {
    return this.storage.peek(namespace, name)?.labels;
  }

  async list(namespace: string): Promise<KubeList<DeepReadonly<KubeObject>>> {
    const { storage, kind } = this;
    if (!storage.isFresh) await storage.freshen(NEVER_ABORTED);
    const items: DeepReadonly<KubeObject>[] = [];
    storage.cache.forEach(namespace, (entry) => {
      items.push(storage.objectOf(entry));
    });
    return {
      kind: `${kind.kind}List`,
      apiVersion: apiVersionOf(kind),
      metadata: { resourceVersion: String(storage.cache.revision) },
      items,
    };
  }

  observe(observer: ResourceObserver): () => void {
    const { storage } = this;
    if (!this.kind.storage) return storage.cache.observe(observer);
    return storage.cache.observe({
      onChange: (entry, old) => observer.onChange(entry && converted(storage, entry), old && converted(storage, old)),
    });
  }

  /** For the server's own code: brings the object into the form that decoding gives; takes it over. */
  async create(namespace: string, object: KubeObject, options: WriteOptions): Promise<Written> {
    return this.#creator.create(namespace, this.parts.codec.canonical(object), options);
  }

  /** Creates what was decoded; takes the object over. */
  createDecoded(namespace: string, object: KubeObject, options: WriteOptions): Promise<Written> {
    return this.#creator.create(namespace, object, options);
  }

  async update(
    namespace: string,
    name: string,
    change: (object: KubeObject) => KubeObject | Promise<KubeObject>,
    options: WriteOptions,
  ): Promise<Written> {
    return this.#updater.update({
      namespace,
      name,
      options,
      createMissing: false,
      change: async (current) => ({ object: await change(copyJson(current) as KubeObject) }),
    });
  }

  /** The present object with a configuration applied to it. */
  applied(
    current: DeepReadonly<KubeObject> | undefined,
    configuration: KubeObject,
    options: ApplyOptions,
  ): UpdatedObject {
    const { managedFields, codec, clock } = this.parts;
    const object = managedFields.applyTyped(current, configuration, codec, {
      manager: managerOf(options),
      now: nowText(clock),
      subresource: options.subresource || undefined,
      resetFields: resetFieldsOf(this.kind, options.subresource),
      force: options.force ?? false,
    });
    return { object, managed: true };
  }

  apply(namespace: string, name: string, configuration: KubeObject, options: ApplyOptions): Promise<Written> {
    return this.#updater.update({
      namespace,
      name,
      options,
      createMissing: !options.subresource,
      change: (current) => this.applied(current, configuration, options),
    });
  }

  /** An update by any verb: what PUT, PATCH and apply are made of. */
  change(request: UpdateRequest): Promise<UpdateResult> {
    return this.#updater.update(request);
  }

  /** Says what a deletion does that the client did not ask for. */
  warnOfDeletion(options: DeleteOptions): void {
    this.#deleter.warn(options);
  }

  delete(namespace: string, name: string, options: DeleteOptions): Promise<DeleteResult> {
    return this.#deleter.delete(namespace, name, options);
  }
}
