// SPDX-License-Identifier: Apache-2.0

import { isNotFound, notFound } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import { CONFIG_MAPS, SECRETS, type Client } from "../../client/index.ts";
import type { CallOptions } from "../ports.ts";
import type { ConfigMap, Secret } from "../types.ts";

/** The ConfigMaps and Secrets that a node's pods refer to, read one by one as nodes are allowed to. */
export interface PodObjects {
  /** Rejects with NotFound when it does not exist. */
  configMap(namespace: string, name: string, options: CallOptions): Promise<ConfigMap>;
  secret(namespace: string, name: string, options: CallOptions): Promise<Secret>;
  /** A pod begins, or begins again: what it is given was read after this. */
  podBegins(): void;
}

/** How old an answer may be that several containers and volumes of the node share. */
const FRESH_MS = 1_000;
/** Answers kept for sharing; the oldest make room. */
const OBJECTS_MAX = 256;

interface Entry {
  readonly readAtMs: number;
  /** How many pods had begun when it was asked. */
  readonly begun: number;
  readonly object: Promise<ConfigMap | Secret>;
}

/** Nodes say which object is missing in the singular: `configmap "x" not found`. */
async function named<T>(resource: string, name: string, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw isNotFound(error) ? notFound({ group: "", resource }, name) : error;
  }
}

/** Reads through the API server; the same question within a second is asked once. */
export class ClientPodObjects implements PodObjects {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #begun = 0;

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  configMap(namespace: string, name: string, options: CallOptions): Promise<ConfigMap> {
    return this.#read(`c/${namespace}/${name}`, () =>
      named("configmap", name, this.#client.resource(CONFIG_MAPS).namespace(namespace).get(name, options)),
    );
  }

  secret(namespace: string, name: string, options: CallOptions): Promise<Secret> {
    return this.#read(`s/${namespace}/${name}`, () =>
      named("secret", name, this.#client.resource(SECRETS).namespace(namespace).get(name, options)),
    );
  }

  /** Who changes a ConfigMap and then makes a pod counts on the pod to see the change. */
  podBegins(): void {
    this.#begun++;
  }

  #read<T extends ConfigMap | Secret>(key: string, read: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.monotonicMs();
    const entry = this.#entries.get(key);
    // One key always holds one kind.
    if (entry?.begun === this.#begun && nowMs - entry.readAtMs < FRESH_MS) return entry.object as Promise<T>;
    const object = read();
    this.#entries.delete(key);
    this.#entries.set(key, { readAtMs: nowMs, begun: this.#begun, object });
    object.catch(() => {
      if (this.#entries.get(key)?.object === object) this.#entries.delete(key);
    });
    if (this.#entries.size > OBJECTS_MAX) {
      const oldest = this.#entries.keys().next().value;
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return object;
  }
}
