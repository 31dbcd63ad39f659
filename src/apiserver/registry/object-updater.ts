// SPDX-License-Identifier: Apache-2.0

import { type Kind, updateErrors } from "../../api/index.ts";
import {
  conflict,
  copyJson,
  type DeepReadonly,
  equalJson,
  fieldError,
  invalidObject,
  type KubeObject,
  OPTIMISTIC_LOCK_MESSAGE,
} from "../../apimachinery/index.ts";
import type { CacheEntry } from "../cache/index.ts";
import type { WriteOptions, Written } from "../resource-store.ts";
import { missingObject } from "./missing-object.ts";
import { finishHook, type ObjectCreator } from "./object-creator.ts";
import { givenRevision } from "./given-revision.ts";
import { isSameObject } from "./same-object.ts";
import { dedupOwnerReferences } from "./system-metadata.ts";
import {
  addWarning,
  addWarnings,
  admissionAttributes,
  stampKind,
  strategyContext,
  throwIfInvalid,
  updateManagedFields,
  type WriteParts,
} from "./write-parts.ts";

/** One update, whatever verb asked for it. */
export interface UpdateRequest {
  readonly namespace: string;
  readonly name: string;
  readonly options: WriteOptions;
  /** The object must have this UID. */
  readonly uid?: string;
  /** An object that does not exist is created: apply always, PUT where the kind allows it. */
  readonly createMissing: boolean;
  /**
   * Makes the new object from the present one, which must not be changed; called again after a lost race. `managed`: the
   * managed fields are done (apply).
   */
  change(current: DeepReadonly<KubeObject> | undefined): UpdatedObject | Promise<UpdatedObject>;
}

export interface UpdatedObject {
  readonly object: KubeObject;
  readonly managed?: boolean;
}

export interface UpdateResult extends Written {
  readonly created: boolean;
}

/** Lost races of one update before it is given up; each means that somebody else succeeded. */
const MAX_ATTEMPTS = 1000;

/** Changes objects of one kind by compare-and-swap. */
export class ObjectUpdater {
  readonly #parts: WriteParts;
  readonly #creator: ObjectCreator;

  constructor(parts: WriteParts, creator: ObjectCreator) {
    this.#parts = parts;
    this.#creator = creator;
  }

  async update(request: UpdateRequest): Promise<UpdateResult> {
    const { storage } = this.#parts;
    const { namespace, name, options } = request;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (attempt > 0) options.signal.throwIfAborted();
      const read = storage.read(namespace, name, options);
      const entry = read instanceof Promise ? await read : read;
      const result = entry ? await this.#tryUpdate(request, entry) : await this.#create(request);
      if (result) return result;
    }
    throw this.#conflict(name, OPTIMISTIC_LOCK_MESSAGE);
  }

  #conflict(name: string, why: string): Error {
    return conflict(this.#parts.storage.groupResource, name, why);
  }

  #checkUid(request: UpdateRequest, uid: string): void {
    if (!request.uid || request.uid === uid) return;
    const stored = this.#parts.storage.storeKey(request.namespace, request.name);
    // Upstream's dry run knows the key without the prefix of the store.
    const key = request.options.dryRun ? stored.replace(/^\/registry/, "") : stored;
    throw this.#conflict(
      request.name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${request.uid}, UID in object meta: ${uid}`,
    );
  }

  async #create(request: UpdateRequest): Promise<UpdateResult | undefined> {
    const { kind, storage } = this.#parts;
    const { namespace, name, options } = request;
    if (!request.createMissing) throw missingObject(storage.groupResource, name);
    this.#checkUid(request, "");
    const { object, managed } = await request.change(undefined);
    stampKind(kind, object);
    // Unlike a plain creation this one keeps what the client says of a deletion.
    delete object.metadata.creationTimestamp;
    delete object.metadata.uid;
    delete object.metadata.selfLink;
    this.#creator.placeInNamespace(object, namespace);
    kind.defaults?.(object);
    if (!managed) updateManagedFields(this.#parts, undefined, object, options);
    givenRevision(object.metadata.resourceVersion);
    // A dry run answers what was sent.
    if (!options.dryRun) delete object.metadata.resourceVersion;
    try {
      return { ...(await this.#creator.admitAndStore(namespace, object, options, name)), created: true };
    } catch (error) {
      // Somebody else created it meanwhile: then it is an update.
      if (storage.peek(namespace, name)) return undefined;
      throw error;
    }
  }

  /** undefined: the race was lost, and the cache knows the winner's state now. */
  async #tryUpdate(request: UpdateRequest, entry: CacheEntry): Promise<UpdateResult | undefined> {
    const { kind, storage, hooks } = this.#parts;
    const { options } = request;
    const old = storage.objectOf(entry);
    this.#checkUid(request, old.metadata.uid ?? "");
    const changed = request.change(old);
    const { object, managed } = changed instanceof Promise ? await changed : changed;
    stampKind(kind, object);
    this.#creator.placeInNamespace(object, request.namespace);
    kind.defaults?.(object);
    this.#dedup(object, options, false);
    if (!managed) updateManagedFields(this.#parts, old, object, options);
    await this.#mutate(request, object, old);
    const authorized = hooks?.authorizeWrite?.(object, old, { user: options.user, name: request.name });
    if (authorized) await authorized;
    this.#checkRevision(request.name, object, old);
    const begun = options.subresource ? undefined : hooks?.beginUpdate?.(object, old, options);
    const finish = begun instanceof Promise ? await begun : begun;
    let succeeded = false;
    try {
      const result = await this.#validateAndPut(request, entry, object, old);
      succeeded = result !== undefined;
      return result;
    } finally {
      await finishHook(finish, succeeded);
    }
  }

  async #mutate(request: UpdateRequest, object: KubeObject, old: DeepReadonly<KubeObject>): Promise<void> {
    const { options } = request;
    const attributes = admissionAttributes(this.#parts, "UPDATE", request, { object, old }, options);
    const mutated = this.#parts.admission.mutate(attributes);
    if (mutated) await mutated;
    this.#dedup(object, options, true);
  }

  #dedup(object: KubeObject, options: WriteOptions, afterAdmission: boolean): void {
    const warning = dedupOwnerReferences(object, afterAdmission);
    if (warning) addWarning(options.warnings, warning);
  }

  /** A revision in the object must be the present one; without one the update is unconditional, where allowed. */
  #checkRevision(name: string, object: KubeObject, old: DeepReadonly<KubeObject>): void {
    const { kind } = this.#parts;
    const given = object.metadata.resourceVersion;
    if (given === old.metadata.resourceVersion) return;
    const revision = givenRevision(given);
    if (revision > 0n && revision !== BigInt(old.metadata.resourceVersion!)) {
      throw this.#conflict(name, OPTIMISTIC_LOCK_MESSAGE);
    }
    if (revision === 0n && kind.allowUnconditionalUpdate === false) {
      // Upstream names the resource where every other such message names the kind.
      throw invalidObject({ group: kind.group, kind: kind.resource }, name, [
        fieldError.invalid("metadata.resourceVersion", 0, "must be specified for an update"),
      ]);
    }
    object.metadata.resourceVersion = old.metadata.resourceVersion;
  }

  async #validateAndPut(
    request: UpdateRequest,
    entry: CacheEntry,
    object: KubeObject,
    old: DeepReadonly<KubeObject>,
  ): Promise<UpdateResult | undefined> {
    const { kind, storage, admission, hooks } = this.#parts;
    const { namespace, name, options } = request;
    prepareForUpdate(this.#parts, object, old as KubeObject, options);
    throwIfInvalid(kind, object, [
      ...(hooks?.validate?.(object, old, options) ?? []),
      ...updateErrors(kind, object, old as KubeObject, options.subresource),
    ]);
    if (hooks?.validateLast) throwIfInvalid(kind, object, await hooks.validateLast(object, old, options));
    kind.canonicalize?.(object);
    addWarnings(this.#parts, object, old, options);
    const attributes = admissionAttributes(this.#parts, "UPDATE", request, { object, old }, options);
    const validated = admission.validate(attributes);
    if (validated) await validated;
    if (this.#endsDeletion(object, old)) return this.#finishDeletion(entry, object, options);
    if (!options.dryRun) delete object.metadata.selfLink;
    if (isSameObject(object, old)) return { bytes: entry.bytes, revision: entry.revision, object: old, created: false };
    if (options.dryRun) return { bytes: storage.encodeDry(object), revision: entry.revision, object, created: false };
    const expected = { expected: entry.revision, traceId: options.traceId };
    const stored = await storage.put(namespace, name, object, expected);
    if (!("type" in stored)) return { ...stored, created: false };
    await this.#awaitWinner(stored.revision, options);
    return undefined;
  }

  /** Before the next try the cache must show who won. */
  async #awaitWinner(revision: number, options: WriteOptions): Promise<void> {
    const { storage } = this.#parts;
    if (revision > 0) await storage.waitFor(revision, options.signal);
    else await storage.freshen(options.signal);
  }

  /** An object that was only waiting for its finalizers goes with the last of them. */
  #endsDeletion(object: KubeObject, old: DeepReadonly<KubeObject>): boolean {
    if (!old.metadata.deletionTimestamp || object.metadata.finalizers?.length) return false;
    if (this.#parts.hooks?.heldBack?.(object)) return false;
    return !old.metadata.deletionGracePeriodSeconds;
  }

  async #finishDeletion(
    entry: CacheEntry,
    object: KubeObject,
    options: WriteOptions,
  ): Promise<UpdateResult | undefined> {
    const { storage, hooks } = this.#parts;
    if (options.dryRun) return { bytes: storage.encodeDry(object), revision: entry.revision, object, created: false };
    const result = await storage.delete(entry, options.traceId);
    if (result.type === "conflict") {
      await this.#awaitWinner(result.revision, options);
      return undefined;
    }
    await hooks?.afterDelete?.(object, options);
    return { bytes: storage.encodeDry(object), revision: result.revision, object, created: false };
  }
}

/** What a client cannot change stays; the kind's strategy follows; the generation grows when the spec changed. */
function prepareForUpdate(parts: WriteParts, object: KubeObject, old: KubeObject, options: WriteOptions): void {
  const { kind } = parts;
  const { metadata } = object;
  if (old.metadata.generation === undefined) delete metadata.generation;
  else metadata.generation = old.metadata.generation;
  const context = strategyContext(parts, options);
  if (options.subresource === "status") prepareStatus(kind, object, old, () => context);
  else if (!options.subresource || options.subresource === "scale") {
    if (kind.prepareForUpdate) kind.prepareForUpdate(object, old, context);
    else if (kind.status) keepField(object, old, "status");
    if (specChanged(kind, object, old)) metadata.generation = (old.metadata.generation ?? 0) + 1;
  } else {
    kind.subresources?.[options.subresource]?.prepareForUpdate(object, old, context);
    if (specChanged(kind, object, old)) metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
  if (!metadata.uid) metadata.uid = old.metadata.uid;
  metadata.creationTimestamp = old.metadata.creationTimestamp;
  if (old.metadata.deletionTimestamp) metadata.deletionTimestamp = old.metadata.deletionTimestamp;
  if (old.metadata.deletionGracePeriodSeconds !== undefined && metadata.deletionGracePeriodSeconds === undefined) {
    metadata.deletionGracePeriodSeconds = old.metadata.deletionGracePeriodSeconds;
  }
}

/** A write to /status changes the status alone, and what of the metadata the kind's strategy lets pass. */
function prepareStatus(
  kind: Kind,
  object: KubeObject,
  old: KubeObject,
  context: () => ReturnType<typeof strategyContext>,
): void {
  for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (field === "status" || field === "metadata" || field === "kind" || field === "apiVersion") continue;
    keepField(object, old, field);
  }
  kind.status?.prepareForUpdate?.(object, old, context());
}

function keepField(object: KubeObject, old: KubeObject, field: string): void {
  if (old[field] === undefined) delete object[field];
  else object[field] = copyJson(old[field]);
}

function specChanged(kind: Kind, object: KubeObject, old: KubeObject): boolean {
  const { generation } = kind;
  if (!generation) return false;
  return typeof generation === "function" ? generation(object, old) : !equalJson(object["spec"], old["spec"]);
}
