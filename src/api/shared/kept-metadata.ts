// SPDX-License-Identifier: Apache-2.0

import type { KubeObject, ObjectMeta } from "../../apimachinery/index.ts";

/** The metadata that a write through a subresource leaves alone. */
export const OWN_METADATA: readonly (keyof ObjectMeta)[] = [
  "deletionTimestamp",
  "generation",
  "labels",
  "annotations",
  "finalizers",
  "ownerReferences",
];

/** Puts fields of the metadata back as they were. */
export function keepMetadata(
  object: KubeObject,
  old: KubeObject,
  fields: readonly (keyof ObjectMeta)[] = OWN_METADATA,
): void {
  const metadata = object.metadata as Record<string, unknown>;
  for (const name of fields)
    if (old.metadata[name] === undefined) delete metadata[name];
    else metadata[name] = old.metadata[name];
}
