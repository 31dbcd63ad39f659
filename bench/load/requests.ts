// SPDX-License-Identifier: Apache-2.0

import { performance } from "node:perf_hooks";
import type { TargetAccess } from "../harness/kubeconfig.ts";
import { type HeaderBlocks, headerBlocks, requestFrames, setStream } from "./http2-frames.ts";
import { NUMBER_MARK, NUMBER_WIDTH, numberText, type RequestsTask } from "./load-task.ts";
import type { RawSession, StreamListener } from "./raw-session.ts";

export type RequestShape = Pick<RequestsTask, "method" | "path" | "body" | "headers">;

/** The bytes of one request, made once; numbers are written into their places. */
class RequestTemplate {
  readonly #frames: Buffer;
  readonly #places: readonly number[];

  constructor(block: Buffer, body: Buffer | undefined) {
    this.#frames = requestFrames(block, body);
    const places: number[] = [];
    for (let at = this.#frames.indexOf(NUMBER_MARK); at >= 0; at = this.#frames.indexOf(NUMBER_MARK, at + 1))
      places.push(at);
    this.#places = places;
  }

  fill(stream: number, number: number): Buffer {
    setStream(this.#frames, stream);
    const text = numberText(number);
    for (const place of this.#places) this.#frames.write(text, place, NUMBER_WIDTH, "latin1");
    // The socket keeps what it was given until it is sent.
    return Buffer.from(this.#frames);
  }
}

/** Requests of one shape over one connection. */
export class RequestSender {
  readonly #session: RawSession;
  readonly #again: RequestTemplate;
  #first: RequestTemplate | undefined;

  constructor(session: RawSession, shape: RequestShape, access: TargetAccess) {
    const body = shape.body === undefined ? undefined : Buffer.from(shape.body);
    const blocks = blocksOf(shape, body, access);
    this.#session = session;
    this.#first = new RequestTemplate(blocks.first, body);
    this.#again = new RequestTemplate(blocks.again, body);
  }

  send(number: number, listener: StreamListener): void {
    const template = this.#first ?? this.#again;
    this.#first = undefined;
    this.#session.send(template.fill(this.#session.nextStream, number), listener);
  }
}

function blocksOf(shape: RequestShape, body: Buffer | undefined, access: TargetAccess): HeaderBlocks {
  const headers: [string, string][] = [
    [":method", shape.method],
    [":scheme", "https"],
    [":authority", new URL(access.server).host],
    [":path", shape.path],
    ["user-agent", "knarr-bench/1.0"],
    ["accept", shape.headers?.["accept"] ?? "application/json"],
  ];
  if (body) headers.push(["content-type", "application/json"], ["content-length", String(body.length)]);
  for (const [name, value] of Object.entries(shape.headers ?? {})) if (name !== "accept") headers.push([name, value]);
  if (access.token) headers.push(["authorization", `Bearer ${access.token}`]);
  return headerBlocks(headers, new Set(shape.path.includes(NUMBER_MARK) ? [":path"] : []));
}

const isSuccess = (status: number, accepted: readonly number[] | undefined): boolean =>
  accepted ? accepted.includes(status) : status >= 200 && status < 300;

/** Told of each request as it is sent and answered. */
export interface RequestsObserver {
  onSent?(number: number): void;
  onAnswered?(millis: number, bytes: number): void;
}

/** Sends all requests of a task, so many at once; rejects at the first that fails. */
export function runRequests(
  sessions: readonly RawSession[],
  task: Omit<RequestsTask, "type">,
  access: TargetAccess,
  observer: RequestsObserver,
): Promise<void> {
  const senders = sessions.map((session) => new RequestSender(session, task, access));
  let next = task.firstNumber ?? 0;
  const end = next + task.count;
  let open = 0;
  return new Promise((resolve, reject) => {
    const start = (sender: RequestSender): void => {
      if (next >= end) {
        if (open === 0) resolve();
        return;
      }
      const number = next++;
      const began = performance.now();
      let bytes = 0;
      open++;
      observer.onSent?.(number);
      sender.send(number, {
        onData: (chunk) => {
          bytes += chunk.length;
        },
        onEnd: (status) => {
          open--;
          if (!isSuccess(status, task.accepted)) {
            reject(new Error(`${task.method} ${task.path} number ${number} was answered ${status || "not at all"}`));
            return;
          }
          observer.onAnswered?.(performance.now() - began, bytes);
          start(sender);
        },
      });
    };
    const clients = Math.min(task.clients, task.count);
    for (let i = 0; i < clients; i++) start(senders[i % senders.length]!);
  });
}
