// SPDX-License-Identifier: Apache-2.0

import { trimEnd } from "../../base/index.ts";
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
  readonly #unlisted = new Map<string, PathHandler>();
  readonly #withSlashes = new Map<string, PathHandler>();
  readonly #prefixes: { readonly prefix: string; readonly handler: PathHandler }[] = [];

  /** Serves one path. */
  exact(path: string, handler: PathHandler): void {
    this.#exact.set(path, handler);
  }

  /** Serves one path that `/` does not list. */
  unlisted(path: string, handler: PathHandler): void {
    this.#unlisted.set(path, handler);
  }

  /** Serves one path of which a slash at the end makes no other. */
  withSlash(path: string, handler: PathHandler): void {
    this.exact(path, handler);
    this.unlisted(`${path}/`, handler);
  }

  /** Serves one path of which any number of slashes at the end makes no other. */
  withSlashes(path: string, handler: PathHandler): void {
    this.withSlash(path, handler);
    this.#withSlashes.set(path, handler);
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
      this.#unlisted.get(path) ??
      (path.endsWith("//") ? this.#withSlashes.get(trimEnd(path, "/")) : undefined) ??
      this.#prefixes.find((entry) => path.startsWith(entry.prefix))?.handler;
    return (await handler?.(context)) ?? pageNotFound();
  };
}
