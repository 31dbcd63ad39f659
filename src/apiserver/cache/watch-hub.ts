// SPDX-License-Identifier: Apache-2.0

import type { CacheEvent } from "./event-ring.ts";
import { ChunkBuilder, EventBatch, transition, type WatchInterest, type WatchSession } from "./watch-session.ts";
import type { WatchEventType, WireForm } from "./wire-form.ts";
import type { CacheEntry } from "./cache-entry.ts";

/** The live watches of one interest: they all hear the same, at the same time. */
interface WatchGroup {
  readonly interest: WatchInterest;
  readonly index: Map<string, Set<WatchGroup>>;
  readonly indexKey: string;
  /** Sessions that take bytes, and sessions that take objects. */
  readonly remote: Set<WatchSession>;
  readonly local: Set<WatchSession>;
  pending: PendingEvents | undefined;
}

/** What a group will hear, in the ways in which its sessions hear it. */
interface PendingEvents {
  readonly chunk: ChunkBuilder | undefined;
  readonly batch: EventBatch | undefined;
}

/** What was made of one event, for all groups: frames by form and type, and the objects handed over. */
interface EventForms {
  readonly frames: { readonly form: WireForm; readonly type: WatchEventType; readonly frame: readonly Uint8Array[] }[];
  readonly objects: { readonly entry: CacheEntry; readonly object: object }[];
}

const sideOf = (group: WatchGroup, session: WatchSession): Set<WatchSession> =>
  session.takesObjects ? group.local : group.remote;

/** Equal for watches that hear the same. */
export const interestKey = (interest: WatchInterest): string =>
  `${interest.form.key}|${interest.namespace}|${interest.name}|${interest.key}`;

/**
 * Hands the changes of one resource to its live watches. Watches are found by what they ask for: one object, one value
 * of the dispatch field (a node's pods), one namespace, or everything; an event costs one look-up in each, however many
 * watches there are.
 */
export class WatchHub {
  readonly #groups = new Map<string, WatchGroup>();
  readonly #byName = new Map<string, Set<WatchGroup>>();
  readonly #byField = new Map<string, Set<WatchGroup>>();
  readonly #byNamespace = new Map<string, Set<WatchGroup>>();
  readonly #touched: WatchGroup[] = [];
  readonly #dispatchField: number;
  #size = 0;

  /** `dispatchField`: the index of the field column by which watches are hashed, or -1. */
  constructor(dispatchField: number) {
    this.#dispatchField = dispatchField;
  }

  /** Live watches. */
  get size(): number {
    return this.#size;
  }

  add(session: WatchSession): void {
    const key = interestKey(session.interest);
    let group = this.#groups.get(key);
    if (!group) {
      group = this.#newGroup(session.interest);
      this.#groups.set(key, group);
    }
    sideOf(group, session).add(session);
    this.#size++;
  }

  remove(session: WatchSession): void {
    const key = interestKey(session.interest);
    const group = this.#groups.get(key);
    if (!group || !sideOf(group, session).delete(session)) return;
    this.#size--;
    if (group.remote.size + group.local.size > 0) return;
    this.#groups.delete(key);
    const siblings = group.index.get(group.indexKey);
    siblings?.delete(group);
    if (siblings?.size === 0) group.index.delete(group.indexKey);
  }

  *sessions(): Iterable<WatchSession> {
    for (const group of this.#groups.values()) {
      yield* group.remote;
      yield* group.local;
    }
  }

  /** Sends a batch of changes, in order; each watch gets one write. */
  dispatch(events: readonly CacheEvent[], revision: number): void {
    if (this.#size === 0) return;
    for (const event of events) this.#collect(event);
    const touched = this.#touched.splice(0);
    for (const group of touched) {
      const { chunk, batch } = group.pending!;
      group.pending = undefined;
      const bytes = chunk?.build();
      if (bytes) for (const session of group.remote) session.push(bytes, revision);
      if (batch) for (const session of group.local) session.pushEvents(batch, revision);
    }
  }

  #newGroup(interest: WatchInterest): WatchGroup {
    const [index, indexKey] = this.#indexOf(interest);
    const group: WatchGroup = { interest, index, indexKey, remote: new Set(), local: new Set(), pending: undefined };
    const siblings = index.get(indexKey);
    if (siblings) siblings.add(group);
    else index.set(indexKey, new Set([group]));
    return group;
  }

  #indexOf(interest: WatchInterest): [Map<string, Set<WatchGroup>>, string] {
    if (interest.name !== "") return [this.#byName, interest.name];
    if (interest.fieldValue !== undefined && this.#dispatchField >= 0) return [this.#byField, interest.fieldValue];
    return [this.#byNamespace, interest.namespace];
  }

  #collect(event: CacheEvent): void {
    const made: EventForms = { frames: [], objects: [] };
    const { namespace, name } = event.entry ?? event.previous!;
    if (this.#byName.size > 0) this.#offer(this.#byName.get(name), event, namespace, made);
    if (this.#byField.size > 0) this.#offerByField(event, namespace, made);
    if (this.#byNamespace.size === 0) return;
    this.#offer(this.#byNamespace.get(""), event, "", made);
    if (namespace !== "") this.#offer(this.#byNamespace.get(namespace), event, namespace, made);
  }

  #offerByField(event: CacheEvent, namespace: string, made: EventForms): void {
    const now = event.entry?.fields[this.#dispatchField];
    const before = event.previous?.fields[this.#dispatchField];
    if (now !== undefined) this.#offer(this.#byField.get(now), event, namespace, made);
    if (before !== undefined && before !== now) this.#offer(this.#byField.get(before), event, namespace, made);
  }

  #offer(groups: Set<WatchGroup> | undefined, event: CacheEvent, namespace: string, made: EventForms): void {
    if (!groups) return;
    for (const group of groups) {
      const { interest } = group;
      if (interest.namespace !== "" && interest.namespace !== namespace) continue;
      const heard = transition(event, interest);
      if (!heard) continue;
      if (!group.pending) {
        group.pending = {
          chunk: group.remote.size > 0 ? new ChunkBuilder() : undefined,
          batch: group.local.size > 0 ? new EventBatch() : undefined,
        };
        this.#touched.push(group);
      }
      const { chunk, batch } = group.pending;
      chunk?.add(frameOf(made, interest.form, heard.type, heard.entry));
      batch?.add(heard.type, heard.entry, objectOf(made, interest.form, heard.entry));
    }
  }
}

/** The frame of an event in a form, made once for all groups. */
function frameOf(
  { frames }: EventForms,
  form: WireForm,
  type: WatchEventType,
  entry: CacheEntry,
): readonly Uint8Array[] {
  for (const known of frames) if (known.type === type && known.form.key === form.key) return known.frame;
  const frame = form.frame(type, entry);
  frames.push({ form, type, frame });
  return frame;
}

/** The object of an event, parsed once at most for all groups. */
function objectOf({ objects }: EventForms, form: WireForm, entry: CacheEntry): object {
  for (const known of objects) if (known.entry === entry) return known.object;
  const object = form.shared!(entry);
  objects.push({ entry, object });
  return object;
}
