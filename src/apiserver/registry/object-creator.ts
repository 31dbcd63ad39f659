// SPDX-License-Identifier: Apache-2.0

import { createErrors } from "../../api/index.ts";
import { alreadyExists, badRequest, copyJson, type KubeObject, StatusError } from "../../apimachinery/index.ts";
import { randomUid } from "../../base/index.ts";
import type { FinishHook } from "../resource-hooks.ts";
import type { WriteOptions, Written } from "../resource-store.ts";
import { dedupOwnerReferences, generatedName, wipeSystemMetadata } from "./system-metadata.ts";
import {
  addWarning,
  addWarnings,
  admissionAttributes,
  nowText,
  stampKind,
  strategyContext,
  throwIfInvalid,
  updateManagedFields,
  type WriteParts,
} from "./write-parts.ts";

/** How often another generated name is tried. */
const NAME_ATTEMPTS = 8;
const FIRST_GENERATION = 1;

/** Creates objects of one kind. */
export class ObjectCreator {
  readonly #parts: WriteParts;

  constructor(parts: WriteParts) {
    this.#parts = parts;
  }

  /** Takes the object over: decoded, in the kind's version. */
  async create(namespace: string, object: KubeObject, options: WriteOptions): Promise<Written> {
    const { kind } = this.#parts;
    stampKind(kind, object);
    wipeSystemMetadata(object.metadata);
    this.placeInNamespace(object, namespace);
    kind.defaults?.(object);
    this.#dedup(object, options, false);
    updateManagedFields(this.#parts, undefined, object, options);
    return this.admitAndStore(namespace, object, options);
  }

  /** From mutating admission on; apply, and updates that create, come in here with the name of their path. */
  async admitAndStore(
    namespace: string,
    object: KubeObject,
    options: WriteOptions,
    requestName = "",
  ): Promise<Written> {
    const { admission, hooks } = this.#parts;
    const name = object.metadata.name ?? "";
    const mutated = admission.mutate(
      admissionAttributes(this.#parts, "CREATE", { namespace, name }, { object, old: undefined }, options),
    );
    if (mutated) await mutated;
    this.#dedup(object, options, true);
    const authorized = hooks?.authorizeWrite?.(object, undefined, { user: options.user, name: requestName });
    if (authorized) await authorized;
    if (name !== "" || !object.metadata.generateName) return this.#store(namespace, object, options);
    return this.#storeGenerated(namespace, object, options);
  }

  placeInNamespace(object: KubeObject, namespace: string): void {
    const { metadata } = object;
    if (!this.#parts.kind.namespaced) {
      delete metadata.namespace;
      return;
    }
    if (!metadata.namespace) metadata.namespace = namespace;
    else if (metadata.namespace !== namespace) throw namespaceMismatch();
  }

  #dedup(object: KubeObject, options: WriteOptions, afterAdmission: boolean): void {
    const warning = dedupOwnerReferences(object, afterAdmission);
    if (warning) addWarning(options.warnings, warning);
  }

  async #storeGenerated(namespace: string, object: KubeObject, options: WriteOptions): Promise<Written> {
    const base = object.metadata.generateName!;
    for (let attempt = 1; ; attempt++) {
      const candidate = attempt < NAME_ATTEMPTS ? copyJson(object) : object;
      candidate.metadata.name = generatedName(base, this.#parts.random);
      try {
        return await this.#store(namespace, candidate, options);
      } catch (error) {
        if (!(error instanceof StatusError) || error.reason !== "AlreadyExists") throw error;
        if (attempt >= NAME_ATTEMPTS) throw this.#noUniqueName(candidate.metadata.name);
      }
    }
  }

  async #store(namespace: string, object: KubeObject, options: WriteOptions): Promise<Written> {
    const { hooks, random, clock } = this.#parts;
    object.metadata.uid = randomUid(random);
    object.metadata.creationTimestamp = nowText(clock);
    const begun = hooks?.beginCreate?.(object, options);
    const finish = begun instanceof Promise ? await begun : begun;
    let succeeded = false;
    try {
      const written = await this.#validateAndPut(namespace, object, options);
      succeeded = true;
      return written;
    } finally {
      await finishHook(finish, succeeded);
    }
  }

  async #validateAndPut(namespace: string, object: KubeObject, options: WriteOptions): Promise<Written> {
    const { kind, admission, storage, hooks } = this.#parts;
    if (kind.prepareForCreate) kind.prepareForCreate(object, strategyContext(this.#parts, options));
    else if (kind.status) delete object["status"];
    if (kind.generation) object.metadata.generation = FIRST_GENERATION;
    throwIfInvalid(kind, object, [
      ...(hooks?.validate?.(object, undefined, options) ?? []),
      ...createErrors(kind, object),
    ]);
    if (hooks?.validateLast) throwIfInvalid(kind, object, await hooks.validateLast(object, undefined, options));
    kind.canonicalize?.(object);
    addWarnings(this.#parts, object, undefined, options);
    const name = object.metadata.name!;
    const validated = admission.validate(
      admissionAttributes(this.#parts, "CREATE", { namespace, name }, { object, old: undefined }, options),
    );
    if (validated) await validated;
    if (options.dryRun) return this.#dryRun(namespace, name, object, options);
    if (statesRevision(object.metadata.resourceVersion)) throw revisionOnCreate();
    const stored = await storage.put(namespace, name, object, { expected: 0, traceId: options.traceId });
    if ("type" in stored) throw await this.#exists(namespace, object.metadata, stored.revision, options);
    return stored;
  }

  async #dryRun(namespace: string, name: string, object: KubeObject, options: WriteOptions): Promise<Written> {
    const { storage } = this.#parts;
    if (await storage.read(namespace, name, options)) throw await this.#exists(namespace, object.metadata, 0, options);
    return { bytes: storage.encodeDry(object), revision: 0, object };
  }

  async #exists(
    namespace: string,
    { name = "", generateName }: KubeObject["metadata"],
    revision: number,
    options: WriteOptions,
  ): Promise<StatusError> {
    const { storage } = this.#parts;
    await storage.waitFor(revision, options.signal);
    // Who gave a name and a prefix all the same is told that no other name was found.
    const error = generateName ? this.#noUniqueName(name) : alreadyExists(storage.groupResource, name);
    const entry = storage.peek(namespace, name);
    if (!entry?.object.metadata.deletionTimestamp) return error;
    return new StatusError({ ...error.status, message: `object is being deleted: ${error.message}` });
  }

  #noUniqueName(name: string): StatusError {
    const error = alreadyExists(this.#parts.storage.groupResource, name);
    return new StatusError({
      ...error.status,
      message: `${error.message}, the server was not able to generate a unique name for the object`,
      details: { ...error.status.details, retryAfterSeconds: 1 },
    });
  }
}

export const namespaceMismatch = (): StatusError =>
  badRequest("the namespace of the provided object does not match the namespace sent on the request");

const revisionOnCreate = (): StatusError =>
  new StatusError({ message: "resourceVersion should not be set on objects to be created", code: 500 });

/** Tells a hook how it ended; its promise is awaited so that what it gives back is free when the answer is out. */
export async function finishHook(finish: FinishHook | undefined, succeeded: boolean): Promise<void> {
  if (finish) await finish(succeeded);
}

/** A creation takes no notice of what is no revision. */
const statesRevision = (text: string | undefined): boolean => text !== undefined && /^0*[1-9]\d*$/.test(text);
