// SPDX-License-Identifier: Apache-2.0

import { formatTime } from "../apimachinery/index.ts";
import type { Event, ObjectReference } from "../api/index.ts";
import { BoundedQueue, type Clock, type Logger } from "../base/index.ts";
import type { Client } from "./client.ts";
import { EventCorrelator, type Correlation } from "./event-correlator.ts";
import { EventNames } from "./event-name.ts";
import { patchOrCreate, sendEvent } from "./event-sender.ts";
import { CORE_EVENTS } from "./resources.ts";

/** Events that wait to be sent; more are dropped, as upstream drops them. */
export const EVENT_QUEUE_MAX = 1_000;

export type EventType = "Normal" | "Warning";

export interface EventRecorderOptions {
  readonly client: Client;
  /** Who speaks: `deployment-controller`. */
  readonly component: string;
  /** The node that speaks, for kubelets. */
  readonly host?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Records core/v1 events as upstream's controllers and kubelet do. Nothing waits for an event. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #queue = new BoundedQueue<Event>(EVENT_QUEUE_MAX);
  readonly #names: EventNames;
  readonly #correlator: EventCorrelator;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#names = new EventNames(options.clock);
    this.#correlator = new EventCorrelator(options.clock, this.#names);
  }

  /** Says something about an object; it is sent by run(). */
  event(
    about: ObjectReference,
    text: { readonly type: EventType; readonly reason: string; readonly message: string },
    annotations?: Readonly<Record<string, string>>,
  ): void {
    const { component, host, log } = this.#options;
    const now = formatTime(this.#options.clock.nowMs());
    const queued = this.#queue.push({
      metadata: {
        name: this.#names.next(about.name ?? ""),
        namespace: about.namespace || "default",
        ...(annotations ? { annotations: { ...annotations } } : {}),
      },
      involvedObject: about,
      reason: text.reason,
      message: text.message,
      source: { component, ...(host ? { host } : {}) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type: text.type,
      reportingComponent: component,
      reportingInstance: host ?? "",
    });
    if (!queued) log.warn("Event was dropped: too many wait", { reason: text.reason });
  }

  /** Sends what is recorded until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    for await (const event of this.#queue.items(signal)) await this.#send(event, signal);
  }

  async #send(event: Event, signal: AbortSignal): Promise<void> {
    const correlation = this.#correlator.correlate(event);
    if (correlation.type === "skip") return;
    const stored = await sendEvent(() => this.#write(correlation, signal), { ...this.#options, signal });
    if (stored) this.#correlator.stored(correlation.key, stored);
  }

  #write(correlation: Exclude<Correlation, { type: "skip" }>, signal: AbortSignal): Promise<Event> {
    const { event } = correlation;
    const events = this.#options.client.resource(CORE_EVENTS).namespace(event.metadata.namespace ?? "");
    const create = () => events.create(event, { signal });
    if (correlation.type === "create") return create();
    return patchOrCreate(
      () => events.patch(event.metadata.name ?? "", "strategic", correlation.patch, { signal }),
      create,
    );
  }
}
