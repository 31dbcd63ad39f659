// SPDX-License-Identifier: Apache-2.0

import type { RequestContext } from "../request-context.ts";
import { joinPaths, unescapePath } from "./url-path.ts";

/** What of a proxied request goes on to the backend. */
export interface ProxiedPath {
  /** Unescaped, without doubled slashes and dots; empty when the client sent nothing after `/proxy`. */
  readonly path: string;
  /** With its question mark. */
  readonly query: string;
  /** What stands before the path, unescaped. */
  readonly prefix: string;
}

/** What comes after `/proxy`, and where the backend's own paths are found. */
export function proxiedPath({ request, info }: RequestContext): ProxiedPath {
  const mark = request.path.indexOf("?");
  const whole = mark < 0 ? request.path : request.path.slice(0, mark);
  const query = mark < 0 ? "" : request.path.slice(mark);
  const decoded = unescapePath(whole) ?? whole;
  const marker = `/${info.resource}/`;
  const from = decoded.indexOf("/proxy", decoded.indexOf(marker) + marker.length) + "/proxy".length;
  const asked = decoded.slice(from);
  const path = asked === "" ? "" : joinPaths("/", asked);
  return { path, query, prefix: decoded.endsWith(path) ? decoded.slice(0, decoded.length - path.length) : decoded };
}
