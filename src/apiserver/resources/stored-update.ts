// SPDX-License-Identifier: Apache-2.0

import { copyJson, notFound, type DeepReadonly, type KubeObject } from "../../apimachinery/index.ts";
import { assert } from "../../base/index.ts";
import type { GenericResourceStore } from "../registry/index.ts";
import type { WriteOptions } from "../resource-store.ts";

const MAX_ATTEMPTS = 1000;

/**
 * Changes a stored object by compare-and-swap, past admission, strategy and validation: for what the server itself
 * decides (binding, eviction). `change` gets a private copy of the newest object, and throws to refuse.
 */
export async function updateStored(
  store: GenericResourceStore,
  target: { readonly namespace: string; readonly name: string },
  change: (object: KubeObject, current: DeepReadonly<KubeObject>) => void,
  options: Pick<WriteOptions, "signal" | "dryRun" | "traceId">,
): Promise<KubeObject> {
  const { storage } = store;
  const { namespace, name } = target;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    options.signal.throwIfAborted();
    const read = storage.read(namespace, name, options);
    const entry = read instanceof Promise ? await read : read;
    if (!entry) throw notFound(storage.groupResource, name);
    const current = storage.objectOf(entry);
    const object = copyJson(current) as KubeObject;
    change(object, current);
    if (options.dryRun) return object;
    const stored = await storage.put(namespace, name, object, { expected: entry.revision, traceId: options.traceId });
    if (!("type" in stored)) return stored.object;
    if (stored.revision > 0) await storage.waitFor(stored.revision, options.signal);
    else await storage.freshen(options.signal);
  }
  assert(false, `The update of ${name} lost every race`);
}
