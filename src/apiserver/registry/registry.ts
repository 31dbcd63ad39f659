// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import {
  type KubeObject,
  ManagedFieldsUpdater,
  objectCodec,
  type ObjectVersions,
  parseJson,
} from "../../apimachinery/index.ts";
import { type Clock, type Logger, type Random, silentLogger } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import { type CachedResource, type WatchCache, WatchCaches } from "../cache/index.ts";
import type { ResourceHooksMap } from "../resource-hooks.ts";
import type { ResourceStores } from "../resource-store.ts";
import type { Admission } from "./admission.ts";
import { Compaction } from "./compaction.ts";
import { GenericResourceStore } from "./generic-resource-store.ts";
import type { KindRegistration, KindRegistry } from "./kind-registry.ts";
import { KindStorage } from "./kind-storage.ts";
import { storagePrefix } from "./storage-path.ts";
import { apiVersionOf } from "./stored-object.ts";

export interface RegistryOptions {
  readonly kinds: KindRegistry;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Admission and hooks may look into the registry: they are made with it. */
  readonly admission: (stores: ResourceStores) => Admission;
  readonly hooks?: (stores: ResourceStores) => ResourceHooksMap;
  readonly log?: Logger;
}

const NO_HOOKS: ResourceHooksMap = new Map();
const decoder = new TextDecoder();

/**
 * The stores of all kinds that are served now. A kind that is added to the KindRegistry of a running server has its
 * store, cache and watches at once; nothing here knows a kind by name.
 */
export class Registry implements ResourceStores {
  readonly kinds: KindRegistry;
  readonly caches: WatchCaches;
  readonly #options: RegistryOptions;
  readonly #admission: Admission;
  readonly #hooks: ResourceHooksMap;
  #stores = new Map<KindRegistration, GenericResourceStore>();
  #preferred = new Map<string, GenericResourceStore | undefined>();
  readonly #stopListening: () => void;
  #compaction: Compaction | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.kinds = options.kinds;
    this.caches = new WatchCaches(options.store, options.clock);
    this.#admission = options.admission(this);
    this.#hooks = options.hooks?.(this) ?? NO_HOOKS;
    this.#stopListening = options.kinds.onChange(() => this.#onKindsChange());
  }

  /** Opens and fills the caches of what is served, and follows the store. */
  async start(): Promise<void> {
    this.#openAll();
    await this.caches.start();
    const { store, clock, log = silentLogger } = this.#options;
    this.#compaction = new Compaction({ store, caches: this.caches, clock, log });
    this.#compaction.start();
  }

  stop(): void {
    this.#stopListening();
    this.#compaction?.stop();
    this.caches.stop();
  }

  /** The store of a resource in the version in which it is stored. */
  find(group: string, resource: string): GenericResourceStore | undefined {
    const key = `${group}/${resource}`;
    if (this.#preferred.has(key)) return this.#preferred.get(key);
    const versions = this.kinds.all().filter(({ kind }) => kind.group === group && kind.resource === resource);
    const chosen = versions.find(({ kind }) => !kind.storage) ?? versions[0];
    const store = chosen && this.#storeOf(chosen);
    this.#preferred.set(key, store);
    return store;
  }

  /** The store of a resource in one served version. */
  findVersion(group: string, version: string, resource: string): GenericResourceStore | undefined {
    const registration = this.kinds.find(group, version, resource);
    return registration && this.#storeOf(registration);
  }

  #storeOf(registration: KindRegistration): GenericResourceStore | undefined {
    const known = this.#stores.get(registration);
    if (known) return known;
    if (registration.kind.virtual) return undefined;
    const store = this.#makeStore(registration);
    this.#stores.set(registration, store);
    return store;
  }

  #makeStore(registration: KindRegistration): GenericResourceStore {
    const { kind } = registration;
    const { store, clock, random } = this.#options;
    const storageKind = this.#storageKind(kind);
    const cache = this.caches.open(cachedResource(storageKind));
    return new GenericResourceStore({
      kind,
      storage: new KindStorage({ kind, storageKind, store, cache, caches: this.caches }),
      clock,
      random,
      admission: this.#admission,
      hooks: this.#hooks.get(`${kind.group}/${kind.resource}`),
      managedFields: this.#managedFields(registration),
      codec: objectCodec(registration.schemas, kind.type),
    });
  }

  /** The kind that a kind is stored as: the one without a conversion in the same place. */
  #storageKind(kind: Kind): Kind {
    if (!kind.storage) return kind;
    return this.#sharing(kind).find((other) => !other.kind.storage)?.kind ?? kind;
  }

  #sharing(kind: Kind): KindRegistration[] {
    const prefix = storagePrefix(kind);
    return this.kinds.all().filter((other) => !other.kind.virtual && storagePrefix(other.kind) === prefix);
  }

  #managedFields(registration: KindRegistration): ManagedFieldsUpdater {
    const { kind, schemas } = registration;
    return new ManagedFieldsUpdater({
      registry: schemas,
      shape: { type: "ref", name: kind.type },
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      versions: this.#versions(kind),
      schemaChanges: registration.custom,
    });
  }

  #versions(kind: Kind): ObjectVersions {
    const find = (apiVersion: string) => this.#sharing(kind).find((other) => apiVersionOf(other.kind) === apiVersion);
    return {
      shapeOf: (apiVersion) => {
        const found = find(apiVersion);
        return found && { type: "ref", name: found.kind.type };
      },
      convert: (object, apiVersion) => {
        const stored = kind.storage ? kind.storage.toStorage(object as KubeObject) : (object as KubeObject);
        return find(apiVersion)?.kind.storage?.fromStorage(stored) ?? stored;
      },
    };
  }

  #openAll(): void {
    for (const registration of this.kinds.all()) this.#storeOf(registration);
  }

  #onKindsChange(): void {
    this.#preferred = new Map();
    const served = new Set(this.kinds.all());
    const gone: WatchCache[] = [];
    for (const [registration, store] of this.#stores) {
      if (served.has(registration)) continue;
      this.#stores.delete(registration);
      gone.push(store.storage.cache);
    }
    this.#openAll();
    const used = new Set([...this.#stores.values()].map((store) => store.storage.cache));
    for (const cache of gone) if (!used.has(cache)) this.caches.close(cache);
  }
}

/** What JSON.parse might round: rare enough to be worth a look. */
const LONG_INTEGER = /\d{16}/;

/** Reads stored bytes; they are ours, and so without surprises but for long integers. */
function parseStored(bytes: Uint8Array): KubeObject {
  const text = decoder.decode(bytes);
  return (LONG_INTEGER.test(text) ? parseJson(text) : JSON.parse(text)) as KubeObject;
}

function cachedResource(kind: Kind): CachedResource {
  return {
    prefix: storagePrefix(kind),
    fields: Object.entries(kind.selectableFields ?? {}).map(([label, read]) => ({ label, read })),
    dispatchField: kind.dispatchField,
    parse: parseStored,
  };
}
