// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, FieldError, KubeObject } from "../apimachinery/index.ts";
import type { UserInfo } from "./request-context.ts";
import type { DeleteOptions, WriteOptions } from "./resource-store.ts";

/** Ends what a begin hook reserved: kept when the write succeeded, given back when it failed. Never throws. */
export type FinishHook = (succeeded: boolean) => Promise<void> | void;

/** Who writes, and the name that the request's path holds: none when objects are posted to their collection. */
export interface WriteRequest {
  readonly user: UserInfo;
  readonly name: string;
}

/**
 * What one resource does around a write inside the API server, beyond what its Kind says: reserving cluster IPs and node
 * ports, checking for escalation, the two-step end of a namespace. The generic registry calls these; a map by
 * `group/resource` (`/services`, `rbac.authorization.k8s.io/roles`) is given to it when it is made.
 */
export interface ResourceHooks {
  /** After mutating admission, before the strategy and validation; throws to refuse. */
  authorizeWrite?(
    object: KubeObject,
    old: DeepReadonly<KubeObject> | undefined,
    request: WriteRequest,
  ): Promise<void> | void;
  /** After mutating admission, before the strategy and validation. May change the object. */
  beginCreate?(object: KubeObject, options: WriteOptions): Promise<FinishHook | undefined> | FinishHook | undefined;
  /** As beginCreate, for each try of an update of the main resource. */
  beginUpdate?(
    object: KubeObject,
    old: DeepReadonly<KubeObject>,
    options: WriteOptions,
  ): Promise<FinishHook | undefined> | FinishHook | undefined;
  /** Mistakes that take a look at other objects to find; they come before those of the kind. */
  validate?(
    object: KubeObject,
    old: DeepReadonly<KubeObject> | undefined,
    options: WriteOptions,
  ): readonly FieldError[];
  /** Mistakes that are looked for in an object that is right in everything else. */
  validateLast?(
    object: KubeObject,
    old: DeepReadonly<KubeObject> | undefined,
    options: WriteOptions,
  ): Promise<readonly FieldError[]>;
  /** After the object is gone for good and the deletion is durable. */
  afterDelete?(object: DeepReadonly<KubeObject>, options: WriteOptions): Promise<void> | void;
  /** Before anything else is checked; throws when the object must not be deleted. */
  beforeDelete?(object: DeepReadonly<KubeObject>, options: DeleteOptions): Promise<void> | void;
  /** True when something besides metadata.finalizers holds back an object that is being deleted (Namespace: spec.finalizers). */
  heldBack?(object: DeepReadonly<KubeObject>): boolean;
  /** Called on the private copy when its deletionTimestamp has just been set (Namespace: phase Terminating). */
  markDeleting?(object: KubeObject): void;
}

/** Hooks by `group/resource`. */
export type ResourceHooksMap = ReadonlyMap<string, ResourceHooks>;
