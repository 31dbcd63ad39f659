// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import type { SchemaRegistry } from "../../apimachinery/index.ts";
import { assert } from "../../base/index.ts";

/** A kind in one version that this server serves, and where its schema type is found. */
export interface KindRegistration {
  readonly kind: Kind;
  readonly schemas: SchemaRegistry;
  /** Defined by a CustomResourceDefinition: items of its lists carry kind and apiVersion. */
  readonly custom?: boolean;
}

const keyOf = (group: string, version: string, name: string): string => `${group}/${version}/${name}`;

/**
 * The kinds that are served now. Built-in and custom kinds come through the same door, at any time; what is derived from
 * them (discovery, OpenAPI, authorisation's view) listens to changes.
 */
export class KindRegistry {
  readonly #byResource = new Map<string, KindRegistration>();
  readonly #byKind = new Map<string, KindRegistration>();
  readonly #groupVersions = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #generation = 0;

  /** Grows with every change; what was derived at another generation is stale. */
  get generation(): number {
    return this.#generation;
  }

  /** Serves a kind from now on; its group, version and resource must be free. */
  add(registration: KindRegistration): void {
    const { group, version, kind, resource } = registration.kind;
    const key = keyOf(group, version, resource);
    assert(!this.#byResource.has(key), `${key} is served already`);
    this.#byResource.set(key, registration);
    this.#byKind.set(keyOf(group, version, kind), registration);
    const groupVersion = `${group}/${version}`;
    this.#groupVersions.set(groupVersion, (this.#groupVersions.get(groupVersion) ?? 0) + 1);
    this.#changed();
  }

  /** Stops serving a kind; its objects stay in the store. */
  remove(group: string, version: string, resource: string): void {
    const key = keyOf(group, version, resource);
    const registration = this.#byResource.get(key);
    if (!registration) return;
    this.#byResource.delete(key);
    this.#byKind.delete(keyOf(group, version, registration.kind.kind));
    const groupVersion = `${group}/${version}`;
    const left = (this.#groupVersions.get(groupVersion) ?? 1) - 1;
    if (left > 0) this.#groupVersions.set(groupVersion, left);
    else this.#groupVersions.delete(groupVersion);
    this.#changed();
  }

  find(group: string, version: string, resource: string): KindRegistration | undefined {
    return this.#byResource.get(keyOf(group, version, resource));
  }

  findByKind(group: string, version: string, kind: string): KindRegistration | undefined {
    return this.#byKind.get(keyOf(group, version, kind));
  }

  hasGroupVersion(group: string, version: string): boolean {
    return this.#groupVersions.has(`${group}/${version}`);
  }

  hasGroup(group: string): boolean {
    for (const { kind } of this.#byResource.values()) if (kind.group === group) return true;
    return false;
  }

  /** Every served kind, in order of registration. */
  all(): readonly KindRegistration[] {
    return [...this.#byResource.values()];
  }

  /** Calls back after each change; returns a function that stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    this.#generation++;
    for (const listener of this.#listeners) listener();
  }
}
