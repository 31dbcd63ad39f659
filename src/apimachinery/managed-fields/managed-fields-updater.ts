// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, KubeObject } from "../object.ts";
import type { SchemaRegistry, Shape } from "../schema.ts";

/** How an object of one version looks in the others: for managers that wrote through another version. */
export interface ObjectVersions {
  /** The shape of the kind in that version; undefined when the version is not served any more. */
  shapeOf(apiVersion: string): Shape | undefined;
  /** The object in that version; `object` is not changed. */
  convert(object: DeepReadonly<KubeObject>, apiVersion: string): KubeObject;
}

/** One kind in one version, as one updater serves it. */
export interface ManagedFieldsScope {
  readonly registry: SchemaRegistry;
  readonly shape: Shape;
  /** `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** What the server prints of an object in which nothing is set ({"metadata":{},"spec":{},"status":{}}): never owned. */
  readonly emptyObject?: DeepReadonly<KubeObject>;
  /** Other served versions; needed by kinds that have several. */
  readonly versions?: ObjectVersions;
  /** The schema may have changed since sets were written (custom resources): reconcile atomic and granular types. */
  readonly schemaChanges?: boolean;
}

/** What a writer that does not apply says of itself. */
export interface UpdateOptions {
  /** fieldManager of the request, or the User-Agent up to its first slash; "unknown" when empty. */
  readonly manager: string;
  /** Now, as meta/v1 Time (seconds). */
  readonly now: string;
  /** "status", "scale", …; absent for the main resource. */
  readonly subresource?: string;
  /** Paths that this write resets (["status"] on the main resource, ["spec"] on /status); always the same array for one caller. */
  readonly resetFields?: readonly (readonly string[])[];
}

export interface ApplyOptions extends UpdateOptions {
  readonly force?: boolean;
}

/**
 * Keeps metadata.managedFields of one kind in one version. Objects are in that version, in wire form and defaulted.
 * Call it before mutating admission and before the strategy's prepareFor hooks, as the original does.
 */
export class ManagedFieldsUpdater {
  readonly scope: ManagedFieldsScope;

  constructor(scope: ManagedFieldsScope) {
    this.scope = scope;
  }

  /**
   * For create (live undefined), update, and all patches but apply: sets `object.metadata.managedFields` in place.
   * `live` is not changed; the entries set may be shared with it and are frozen or must be treated so.
   */
  update(live: DeepReadonly<KubeObject> | undefined, object: KubeObject, options: UpdateOptions): void {
    throw new Error(`not yet: ${live?.kind} ${object.kind} ${options.manager}`);
  }

  /**
   * Server-side apply: merges `applied` into `live` (undefined: the object does not exist yet), prunes what this manager
   * applied before and no longer does, and returns the new object with its managedFields, private to the caller but for
   * the frozen fieldsV1. Not defaulted. Throws StatusError (409 with causes on conflicts, 400 on wrong versions).
   */
  apply(live: DeepReadonly<KubeObject> | undefined, applied: DeepReadonly<KubeObject>, options: ApplyOptions): KubeObject {
    throw new Error(`not yet: ${live?.kind} ${applied.kind} ${options.manager}`);
  }
}
