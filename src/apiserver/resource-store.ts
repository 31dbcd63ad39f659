// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../api/index.ts";
import type { DeepReadonly, KubeList, KubeObject } from "../apimachinery/index.ts";
import type { UserInfo } from "./request-context.ts";

/** Options that every write shares (meta/v1 CreateOptions, UpdateOptions, PatchOptions). */
export interface WriteOptions {
  readonly user: UserInfo;
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  /** For the default field manager: the first part of the User-Agent. */
  readonly userAgent?: string;
  readonly warnings: string[];
  readonly traceId?: string;
  readonly signal: AbortSignal;
  readonly subresource?: string;
  /** The request's options as admission sees them (meta/v1 CreateOptions, …). */
  readonly requestOptions?: Readonly<Record<string, unknown>>;
}

export interface DeleteOptions extends WriteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface ApplyOptions extends WriteOptions {
  /** Takes over fields that others own. */
  readonly force?: boolean;
}

/** What a write left behind: the stored bytes (JSON, storage version) and their revision. */
export interface Written {
  readonly bytes: Uint8Array;
  readonly revision: number;
  readonly object: DeepReadonly<KubeObject>;
}

/**
 * The generic registry of one resource: defaulting, admission, validation, managed fields, compare-and-swap. Used by the
 * REST endpoints, by subresources (binding, eviction, token, scale) and by the server's own loops; reads come from the
 * watch cache.
 */
export interface ResourceStore {
  readonly kind: Kind;
  get(namespace: string, name: string): Promise<DeepReadonly<KubeObject>>;
  /** From the cache as it is now, without asking the store; undefined when absent. */
  peek(namespace: string, name: string): DeepReadonly<KubeObject> | undefined;
  /** Only its labels, which are known without reading the object. */
  peekLabels(namespace: string, name: string): Readonly<Record<string, string>> | undefined;
  list(namespace: string): Promise<KubeList<DeepReadonly<KubeObject>>>;
  /**
   * Tells of every object that the watch cache holds now, and then of every change, in order, synchronously with the
   * cache; for indexes of the server itself (RBAC, node graph). Returns a stop function.
   */
  observe(observer: ResourceObserver): () => void;
  create(namespace: string, object: KubeObject, options: WriteOptions): Promise<Written>;
  /**
   * Reads, lets `change` mutate a private copy (or throw), and writes by compare-and-swap; tries again on a lost race
   * unless the changed object pins a resourceVersion.
   */
  update(
    namespace: string,
    name: string,
    change: (object: KubeObject) => KubeObject | Promise<KubeObject>,
    options: WriteOptions,
  ): Promise<Written>;
  /** Server-side apply of a configuration, as its writer wrote it; creates the object unless it is of a subresource. */
  apply(namespace: string, name: string, configuration: KubeObject, options: ApplyOptions): Promise<Written>;
  delete(namespace: string, name: string, options: DeleteOptions): Promise<{ readonly deleted: boolean } & Written>;
}

/** One object in one revision, as the watch cache holds it: parsed on demand only. */
export interface CachedObject {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly object: DeepReadonly<KubeObject>;
}

/** Hears of objects as the watch cache does: no old for a new one, no entry for one that is gone. Must not throw. */
export interface ResourceObserver {
  onChange(entry: CachedObject | undefined, old: CachedObject | undefined): void;
}

/** Finds the registry of a resource that is served now (built-in or custom). */
export interface ResourceStores {
  /** By group and plural; undefined when not served. */
  find(group: string, resource: string): ResourceStore | undefined;
}
