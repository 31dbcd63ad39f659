// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, ManagedFieldsEntry } from "../object.ts";
import { difference, hasPath, isEmptySet, setOfPaths } from "./field-set.ts";
import { Owner, printOwners, readOwners, type Owners } from "./manager-entries.ts";
import { fieldElement, type PathElement } from "./path-element.ts";

const SCALE_VERSION = "autoscaling/v1";
const SCALE_PATH: readonly PathElement[] = [fieldElement("spec"), fieldElement("replicas")];

/**
 * Where each served version of a resource keeps its replicas, as field names; undefined for a version that has no scale.
 * Versions that are not listed are not served.
 */
export type ReplicasPaths = ReadonlyMap<string, readonly string[] | undefined>;

/** Carries managed fields between a resource and its /scale, which has its own version and path. */
export class ScaleManagedFields {
  readonly #apiVersion: string;
  readonly #paths: ReadonlyMap<string, readonly PathElement[] | undefined>;

  constructor(apiVersion: string, paths: ReplicasPaths) {
    this.#apiVersion = apiVersion;
    this.#paths = new Map(Array.from(paths, ([version, path]) => [version, path?.map(fieldElement)]));
  }

  /** The managed fields of the Scale: of every manager that owns the replicas. */
  toScale(entries: DeepReadonly<ManagedFieldsEntry[]> | undefined): ManagedFieldsEntry[] | undefined {
    const scale: Owners = new Map();
    for (const [key, owner] of readOwners(entries, "stored")) {
      const path = this.#paths.get(owner.apiVersion);
      if (path && hasPath(owner.set, path)) scale.set(key, withVersion(owner, SCALE_VERSION, SCALE_PATH, owner.time));
    }
    return printOwners(scale);
  }

  /** The managed fields of the resource after a write to its Scale, which left it with `scaleEntries`. */
  toResource(
    entries: DeepReadonly<ManagedFieldsEntry[]> | undefined,
    scaleEntries: DeepReadonly<ManagedFieldsEntry[]> | undefined,
  ): ManagedFieldsEntry[] | undefined {
    const before = readOwners(entries, "stored");
    const scale = readOwners(scaleEntries, "stored");
    const after: Owners = new Map();
    for (const [key, owner] of before) {
      if (!this.#paths.has(owner.apiVersion)) continue;
      const path = this.#paths.get(owner.apiVersion);
      if (!path || !hasPath(owner.set, path) || scale.delete(key)) {
        after.set(key, owner);
        continue;
      }
      const rest = difference(owner.set, setOfPaths([path]));
      if (!isEmptySet(rest)) after.set(key, owner.withSet(rest));
    }
    const path = this.#paths.get(this.#apiVersion);
    for (const [key, owner] of scale) {
      if (!path || !hasPath(owner.set, SCALE_PATH)) continue;
      // The original looks for the time among the managers of the resource, so that new ones have none.
      after.set(key, withVersion(owner, this.#apiVersion, path, before.get(key)?.time));
    }
    return printOwners(after);
  }
}

const withVersion = (owner: Owner, apiVersion: string, path: readonly PathElement[], time: string | undefined): Owner =>
  new Owner({ manager: owner.manager, operation: owner.operation, apiVersion, subresource: owner.subresource }, time, {
    set: setOfPaths([path]),
  });
