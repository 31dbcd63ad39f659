// SPDX-License-Identifier: Apache-2.0

import type { TargetAccess } from "../harness/kubeconfig.ts";

/** In paths and bodies this stands for the number of the request; it is as wide as the numbers that replace it. */
export const NUMBER_MARK = "{number}";
export const NUMBER_WIDTH = NUMBER_MARK.length;
/** The text of a request's number. */
export const numberText = (number: number): string => String(number).padStart(NUMBER_WIDTH, "0");

/** Requests of one kind, so many at once. */
export interface RequestsTask {
  readonly type: "requests";
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly count: number;
  /** Requests under way at once, spread over the connections. */
  readonly clients: number;
  readonly connections: number;
  readonly firstNumber?: number;
  /** Statuses that count as success; 2xx unless given. */
  readonly accepted?: readonly number[];
}

/** Watches that are opened and then fed by the requests of the same task. */
export interface WatchesTask {
  readonly type: "watches";
  readonly path: string;
  readonly watchers: number;
  readonly connections: number;
  /** Makes the events; each request makes one. */
  readonly writes: Omit<RequestsTask, "type">;
  /** Reads the number of the object in each event, and measures from its request to the event. */
  readonly followNumbers?: boolean;
}

export type LoadTask = RequestsTask | WatchesTask;

/** What a load process is told. */
export type LoadCommand =
  | { readonly type: "prepare"; readonly access: TargetAccess; readonly task: LoadTask }
  | { readonly type: "go" };

/** What it answers: ready to go (watches are open), the result, or why there is none. */
export type LoadAnswer =
  | { readonly type: "ready" }
  | { readonly type: "result"; readonly result: LoadResult }
  | { readonly type: "failed"; readonly message: string };

export interface LoadResult {
  /** Requests answered, or events heard by all watchers together. */
  readonly count: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The load's own processor time. */
  readonly cpuMicros: number;
}
