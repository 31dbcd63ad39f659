// SPDX-License-Identifier: Apache-2.0

import { StatusError, type Status } from "../apimachinery/index.ts";
import type { Requester, RequestOptions } from "./requester.ts";
import { ResourceClient } from "./resource-client.ts";
import type { ApiObject, ResourceReference } from "./resource-reference.ts";
import type { ClientResponse, Transport } from "./transport.ts";

const decoder = new TextDecoder();
/** The StatusError that a refused request is: the server's own Status where it sent one. */
async function errorOf(method: string, path: string, response: ClientResponse): Promise<StatusError> {
  const text = decoder.decode(await response.bytes());
  try {
    const status = JSON.parse(text) as Status;
    if (status.kind === "Status") return new StatusError(status);
  } catch {
    // Not JSON: a proxy or a part of the server that answers in plain text.
  }
  return new StatusError({
    message: `${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`,
    code: response.status,
  });
}

/**
 * Talks to an API server, whatever carries the requests. Every failure that the server reports is a StatusError.
 *
 * @example
 * const pods = client.resource(PODS).namespace("default");
 * const pod = await pods.get("web-0", { signal });
 */
export class Client implements Requester {
  readonly #transport: Transport;
  readonly #userAgent: string;

  constructor(options: { readonly transport: Transport; readonly userAgent: string }) {
    this.#transport = options.transport;
    this.#userAgent = options.userAgent;
  }

  /** The same server and identity under another User-Agent, which names the default field manager. */
  withUserAgent(userAgent: string): Client {
    return new Client({ transport: this.#transport, userAgent });
  }

  /** The objects of one kind, in all namespaces until `.namespace()` narrows it. */
  resource<T extends ApiObject>(reference: ResourceReference<T>): ResourceClient<T> {
    return new ResourceClient<T>(this, reference);
  }

  /** Any request; throws a StatusError for an answer of 400 and above. */
  async request(method: string, path: string, options: RequestOptions): Promise<ClientResponse> {
    options.signal.throwIfAborted();
    const response = await this.#transport.request({
      method,
      path,
      headers: { "user-agent": this.#userAgent, accept: "application/json", ...options.headers },
      ...(options.body ? { body: options.body } : {}),
      signal: options.signal,
    });
    if (response.status >= 400) throw await errorOf(method, path, response);
    return response;
  }

  /** Any request whose answer is JSON. */
  async requestJson<T>(method: string, path: string, options: RequestOptions): Promise<T> {
    const response = await this.request(method, path, options);
    return JSON.parse(decoder.decode(await response.bytes())) as T;
  }
}
