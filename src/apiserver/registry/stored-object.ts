// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import type { KubeObject, ObjectMeta } from "../../apimachinery/index.ts";

/** The order of upstream's ObjectMeta; resourceVersion stands before everything that a client may name freely. */
const META_FIELDS = [
  "name",
  "generateName",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "managedFields",
] as const satisfies readonly (keyof ObjectMeta)[];

function orderedMeta(meta: ObjectMeta): ObjectMeta {
  const ordered: Record<string, unknown> = {};
  for (let i = 0; i < META_FIELDS.length; i++) {
    const value = meta[META_FIELDS[i]!];
    if (value !== undefined) ordered[META_FIELDS[i]!] = value;
  }
  return ordered as ObjectMeta;
}

/** Every stored object begins with these bytes; a list leaves them out. */
export const kindPrefix = (kind: Kind): string =>
  `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(apiVersionOf(kind))},`;

export const apiVersionOf = (kind: { readonly group: string; readonly version: string }): string =>
  kind.group ? `${kind.group}/${kind.version}` : kind.version;

/** The object with its fields in the order in which it is stored; shares everything below metadata with the original. */
export function inStoredOrder(kind: Kind, object: KubeObject): KubeObject {
  const ordered: KubeObject = {
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata: orderedMeta(object.metadata),
  };
  for (const field in object) {
    if (field === "kind" || field === "apiVersion" || field === "metadata") continue;
    const value = object[field];
    if (value !== undefined) ordered[field] = value;
  }
  return ordered;
}

/** Text as bytes of their own: a small Buffer.from() would keep a shared slab alive. */
export function encodeText(text: string): Buffer {
  const buffer = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  buffer.write(text);
  return buffer;
}
