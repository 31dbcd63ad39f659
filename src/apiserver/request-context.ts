// SPDX-License-Identifier: Apache-2.0

import type { Flow } from "./flowcontrol/flow-classifier.ts";
import type { ApiRequest, ApiResponse } from "../client/transport.ts";

/** Who asks, once authenticated. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a request is about, read from method, path and query as upstream's RequestInfoFactory reads it. */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  /** The path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** get, list, watch, create, update, patch, delete, deletecollection, proxy; lower-case method for other paths. */
  readonly verb: string;
  readonly apiPrefix: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path segments after the resource. */
  readonly parts: readonly string[];
}

/** One request on its way through the chain. Filters fill it in order; endpoints read it. */
export interface RequestContext {
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  /** Set by authentication; anonymous before. */
  user: UserInfo;
  /** Texts of Warning headers, without duplicates, in order. */
  readonly warnings: string[];
  readonly traceId: string;
  /** What flow control made of it; nothing before, and of streams. */
  flow: Flow | undefined;
}

export type Endpoint = (context: RequestContext) => Promise<ApiResponse>;

/** One link of the chain: authentication, audit, impersonation, flow control, authorisation. */
export interface Filter {
  readonly name: string;
  handle(context: RequestContext, next: Endpoint): Promise<ApiResponse>;
}
