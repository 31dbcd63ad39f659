// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, KubeObject } from "../../apimachinery/index.ts";
import type { ResourceStores } from "../resource-store.ts";

/**
 * The few objects of one resource that a plug-in must look through (classes and the like), kept parsed. It follows the
 * watch cache from its first use on.
 */
export class ObservedObjects<T extends KubeObject> {
  readonly #stores: ResourceStores;
  readonly #group: string;
  readonly #resource: string;
  readonly #objects = new Map<string, DeepReadonly<T>>();
  #following = false;

  constructor(stores: ResourceStores, group: string, resource: string) {
    this.#stores = stores;
    this.#group = group;
    this.#resource = resource;
  }

  get(name: string, namespace = ""): DeepReadonly<T> | undefined {
    this.#follow();
    return this.#objects.get(`${namespace}/${name}`);
  }

  values(): Iterable<DeepReadonly<T>> {
    this.#follow();
    return this.#objects.values();
  }

  #follow(): void {
    if (this.#following) return;
    const store = this.#stores.find(this.#group, this.#resource);
    if (!store) return;
    this.#following = true;
    store.observe({
      onChange: (entry, old) => {
        const { namespace, name } = (entry ?? old)!;
        const key = `${namespace}/${name}`;
        if (entry) this.#objects.set(key, entry.object as DeepReadonly<T>);
        else this.#objects.delete(key);
      },
    });
  }
}

/** Of several defaults the newest counts, of equally new ones the first by name. */
export function newestDefault<T extends KubeObject>(
  objects: Iterable<DeepReadonly<T>>,
  isDefault: (object: DeepReadonly<T>) => boolean,
): DeepReadonly<T> | undefined {
  let found: DeepReadonly<T> | undefined;
  for (const object of objects) {
    if (!isDefault(object)) continue;
    if (!found || isNewer(object, found)) found = object;
  }
  return found;
}

function isNewer(a: DeepReadonly<KubeObject>, b: DeepReadonly<KubeObject>): boolean {
  const [timeA = "", timeB = ""] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return timeA === timeB ? (a.metadata.name ?? "") < (b.metadata.name ?? "") : timeA > timeB;
}
