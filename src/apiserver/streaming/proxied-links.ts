// SPDX-License-Identifier: Apache-2.0

import { escapePath, joinPaths, printedPath, unescapePath } from "./url-path.ts";

/** How a backend's links become links through the proxy. */
export interface LinkRewriter {
  /** Where the backend's own paths are found: `/api/v1/namespaces/NS/pods/NAME/proxy`. */
  readonly prefix: string;
  /** `host:port` of the backend, and the host that the client asked. */
  readonly hosts: readonly string[];
}

/** Scheme, authority, path, and what follows. */
const URL_PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s;
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * A link of a backend's answer as the client may follow it: one to a path of the backend leads through the proxy, one to
 * elsewhere or relative to the page stays. undefined when it is no URL.
 */
export function rewriteLink(link: string, { prefix, hosts }: LinkRewriter): string | undefined {
  const found = CONTROL.test(link) ? null : URL_PARTS.exec(link);
  if (!found) return undefined;
  const [, scheme, host = "", path = "", query = "", fragment = ""] = found;
  const decoded = unescapePath(path);
  if (decoded === undefined || / /.test(host)) return undefined;
  const rest = `${query}${fragment}`;
  const isElsewhere = host !== "" && !hosts.includes(host);
  if (isElsewhere || !path.startsWith("/")) {
    if (host === "") return scheme && !path.startsWith("/") ? link : `${printedPath(path)}${rest}`;
    return `${scheme ? `${scheme}:` : ""}//${host}${printedPath(path)}${rest}`;
  }
  // The client's own host may stay: the link leads to this server anyway.
  const origin = host !== "" && host === hosts[1] ? `${scheme ? `${scheme}:` : ""}//${host}` : "";
  if (decoded.startsWith(prefix)) return `${origin}${printedPath(path)}${rest}`;
  return `${origin}${escapePath(joinPaths(prefix, decoded))}${rest}`;
}
