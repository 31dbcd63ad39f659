// SPDX-License-Identifier: Apache-2.0

import { copyJson, isAlreadyExists, isNotFound, sameJson, type KubeObject } from "../../apimachinery/index.ts";
import { assert } from "../../base/index.ts";
import { apiServerUser } from "../authentication/user-names.ts";
import type { ResourceStore, ResourceStores, WriteOptions } from "../resource-store.ts";
import type { BootstrapObject } from "./bootstrap-object.ts";
import { reconcile } from "./reconciliation.ts";

/** Writers that upstream names for what they write; the server is the writer of everything else. */
const MANAGERS: Readonly<Record<string, string>> = {
  "flowcontrol.apiserver.k8s.io": "api-priority-and-fairness-config-producer-v1",
};

/** Writes what a cluster must hold, and brings what is there up to date where its owner has not said no. */
export class BootstrapWriter {
  readonly #stores: ResourceStores;
  readonly #signal: AbortSignal;

  constructor(stores: ResourceStores, signal: AbortSignal) {
    this.#stores = stores;
    this.#signal = signal;
  }

  /** Writes all of them side by side; kinds that are not served are left out. */
  async writeAll(objects: readonly BootstrapObject[]): Promise<void> {
    await Promise.all(objects.map((entry) => this.write(entry)));
  }

  async write(entry: BootstrapObject): Promise<void> {
    const store = this.#stores.find(entry.group, entry.resource);
    if (!store) return;
    const { namespace = "", name } = entry.object.metadata;
    assert(name, "Bootstrap objects have names");
    const existing = store.peek(namespace, name);
    if (existing) {
      await this.#reconcile(store, entry, existing as KubeObject);
    } else {
      await this.#create(store, entry, namespace);
    }
    if (entry.status) await this.#writeStatus(store, entry, entry.status);
  }

  /** Creates an object or replaces the given fields of the one that is there. */
  async put(entry: BootstrapObject, fields: readonly string[]): Promise<void> {
    const store = this.#stores.find(entry.group, entry.resource);
    if (!store) return;
    const { namespace = "", name = "" } = entry.object.metadata;
    const existing = store.peek(namespace, name);
    if (!existing) {
      await this.#create(store, entry, namespace);
      return;
    }
    if (fields.every((field) => sameJson(existing[field], entry.object[field]))) return;
    await store.update(
      namespace,
      name,
      (object) => {
        for (const field of fields) object[field] = copyJson(entry.object[field]);
        return object;
      },
      this.#options(entry.group),
    );
  }

  #options(group: string, subresource?: string): WriteOptions {
    const userAgent = MANAGERS[group] ?? "kube-apiserver";
    return { user: apiServerUser, userAgent, warnings: [], signal: this.#signal, subresource };
  }

  async #create(store: ResourceStore, entry: BootstrapObject, namespace: string): Promise<void> {
    try {
      await store.create(namespace, copyJson(entry.object), this.#options(entry.group));
    } catch (error) {
      // Another API server on the same store was faster.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  async #reconcile(store: ResourceStore, entry: BootstrapObject, existing: KubeObject): Promise<void> {
    const { name = "", namespace = "", uid = "" } = existing.metadata;
    const { action } = reconcile(entry, existing);
    if (action === "keep") return;
    const options = this.#options(entry.group);
    try {
      if (action === "recreate") {
        await store.delete(namespace, name, { ...options, preconditions: { uid } });
        await this.#create(store, entry, namespace);
        return;
      }
      const revise = (object: KubeObject): KubeObject => {
        const now = reconcile(entry, object);
        return now.action === "update" ? now.object : object;
      };
      await store.update(namespace, name, revise, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #writeStatus(
    store: ResourceStore,
    { object: { apiVersion, kind, metadata }, statusManager }: BootstrapObject,
    status: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { namespace = "", name = "" } = metadata;
    const present = store.peek(namespace, name)?.["status"] as Record<string, unknown> | undefined;
    if (present && Object.keys(status).every((key) => present[key] !== undefined)) return;
    const options = this.#options("", "status");
    if (statusManager) {
      const configuration = { apiVersion, kind, metadata: { name }, status: copyJson(status) } as KubeObject;
      await store.apply(namespace, name, configuration, { ...options, fieldManager: statusManager, force: true });
      return;
    }
    await store.update(
      namespace,
      name,
      (object) => {
        object["status"] = { ...(object["status"] as object | undefined), ...copyJson(status) };
        return object;
      },
      options,
    );
  }
}
