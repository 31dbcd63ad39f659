// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, KubeObject } from "../../apimachinery/index.ts";

/** Parsed objects kept for all resources together; a parsed pod takes about 6 KB. */
const MAX_PARSED = 4096;

/**
 * The parsed forms of objects that were written or read lately, by revision. A writer leaves the object that it encoded
 * here, so that the cache need not parse what this process has just put together. Nothing depends on an entry: what is
 * missing is parsed from the bytes.
 */
export class ParsedObjects {
  readonly #limit: number;
  #young = new Map<number, DeepReadonly<KubeObject>>();
  #old = new Map<number, DeepReadonly<KubeObject>>();

  constructor(limit: number = MAX_PARSED) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(revision: number): DeepReadonly<KubeObject> | undefined {
    const young = this.#young.get(revision);
    if (young) return young;
    const old = this.#old.get(revision);
    if (old) this.set(revision, old);
    return old;
  }

  /** Two generations approximate least-recently-used without a list. */
  set(revision: number, object: DeepReadonly<KubeObject>): void {
    this.#young.set(revision, object);
    if (this.#young.size <= this.#limit / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  /** Forgets a revision that no object has any more. */
  delete(revision: number): void {
    if (!this.#young.delete(revision)) this.#old.delete(revision);
  }
}
