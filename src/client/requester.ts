// SPDX-License-Identifier: Apache-2.0

import type { ClientResponse } from "./transport.ts";

/** What a raw request needs besides method and path. */
export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Makes requests of an API server; a refusal is thrown as StatusError. */
export interface Requester {
  request(method: string, path: string, options: RequestOptions): Promise<ClientResponse>;
  requestJson<T>(method: string, path: string, options: RequestOptions): Promise<T>;
}

const encoder = new TextEncoder();

/** The bytes of a JSON body. */
export const jsonBytes = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));
