// SPDX-License-Identifier: Apache-2.0

import type { CacheEvent } from "./event-ring.ts";
import { ChunkBuilder, transition, type WatchInterest, type WatchSession } from "./watch-session.ts";
import type { WatchEventType, WireForm } from "./wire-form.ts";
import type { CacheEntry } from "./cache-entry.ts";

/** The live watches of one interest: they all hear the same, at the same time. */
interface WatchGroup {
  readonly interest: WatchInterest;
  readonly index: Map<string, Set<WatchGroup>>;
  readonly indexKey: string;
  readonly sessions: Set<WatchSession>;
  pending: ChunkBuilder | undefined;
}

/** The frames of one event, one for each form and type; filled on first need. */
interface EventFrames {
  readonly form: WireForm;
  readonly type: WatchEventType;
  readonly frame: readonly Uint8Array[];
}

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
    group.sessions.add(session);
    this.#size++;
  }

  remove(session: WatchSession): void {
    const key = interestKey(session.interest);
    const group = this.#groups.get(key);
    if (!group?.sessions.delete(session)) return;
    this.#size--;
    if (group.sessions.size > 0) return;
    this.#groups.delete(key);
    const siblings = group.index.get(group.indexKey);
    siblings?.delete(group);
    if (siblings?.size === 0) group.index.delete(group.indexKey);
  }

  *sessions(): Iterable<WatchSession> {
    for (const group of this.#groups.values()) yield* group.sessions;
  }

  /** Sends a batch of changes, in order; each watch gets one write. */
  dispatch(events: readonly CacheEvent[], revision: number): void {
    if (this.#size === 0) return;
    for (const event of events) this.#collect(event);
    const touched = this.#touched.splice(0);
    for (const group of touched) {
      const chunk = group.pending!.build()!;
      group.pending = undefined;
      for (const session of group.sessions) session.push(chunk, revision);
    }
  }

  #newGroup(interest: WatchInterest): WatchGroup {
    const [index, indexKey] = this.#indexOf(interest);
    const group: WatchGroup = { interest, index, indexKey, sessions: new Set(), pending: undefined };
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
    const frames: EventFrames[] = [];
    const { namespace, name } = event.entry ?? event.previous!;
    if (this.#byName.size > 0) this.#offer(this.#byName.get(name), event, namespace, frames);
    if (this.#byField.size > 0) this.#offerByField(event, namespace, frames);
    if (this.#byNamespace.size === 0) return;
    this.#offer(this.#byNamespace.get(""), event, "", frames);
    if (namespace !== "") this.#offer(this.#byNamespace.get(namespace), event, namespace, frames);
  }

  #offerByField(event: CacheEvent, namespace: string, frames: EventFrames[]): void {
    const now = event.entry?.fields[this.#dispatchField];
    const before = event.previous?.fields[this.#dispatchField];
    if (now !== undefined) this.#offer(this.#byField.get(now), event, namespace, frames);
    if (before !== undefined && before !== now) this.#offer(this.#byField.get(before), event, namespace, frames);
  }

  #offer(groups: Set<WatchGroup> | undefined, event: CacheEvent, namespace: string, frames: EventFrames[]): void {
    if (!groups) return;
    for (const group of groups) {
      const { interest } = group;
      if (interest.namespace !== "" && interest.namespace !== namespace) continue;
      const heard = transition(event, interest);
      if (!heard) continue;
      if (!group.pending) {
        group.pending = new ChunkBuilder();
        this.#touched.push(group);
      }
      group.pending.add(frameOf(frames, interest.form, heard.type, heard.entry));
    }
  }
}

/** The frame of an event in a form, made once for all groups. */
function frameOf(
  frames: EventFrames[],
  form: WireForm,
  type: WatchEventType,
  entry: CacheEntry,
): readonly Uint8Array[] {
  for (const known of frames) if (known.type === type && known.form.key === form.key) return known.frame;
  const frame = form.frame(type, entry);
  frames.push({ form, type, frame });
  return frame;
}
