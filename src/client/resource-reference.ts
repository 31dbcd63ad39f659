// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, ObjectMeta } from "../apimachinery/index.ts";

/** What every object that a Client carries has; generated kinds and KubeObject both fit. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** The metadata that the API server has filled in. */
export type StoredMeta = ObjectMeta & { name: string; uid: string; resourceVersion: string; creationTimestamp: string };

/** An object as the API server gives it out: named, with an identity, and with spec and status where its kind has them. */
export type Stored<T extends ApiObject> = T & { metadata: StoredMeta } & {
  [K in keyof T as K extends "spec" | "status" ? K : never]-?: T[K];
};

/** What is known of every stored object that others hold too. */
export interface CachedObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: DeepReadonly<StoredMeta>;
}

/** A stored object that others hold too: nothing in it may be changed. */
export type Cached<T extends ApiObject> = CachedObject & { readonly [field: string]: unknown } & {
  readonly apiVersion?: T["apiVersion"];
  readonly kind?: T["kind"];
} & {
  readonly [K in keyof T as K extends keyof ApiObject | "spec" | "status" ? never : K]: DeepReadonly<T[K]>;
} & {
  readonly [K in keyof T as K extends "spec" | "status" ? K : never]-?: DeepReadonly<T[K]>;
};

/** Where objects of one kind are served, as data. `T` is their type; it exists for the compiler only. */
export interface ResourceReference<T extends ApiObject = ApiObject> {
  readonly group: string;
  readonly version: string;
  /** Plural: `pods`. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly objectType?: T;
}

/** `v1` or `apps/v1`. */
export const apiVersionOf = (r: Pick<ResourceReference, "group" | "version">): string =>
  r.group ? `${r.group}/${r.version}` : r.version;

/** The path of the collection: of one namespace, of all when empty. */
export function collectionPath(r: ResourceReference, namespace: string): string {
  const root = r.group ? `/apis/${r.group}/${r.version}` : `/api/${r.version}`;
  return r.namespaced && namespace !== ""
    ? `${root}/namespaces/${encodeURIComponent(namespace)}/${r.resource}`
    : `${root}/${r.resource}`;
}

/** The path of one object, or of a subresource of it. */
export function objectPath(r: ResourceReference, namespace: string, name: string, subresource = ""): string {
  const path = `${collectionPath(r, namespace)}/${encodeURIComponent(name)}`;
  return subresource ? `${path}/${subresource}` : path;
}
