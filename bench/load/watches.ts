// SPDX-License-Identifier: Apache-2.0

import { performance } from "node:perf_hooks";
import type { TargetAccess } from "../harness/kubeconfig.ts";
import type { LoadResult, WatchesTask } from "./load-task.ts";
import { NUMBER_WIDTH } from "./load-task.ts";
import { measured, quantile } from "./measured.ts";
import { RawSession } from "./raw-session.ts";
import { RequestSender, runRequests } from "./requests.ts";

const NEWLINE = 0x0a;
const NAME_LABEL = '"name":"';

/** What all watches of a task hear. */
interface Heard {
  events: number;
  bytes: number;
  readonly latencies: number[];
  readonly sentAt: Map<number, number>;
}

/** The number at the end of the name of an event's object. */
function numberIn(event: Buffer): number | undefined {
  const start = event.indexOf(NAME_LABEL);
  if (start < 0) return undefined;
  const end = event.indexOf('"', start + NAME_LABEL.length);
  return Number(event.toString("latin1", end - NUMBER_WIDTH, end));
}

/** Counts the events of one watch: each ends in a line break. */
class EventCounter {
  readonly #heard: Heard;
  readonly #follow: boolean;
  readonly #first: number;
  #line: Buffer[] = [];
  #count = 0;

  constructor(heard: Heard, task: WatchesTask) {
    this.#heard = heard;
    this.#follow = task.followNumbers ?? false;
    this.#first = task.writes.firstNumber ?? 0;
  }

  /** Takes a chunk; the events that it ended. */
  take(chunk: Buffer): number {
    this.#heard.bytes += chunk.length;
    let ended = 0;
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      if (!this.#follow) this.#heardOne(this.#first + this.#count + ended);
      else if (!this.#note(Buffer.concat([...this.#line.splice(0), chunk.subarray(from, at)]))) {
        from = at + 1;
        continue;
      }
      ended++;
      from = at + 1;
    }
    if (this.#follow && from < chunk.length) this.#line.push(Buffer.from(chunk.subarray(from)));
    this.#count += ended;
    this.#heard.events += ended;
    return ended;
  }

  /** Events of other objects than those of the task, or of one that was heard already, do not count. */
  #note(event: Buffer): boolean {
    const number = numberIn(event);
    if (number === undefined || !this.#heard.sentAt.has(number)) return false;
    this.#heardOne(number);
    this.#heard.sentAt.delete(number);
    return true;
  }

  /** Where numbers are not read, the nth event is taken for the nth request: commits keep the order nearly. */
  #heardOne(number: number): void {
    const sent = this.#heard.sentAt.get(number);
    if (sent !== undefined) this.#heard.latencies.push(performance.now() - sent);
  }
}

function openWatches(
  sessions: readonly RawSession[],
  task: WatchesTask,
  access: TargetAccess,
  options: { readonly heard: Heard; onEvents(): void; onBroken(error: Error): void },
): Promise<void> {
  const senders = sessions.map((s) => new RequestSender(s, { method: "GET", path: task.path }, access));
  let waiting = task.watchers;
  return new Promise((resolve) => {
    for (let i = 0; i < task.watchers; i++) {
      const counter = new EventCounter(options.heard, task);
      senders[i % senders.length]!.send(0, {
        onStatus: (status) => {
          if (status !== 200) options.onBroken(new Error(`A watch was answered ${status}`));
          else if (--waiting === 0) resolve();
        },
        onData: (chunk) => {
          if (counter.take(chunk) > 0) options.onEvents();
        },
        onEnd: () => options.onBroken(new Error("A watch ended")),
      });
    }
  });
}

/** Opens watches, and returns what feeds them and waits until all have heard all. */
export async function prepareWatches(access: TargetAccess, task: WatchesTask): Promise<() => Promise<LoadResult>> {
  const open = (count: number) => Promise.all(Array.from({ length: count }, () => RawSession.open(access)));
  const [sessions, writers] = await Promise.all([open(task.connections), open(task.writes.connections)]);
  const heard: Heard = { events: 0, bytes: 0, latencies: [], sentAt: new Map() };
  const all = Promise.withResolvers<void>();
  const wanted = task.watchers * task.writes.count;
  await openWatches(sessions, task, access, {
    heard,
    onEvents: () => {
      if (heard.events >= wanted) all.resolve();
    },
    onBroken: (error) => all.reject(error),
  });
  all.promise.catch(() => undefined);
  return () =>
    measured(async () => {
      await runRequests(writers, task.writes, access, {
        onSent: (number) => heard.sentAt.set(number, performance.now()),
      });
      await all.promise;
      const latencies = Float64Array.from(heard.latencies).sort();
      for (const session of [...sessions, ...writers]) session.close();
      return {
        count: heard.events,
        bytes: heard.bytes,
        p50Ms: quantile(latencies, 0.5),
        p99Ms: quantile(latencies, 0.99),
      };
    });
}
