// SPDX-License-Identifier: Apache-2.0

import type { Identity } from "./graph.ts";

/** Owners that are known not to exist: an object of that uid never comes back. */
export const ABSENT_OWNERS_MAX = 500;

/** Saves asking for the same absent owner once for each of its dependents. */
export class AbsentOwners {
  readonly #known = new Set<string>();

  has(identity: Identity): boolean {
    return this.#known.has(keyOf(identity));
  }

  add(identity: Identity): void {
    this.#known.add(keyOf(identity));
    const [oldest] = this.#known;
    if (this.#known.size > ABSENT_OWNERS_MAX && oldest !== undefined) this.#known.delete(oldest);
  }
}

/** A reference that misnames a living owner must not make it absent for those that name it right. */
const keyOf = ({ apiVersion, kind, namespace, name, uid }: Identity): string =>
  [apiVersion, kind, namespace, name, uid].join("|");
