// SPDX-License-Identifier: Apache-2.0

import { isJsonObject } from "../json-value.ts";
import type { DeepReadonly, KubeObject } from "../object.ts";
import type { SchemaRegistry, Shape } from "../schema.ts";
import { extractItems } from "./extract-items.ts";
import { readOwners } from "./manager-entries.ts";
import { structureOf } from "./structure.ts";

/**
 * The configuration that a manager applied last, as far as the object still has it: the start for applying a changed
 * one. Undefined when it has applied none. Parts are shared with the object.
 */
export function extractApplied(
  object: DeepReadonly<KubeObject>,
  owner: { readonly manager: string; readonly subresource?: string },
  shape: Shape,
  registry: SchemaRegistry,
): KubeObject | undefined {
  for (const { operation, manager, subresource, set } of readOwners(object.metadata.managedFields, "stored").values()) {
    if (operation !== "Apply" || manager !== owner.manager || subresource !== (owner.subresource ?? "")) continue;
    const applied = extractItems(object, set, structureOf(registry, shape));
    const { apiVersion, kind, metadata } = object;
    const { name, namespace } = metadata;
    const own = isJsonObject(applied) ? applied : {};
    return {
      apiVersion,
      kind,
      ...own,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(own.metadata as object | undefined) },
    };
  }
  return undefined;
}
