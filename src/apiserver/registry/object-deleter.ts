// SPDX-License-Identifier: Apache-2.0

import { conflict, type DeepReadonly, type KubeObject, OPTIMISTIC_LOCK_MESSAGE } from "../../apimachinery/index.ts";
import type { CacheEntry } from "../cache/index.ts";
import type { DeleteOptions, Written } from "../resource-store.ts";
import { missingObject } from "./missing-object.ts";
import { checkPreconditions, type DeletionPlan, planDeletion, validateDeleteOptions } from "./deletion.ts";
import { addWarning, admissionAttributes, type WriteParts } from "./write-parts.ts";

export interface DeleteResult extends Written {
  /** The object is gone, not only marked. */
  readonly deleted: boolean;
  /** The answer is a Status of success with the object's UID, not the object. */
  readonly answerWithStatus: boolean;
}

const MAX_ATTEMPTS = 1000;

/** Deletes objects of one kind: at once, gracefully, or when their finalizers are gone. */
export class ObjectDeleter {
  readonly #parts: WriteParts;

  constructor(parts: WriteParts) {
    this.#parts = parts;
  }

  async delete(namespace: string, name: string, options: DeleteOptions): Promise<DeleteResult> {
    const { storage, kind } = this.#parts;
    this.warn(options);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (attempt > 0) options.signal.throwIfAborted();
      const entry = await storage.read(namespace, name, options);
      if (!entry) throw missingObject(storage.groupResource, name);
      const result = await this.#tryDelete(namespace, name, entry, options);
      if (result) return result;
    }
    throw conflict({ group: kind.group, resource: kind.resource }, name, OPTIMISTIC_LOCK_MESSAGE);
  }

  /** Of a default that may surprise, whatever there is to delete. */
  warn(options: DeleteOptions): void {
    const { defaultPropagationWarning } = this.#parts.kind;
    if (!defaultPropagationWarning) return;
    if (options.propagationPolicy !== undefined || options.orphanDependents !== undefined) return;
    addWarning(options.warnings, defaultPropagationWarning);
  }

  async #tryDelete(
    namespace: string,
    name: string,
    entry: CacheEntry,
    options: DeleteOptions,
  ): Promise<DeleteResult | undefined> {
    const { kind, storage, hooks, clock } = this.#parts;
    const object = storage.objectOf(entry);
    validateDeleteOptions(options);
    const refused = hooks?.beforeDelete?.(object, options);
    if (refused) await refused;
    checkPreconditions(kind, object, options);
    const plan = planDeletion(kind, object, options, {
      nowMs: clock.nowMs(),
      heldBack: (candidate) => hooks?.heldBack?.(candidate) ?? false,
      markDeleting: (copy) => hooks?.markDeleting?.(copy),
    });
    if (plan.type === "pending") {
      const answer = this.#answer(entry, object, false);
      return hooks?.heldBack?.(object) ? { ...answer, answerWithStatus: false } : answer;
    }
    await this.#admit(namespace, name, object, options);
    if (plan.type === "now") return this.#remove(entry, object, options);
    return this.#mark(namespace, name, entry, plan, options);
  }

  async #admit(
    namespace: string,
    name: string,
    object: DeepReadonly<KubeObject>,
    options: DeleteOptions,
  ): Promise<void> {
    const { admission } = this.#parts;
    const objects = { object: undefined, old: object };
    const attributes = admissionAttributes(this.#parts, "DELETE", { namespace, name }, objects, options);
    const mutated = admission.mutate(attributes);
    if (mutated) await mutated;
    const validated = admission.validate(attributes);
    if (validated) await validated;
  }

  async #mark(
    namespace: string,
    name: string,
    entry: CacheEntry,
    plan: Extract<DeletionPlan, { type: "mark" }>,
    options: DeleteOptions,
  ): Promise<DeleteResult | undefined> {
    const { storage } = this.#parts;
    if (options.dryRun) {
      const bytes = storage.encodeDry(plan.object);
      const answer = { bytes, revision: entry.revision, object: plan.object };
      return { ...answer, deleted: plan.thenDelete, answerWithStatus: plan.thenDelete && !this.#returnsObject };
    }
    const stored = await storage.put(namespace, name, plan.object, {
      expected: entry.revision,
      traceId: options.traceId,
    });
    if ("type" in stored) {
      await this.#awaitWinner(stored.revision, options);
      return undefined;
    }
    if (!plan.thenDelete) return { ...stored, deleted: false, answerWithStatus: false };
    return this.#removeMarked(namespace, name, stored, options);
  }

  /** Somebody may have written or removed it between the two writes: it was marked, so it goes as it is now. */
  async #removeMarked(
    namespace: string,
    name: string,
    marked: Written,
    options: DeleteOptions,
  ): Promise<DeleteResult | undefined> {
    const { storage } = this.#parts;
    await storage.waitFor(marked.revision, options.signal);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const entry = storage.peek(namespace, name);
      const object = entry && storage.objectOf(entry);
      if (!entry || object?.metadata.uid !== marked.object.metadata.uid) break;
      const removed = await this.#remove(entry, object!, options);
      if (removed) return removed;
    }
    return { ...marked, deleted: true, answerWithStatus: !this.#returnsObject };
  }

  async #remove(
    entry: CacheEntry,
    object: DeepReadonly<KubeObject>,
    options: DeleteOptions,
  ): Promise<DeleteResult | undefined> {
    const { storage, hooks } = this.#parts;
    if (options.dryRun) return this.#answer(entry, object, true);
    const result = await storage.delete(entry, options.traceId);
    if (result.type === "conflict") {
      await this.#awaitWinner(result.revision, options);
      return undefined;
    }
    await hooks?.afterDelete?.(object, options);
    return {
      bytes: result.bytes,
      revision: result.revision,
      object,
      deleted: true,
      answerWithStatus: !this.#returnsObject,
    };
  }

  async #awaitWinner(revision: number, options: DeleteOptions): Promise<void> {
    const { storage } = this.#parts;
    if (revision > 0) await storage.waitFor(revision, options.signal);
    else await storage.freshen(options.signal);
  }

  get #returnsObject(): boolean {
    return this.#parts.kind.returnDeletedObject ?? false;
  }

  #answer(entry: CacheEntry, object: DeepReadonly<KubeObject>, deleted: boolean): DeleteResult {
    return {
      bytes: entry.bytes,
      revision: entry.revision,
      object,
      deleted,
      answerWithStatus: !this.#returnsObject,
    };
  }
}
