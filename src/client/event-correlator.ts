// SPDX-License-Identifier: Apache-2.0

import { formatTime } from "../apimachinery/index.ts";
import type { Event } from "../api/index.ts";
import type { Clock } from "../base/index.ts";
import { BoundedMap } from "./bounded-map.ts";
import type { EventNames } from "./event-name.ts";

/** How many different events the correlator remembers (client-go's maxLruCacheEntries). */
export const EVENT_CACHE_ENTRIES_MAX = 4096;

/** This many events that differ in their message alone are told apart; more are combined. */
const SIMILAR_EVENTS_MAX = 10;
const SIMILAR_WITHIN_MS = 600_000;
/** Each source may say this much about an object at once, and then one thing every five minutes. */
const SPAM_BURST = 25;
const SPAM_REFILL_PER_MS = 1 / 300_000;

/** What to do about an event: nothing, create it, or count up the one that says the same. */
export type Correlation =
  | { readonly type: "skip" }
  | { readonly type: "create"; readonly event: Event; readonly key: string }
  | {
      readonly type: "count";
      readonly event: Event;
      readonly key: string;
      readonly patch: Readonly<Record<string, unknown>>;
    };

interface Similar {
  readonly messages: Set<string>;
  lastMs: number;
}

interface Observation {
  readonly name: string;
  readonly count: number;
  readonly firstTimestamp: string | undefined;
}

interface Allowance {
  tokens: number;
  filledMs: number;
}

function sourceAndObject(event: Event): string {
  const { source, involvedObject: o } = event;
  return [source?.component, source?.host, o.kind, o.namespace, o.name, o.uid, o.apiVersion].join("|");
}

const similarityKey = (event: Event): string =>
  [sourceAndObject(event), event.type, event.reason, event.reportingComponent, event.reportingInstance].join("|");

const identityKey = (event: Event): string =>
  [sourceAndObject(event), event.involvedObject.fieldPath, event.type, event.reason, event.message].join("|");

/** Keeps events from flooding the store: counts equal ones, combines similar ones, mutes who says too much. */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #names: EventNames;
  readonly #similar = new BoundedMap<Similar>(EVENT_CACHE_ENTRIES_MAX);
  readonly #observed = new BoundedMap<Observation>(EVENT_CACHE_ENTRIES_MAX);
  readonly #allowances = new BoundedMap<Allowance>(EVENT_CACHE_ENTRIES_MAX);

  constructor(clock: Clock, names: EventNames) {
    this.#clock = clock;
    this.#names = names;
  }

  correlate(event: Event): Correlation {
    const { event: combined, key } = this.#combine(event);
    const correlation = this.#count(combined, key);
    return this.#spends(event) ? correlation : { type: "skip" };
  }

  /** Remembers what the server stored under the key. */
  stored(key: string, event: Event): void {
    this.#observed.set(key, {
      name: event.metadata.name ?? "",
      count: event.count ?? 1,
      firstTimestamp: event.firstTimestamp,
    });
  }

  #combine(event: Event): { event: Event; key: string } {
    const nowMs = this.#clock.nowMs();
    const key = similarityKey(event);
    let similar = this.#similar.get(key);
    if (!similar || nowMs - similar.lastMs > SIMILAR_WITHIN_MS) similar = { messages: new Set(), lastMs: nowMs };
    similar.messages.add(event.message ?? "");
    similar.lastMs = nowMs;
    this.#similar.set(key, similar);
    if (similar.messages.size < SIMILAR_EVENTS_MAX) return { event, key: identityKey(event) };
    const [some] = similar.messages;
    similar.messages.delete(some!);
    return { event: this.#combined(event), key };
  }

  #combined(event: Event): Event {
    const now = formatTime(this.#clock.nowMs());
    return {
      ...event,
      metadata: { ...event.metadata, name: this.#names.next(event.involvedObject.name ?? "") },
      message: `(combined from similar events): ${event.message}`,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    };
  }

  #count(event: Event, key: string): Correlation {
    const last = this.#observed.get(key);
    if (!last) {
      this.stored(key, event);
      return { type: "create", event, key };
    }
    const counted: Event = {
      ...event,
      metadata: { ...event.metadata, name: last.name },
      firstTimestamp: last.firstTimestamp,
      count: last.count + 1,
    };
    this.stored(key, counted);
    const patch = { count: counted.count, lastTimestamp: counted.lastTimestamp, message: counted.message };
    return { type: "count", event: counted, key, patch };
  }

  #spends(event: Event): boolean {
    const key = sourceAndObject(event);
    const nowMs = this.#clock.nowMs();
    const allowance = this.#allowances.get(key) ?? { tokens: SPAM_BURST, filledMs: nowMs };
    allowance.tokens = Math.min(SPAM_BURST, allowance.tokens + (nowMs - allowance.filledMs) * SPAM_REFILL_PER_MS);
    allowance.filledMs = nowMs;
    this.#allowances.set(key, allowance);
    if (allowance.tokens < 1) return false;
    allowance.tokens -= 1;
    return true;
  }
}
