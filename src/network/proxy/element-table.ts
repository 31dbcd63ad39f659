// SPDX-License-Identifier: Apache-2.0

/** An element of a set (no value) or map in the kernel. */
export interface Element {
  readonly set: string;
  readonly key: string;
  readonly value: string;
}

/** A change of an element since the last transaction; undefined is absent. */
export interface ElementChange {
  readonly set: string;
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

interface Claim {
  readonly owner: string;
  readonly value: string;
}

interface Slot {
  /** In the order in which they claimed the key; the first one's value is in force. */
  readonly claims: Claim[];
  /** What the kernel has. */
  committed: string | undefined;
}

const EMPTY: ReadonlyMap<string, Element> = new Map();

/**
 * The elements that owners want, and what of it the kernel has. Two owners may want the same key (an external address
 * of two Services): the first keeps it until it lets go.
 */
export class ElementTable {
  readonly #owned = new Map<string, ReadonlyMap<string, Element>>();
  readonly #slots = new Map<string, Slot>();
  readonly #dirty = new Set<string>();

  /** Replaces what an owner wants. */
  replace(owner: string, elements: readonly Element[]): void {
    const old = this.#owned.get(owner) ?? EMPTY;
    const wanted = new Map(elements.map((element) => [idOf(element.set, element.key), element]));
    for (const id of old.keys()) if (!wanted.has(id)) this.#unclaim(id, owner);
    for (const [id, element] of wanted) {
      if (old.get(id)?.value !== element.value) this.#claim(id, { owner, value: element.value });
    }
    if (wanted.size > 0) this.#owned.set(owner, wanted);
    else this.#owned.delete(owner);
  }

  get hasChanges(): boolean {
    return this.#dirty.size > 0;
  }

  /** The changes since the last call; they count as committed from now on. */
  takeChanges(): ElementChange[] {
    const changes: ElementChange[] = [];
    for (const id of this.#dirty) {
      const slot = this.#slots.get(id);
      if (!slot) continue;
      const after = slot.claims[0]?.value;
      if (after !== slot.committed) changes.push({ ...splitId(id), before: slot.committed, after });
      this.#commit(id, slot);
    }
    this.#dirty.clear();
    return changes;
  }

  /** Everything that is wanted; it counts as committed from now on. */
  takeAll(): Element[] {
    const elements: Element[] = [];
    for (const [id, slot] of this.#slots) {
      const value = slot.claims[0]?.value;
      if (value !== undefined) elements.push({ ...splitId(id), value });
      this.#commit(id, slot);
    }
    this.#dirty.clear();
    return elements;
  }

  #commit(id: string, slot: Slot): void {
    slot.committed = slot.claims[0]?.value;
    if (slot.claims.length === 0) this.#slots.delete(id);
  }

  #claim(id: string, claim: Claim): void {
    const slot = this.#slots.get(id);
    if (!slot) this.#slots.set(id, { claims: [claim], committed: undefined });
    else {
      const at = slot.claims.findIndex(({ owner }) => owner === claim.owner);
      if (at < 0) slot.claims.push(claim);
      else slot.claims[at] = claim;
    }
    this.#dirty.add(id);
  }

  #unclaim(id: string, owner: string): void {
    const slot = this.#slots.get(id);
    const at = slot?.claims.findIndex((claim) => claim.owner === owner) ?? -1;
    if (at >= 0) slot?.claims.splice(at, 1);
    this.#dirty.add(id);
  }
}

const idOf = (set: string, key: string): string => `${set}\n${key}`;

function splitId(id: string): { set: string; key: string } {
  const at = id.indexOf("\n");
  return { set: id.slice(0, at), key: id.slice(at + 1) };
}
