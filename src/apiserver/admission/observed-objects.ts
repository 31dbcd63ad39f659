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
  /** By namespace ("" for those of the cluster) and name: a write looks through those of its own namespace alone. */
  readonly #objects = new Map<string, Map<string, DeepReadonly<T>>>();
  #following = false;

  constructor(stores: ResourceStores, group: string, resource: string) {
    this.#stores = stores;
    this.#group = group;
    this.#resource = resource;
  }

  get(name: string, namespace = ""): DeepReadonly<T> | undefined {
    this.#follow();
    return this.#objects.get(namespace)?.get(name);
  }

  /** Those of a namespace, or of the cluster. */
  values(namespace = ""): Iterable<DeepReadonly<T>> {
    this.#follow();
    return this.#objects.get(namespace)?.values() ?? [];
  }

  #follow(): void {
    if (this.#following) return;
    const store = this.#stores.find(this.#group, this.#resource);
    if (!store) return;
    this.#following = true;
    store.observe({
      onChange: (entry, old) => {
        const { namespace, name } = (entry ?? old)!;
        if (entry) this.#set(namespace, name, entry.object as DeepReadonly<T>);
        else this.#delete(namespace, name);
      },
    });
  }

  #set(namespace: string, name: string, object: DeepReadonly<T>): void {
    let objects = this.#objects.get(namespace);
    if (!objects) this.#objects.set(namespace, (objects = new Map()));
    objects.set(name, object);
  }

  #delete(namespace: string, name: string): void {
    const objects = this.#objects.get(namespace);
    objects?.delete(name);
    if (objects?.size === 0) this.#objects.delete(namespace);
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
