// SPDX-License-Identifier: Apache-2.0

import type { ApiRequest, Peer } from "../../client/index.ts";

/** A request's stream or socket, as far as its request needs it. */
export interface RequestSource {
  readonly destroyed: boolean;
  once(event: "close", listener: () => void): unknown;
}

/** One error for all: a stack each would cost more than the request. */
const CLIENT_GONE = new Error("The client closed the connection");

/** A request from the network. Most never look at their signal: it is made when somebody does. */
export class HttpRequest implements ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly peer: Peer;
  readonly #source: RequestSource;
  body: Uint8Array | undefined = undefined;
  bodyTooLarge = false;
  #controller: AbortController | undefined = undefined;

  constructor(
    line: { readonly method: string; readonly path: string },
    headers: Readonly<Record<string, string>>,
    peer: Peer,
    source: RequestSource,
  ) {
    this.method = line.method;
    this.path = line.path;
    this.headers = headers;
    this.peer = peer;
    this.#source = source;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = new AbortController();
      this.#controller = controller;
      if (this.#source.destroyed) controller.abort(CLIENT_GONE);
      else this.#source.once("close", () => controller.abort(CLIENT_GONE));
    }
    return this.#controller.signal;
  }
}
