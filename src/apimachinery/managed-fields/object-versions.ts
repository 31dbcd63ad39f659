// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, KubeObject } from "../object.ts";
import type { SchemaRegistry, Shape } from "../schema.ts";
import { compareObjects, type Comparison } from "./compare.ts";
import { recursiveDifference, union, type FieldSet } from "./field-set.ts";
import { structureOf, type Structure } from "./structure.ts";

/** How an object of one version looks in the others: for managers that wrote through another version. */
export interface ObjectVersions {
  /** The shape of the kind in that version; undefined when the version is not served any more. */
  shapeOf(apiVersion: string): Shape | undefined;
  /** The object in that version; `object` is not changed. */
  convert(object: DeepReadonly<KubeObject>, apiVersion: string): KubeObject;
}

/** An object that may be looked at in several versions. */
export interface Versioned {
  readonly apiVersion: string;
  readonly object: unknown;
}

/** The versions of one kind, the way that ownership needs them. */
export class KindVersions {
  /** The version that the requests speak. */
  readonly apiVersion: string;
  readonly structure: Structure;
  readonly #registry: SchemaRegistry;
  readonly #versions: ObjectVersions | undefined;

  constructor(apiVersion: string, registry: SchemaRegistry, shape: Shape, versions: ObjectVersions | undefined) {
    this.apiVersion = apiVersion;
    this.structure = structureOf(registry, shape);
    this.#registry = registry;
    this.#versions = versions;
  }

  /** The structure in a version; undefined for one that is not served. */
  structureIn(apiVersion: string): Structure | undefined {
    if (apiVersion === this.apiVersion) return this.structure;
    const shape = this.#versions?.shapeOf(apiVersion);
    return shape && structureOf(this.#registry, shape);
  }

  /** The object in a served version. */
  convert({ object, apiVersion }: Versioned, target: string): Versioned {
    if (apiVersion === target || !this.#versions) return { object, apiVersion: target };
    return { object: this.#versions.convert(object as DeepReadonly<KubeObject>, target), apiVersion: target };
  }
}

/** What a write changes in one version. */
export interface Changes extends Comparison {
  readonly all: FieldSet;
}

/** What a write changes, in any version of its kind; each comparison is made once. */
export class ObjectChange {
  readonly #versions: KindVersions;
  readonly #before: Versioned;
  readonly #after: Versioned;
  readonly #resets: FieldSet;
  readonly #comparisons = new Map<string, Changes | undefined>();

  /** Changes below a path of `resets` do not count: the write cannot make them. */
  constructor(versions: KindVersions, before: Versioned, after: Versioned, resets: FieldSet) {
    this.#versions = versions;
    this.#before = before;
    this.#after = after;
    this.#resets = resets;
  }

  /** Undefined for a version that is not served. */
  in(apiVersion: string): Changes | undefined {
    if (!this.#comparisons.has(apiVersion)) this.#comparisons.set(apiVersion, this.#compareIn(apiVersion));
    return this.#comparisons.get(apiVersion);
  }

  #compareIn(apiVersion: string): Changes | undefined {
    const structure = this.#versions.structureIn(apiVersion);
    if (!structure) return undefined;
    const before = this.#versions.convert(this.#before, apiVersion).object;
    const after = this.#versions.convert(this.#after, apiVersion).object;
    const compared = compareObjects(before, after, structure);
    const added = recursiveDifference(compared.added, this.#resets);
    const modified = recursiveDifference(compared.modified, this.#resets);
    const removed = recursiveDifference(compared.removed, this.#resets);
    return { added, modified, removed, all: union(union(modified, added), removed) };
  }
}
