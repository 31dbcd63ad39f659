// SPDX-License-Identifier: Apache-2.0

import { formatMicroTime } from "../apimachinery/index.ts";
import type { EventsV1Event, ObjectReference } from "../api/index.ts";
import { BoundedQueue, TaskGroup, type Clock, type Logger } from "../base/index.ts";
import { BoundedMap } from "./bounded-map.ts";
import type { Client } from "./client.ts";
import { EVENT_CACHE_ENTRIES_MAX } from "./event-correlator.ts";
import { EventNames } from "./event-name.ts";
import { EVENT_QUEUE_MAX, type EventType } from "./event-recorder.ts";
import { patchOrCreate, sendEvent } from "./event-sender.ts";
import { EVENTS } from "./resources.ts";

const SENDERS = 8;
/** A series is written again this often while it goes on, and ends when nothing was added for a while. */
const SERIES_REFRESH_MS = 30 * 60_000;
const SERIES_END_MS = 6 * 60_000;

export interface EventsV1RecorderOptions {
  readonly client: Client;
  /** Who speaks: `default-scheduler`. */
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is said about an object: what happened, why, and what was being done. */
export interface EventText {
  readonly type: EventType;
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  readonly related?: ObjectReference;
}

interface Remembered {
  event: EventsV1Event;
  lastMs: number;
}

const referenceKey = (o: ObjectReference | undefined): string =>
  o ? [o.kind, o.namespace, o.name, o.uid, o.apiVersion, o.fieldPath].join("/") : "";

const seriesKey = (e: EventsV1Event): string =>
  [e.type, e.action, e.reason, e.reportingController, referenceKey(e.regarding), referenceKey(e.related)].join("|");

/** Records events.k8s.io/v1 events as upstream's scheduler does: what repeats becomes a series. */
export class EventsV1Recorder {
  readonly #options: EventsV1RecorderOptions;
  readonly #names: EventNames;
  readonly #queue = new BoundedQueue<EventsV1Event>(EVENT_QUEUE_MAX);
  readonly #remembered = new BoundedMap<Remembered>(EVENT_CACHE_ENTRIES_MAX);

  constructor(options: EventsV1RecorderOptions) {
    this.#options = options;
    this.#names = new EventNames(options.clock);
  }

  /** Says something about an object; it is sent by run(). */
  event(regarding: ObjectReference, text: EventText): void {
    const nowMs = this.#options.clock.nowMs();
    const event = this.#make(regarding, text, formatMicroTime(nowMs));
    const toSend = this.#remember(event, nowMs);
    if (toSend && !this.#queue.push(toSend)) {
      this.#options.log.warn("Event was dropped: too many wait", { reason: text.reason });
    }
  }

  /** Sends what is recorded, and keeps series up to date, until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await using group = new TaskGroup(signal);
    for (let sender = 0; sender < SENDERS; sender++) {
      group.run(`event sender ${sender}`, async (s) => {
        for await (const event of this.#queue.items(s)) await this.#send(event, s);
      });
    }
    group.run("event series refresh", (s) => this.#every(SERIES_REFRESH_MS, () => this.#refreshSeries(), s));
    group.run("event series end", (s) => this.#every(SERIES_END_MS, () => this.#endSeries(), s));
    await group.wait();
  }

  #make(regarding: ObjectReference, text: EventText, now: string): EventsV1Event {
    const { reportingController, reportingInstance } = this.#options;
    return {
      metadata: { name: this.#names.next(regarding.name ?? ""), namespace: regarding.namespace || "default" },
      eventTime: now,
      reportingController,
      reportingInstance,
      action: text.action,
      reason: text.reason,
      regarding,
      ...(text.related ? { related: text.related } : {}),
      note: text.note,
      type: text.type,
    };
  }

  /** What to send: a new event, or the beginning of a series; nothing while a series goes on. */
  #remember(event: EventsV1Event, nowMs: number): EventsV1Event | undefined {
    const key = seriesKey(event);
    const known = this.#remembered.get(key);
    if (!known) {
      this.#remembered.set(key, { event, lastMs: nowMs });
      return event;
    }
    const begun = known.event.series === undefined;
    const count = (known.event.series?.count ?? 1) + 1;
    known.event = { ...known.event, series: { count, lastObservedTime: event.eventTime ?? "" } };
    known.lastMs = nowMs;
    return begun ? known.event : undefined;
  }

  async #every(periodMs: number, action: () => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(periodMs, { signal });
      action();
    }
  }

  #refreshSeries(): void {
    for (const [, { event }] of this.#remembered.entries()) if (event.series) this.#queue.push(event);
  }

  #endSeries(): void {
    const endedMs = this.#options.clock.nowMs() - SERIES_END_MS;
    for (const [key, { event, lastMs }] of this.#remembered.entries()) {
      if (lastMs > endedMs) continue;
      if (event.series) this.#queue.push(event);
      this.#remembered.delete(key);
    }
  }

  async #send(event: EventsV1Event, signal: AbortSignal): Promise<void> {
    await sendEvent(() => this.#write(event, signal), { ...this.#options, signal });
  }

  #write(event: EventsV1Event, signal: AbortSignal): Promise<EventsV1Event> {
    const events = this.#options.client.resource(EVENTS).namespace(event.metadata.namespace ?? "");
    const create = () => events.create(event, { signal });
    if (!event.series) return create();
    const patch = { series: event.series };
    return patchOrCreate(() => events.patch(event.metadata.name ?? "", "strategic", patch, { signal }), create);
  }
}
