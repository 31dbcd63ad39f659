// SPDX-License-Identifier: Apache-2.0

import type { ApiResponse } from "../../client/transport.ts";
import type { Endpoint, RequestContext } from "../request-context.ts";
import { textResponse } from "./status-response.ts";

/** Answers a path that is no resource; undefined when the path is not served after all. */
export type PathHandler = (context: RequestContext) => Promise<ApiResponse | undefined> | ApiResponse | undefined;

/** What Go's http.NotFound answers. */
export const pageNotFound = (): ApiResponse => textResponse(404, "404 page not found\n");

/** Exact paths and prefixes beside the resources: discovery, health, version, metrics, OpenAPI. */
export class PathRouter {
  readonly #exact = new Map<string, PathHandler>();
  readonly #prefixes: { readonly prefix: string; readonly handler: PathHandler }[] = [];

  /** Serves one path; a trailing slash in the request makes no difference unless `path` has one. */
  exact(path: string, handler: PathHandler): void {
    this.#exact.set(path, handler);
  }

  /** Serves everything below `prefix`, which ends in a slash. Longer prefixes win. */
  prefix(prefix: string, handler: PathHandler): void {
    this.#prefixes.push({ prefix, handler });
    this.#prefixes.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** Every exact path that is served, as `/` lists them. */
  get paths(): readonly string[] {
    return [...this.#exact.keys()];
  }

  readonly handle: Endpoint = async (context) => {
    const { path } = context.info;
    const handler =
      this.#exact.get(path) ??
      (path.length > 1 && path.endsWith("/") ? this.#exact.get(path.slice(0, -1)) : undefined) ??
      this.#prefixes.find((entry) => path.startsWith(entry.prefix))?.handler;
    return (await handler?.(context)) ?? pageNotFound();
  };
}
