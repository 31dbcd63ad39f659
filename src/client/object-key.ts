// SPDX-License-Identifier: Apache-2.0

import type { CachedObject } from "./resource-reference.ts";

/** What a cache or a queue calls an object: `namespace/name`, or `name` where there is no namespace. */
export type ObjectKey = string;

export const objectKey = (namespace: string | undefined, name: string): ObjectKey =>
  namespace ? `${namespace}/${name}` : name;

/** The key of an object that the API server gave out. */
export const keyOf = (object: CachedObject): ObjectKey => objectKey(object.metadata.namespace, object.metadata.name);

/** Takes a key apart again. */
export function splitKey(key: ObjectKey): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf("/");
  return slash < 0 ? { namespace: "", name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
